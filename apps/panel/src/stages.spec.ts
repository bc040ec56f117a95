import { describe, expect, it } from '@jest/globals';
import { attemptStates, promotionStates, sessionStates, statesOf } from '@gatehouse/contracts';
import { emptyTimeline } from './fold.js';
import { stagesOf, type Rows } from './stages.js';
import { aCandidate, aJob, anAttempt, aPromotion, aSession, aVerdict } from './testing.js';

const ended = '2026-01-01T00:01:00.000Z';
const statuses = (rows: Partial<Rows>) =>
  stagesOf(
    { job: aJob(), session: aSession(), attempts: [], candidate: undefined, promotion: undefined, ...rows },
    emptyTimeline,
  ).map((stage) => stage.status);
const done = anAttempt({ state: 'succeeded', endedAt: ended });
const passed = aCandidate({ state: 'pass', verdict: aVerdict() });

describe('stagesOf', () => {
  it('walks a governed change from left to right', () => {
    const created = aSession({ state: 'created', base: null });
    expect(statuses({ session: created })).toEqual(['active', 'todo', 'todo', 'todo', 'todo']);
    expect(statuses({ attempts: [anAttempt({ state: 'queued' })] })).toEqual([
      'done',
      'done',
      'waiting',
      'todo',
      'todo',
    ]);
    expect(statuses({ attempts: [anAttempt()] })).toEqual(['done', 'done', 'active', 'todo', 'todo']);
    expect(statuses({ attempts: [done], candidate: aCandidate() })).toEqual([
      'done',
      'done',
      'done',
      'active',
      'todo',
    ]);
    const promotion = aPromotion({ state: 'awaiting_approval', quorum: 1 });
    expect(statuses({ attempts: [done], candidate: passed, promotion })).toEqual([
      'done',
      'done',
      'done',
      'done',
      'waiting',
    ]);
    expect(
      statuses({ attempts: [done], candidate: passed, promotion: aPromotion({ state: 'succeeded' }) }),
    ).toEqual(['done', 'done', 'done', 'done', 'done']);
  });

  it('stops at validation where gates refuse, and publishes nothing', () => {
    const job = aJob({ phase: 'refused', endedAt: ended });
    const candidate = aCandidate({ state: 'fail', verdict: aVerdict({ outcome: 'fail' }) });
    expect(statuses({ job, attempts: [done], candidate })).toEqual([
      'done',
      'done',
      'done',
      'stopped',
      'skipped',
    ]);
  });

  it('calls an agent that changed nothing done, not failed', () => {
    const job = aJob({ phase: 'noop', endedAt: ended });
    const rows = { job, attempts: [anAttempt({ state: 'noop', endedAt: ended })] };
    expect(statuses(rows)).toEqual(['done', 'done', 'done', 'skipped', 'skipped']);
  });

  it('waits after a lost attempt while the session lives, and stops there when it ended', () => {
    const attempts = [anAttempt({ state: 'errored', endedAt: ended })];
    expect(statuses({ attempts })[2]).toBe('waiting');
    expect(statuses({ attempts, job: aJob({ phase: 'errored', endedAt: ended }) })[2]).toBe('stopped');
  });

  it('tells a task without a repository that its files are the result', () => {
    const job = aJob({ repository: null, base: null, phase: 'stored', endedAt: ended });
    const session = aSession({ base: null, state: 'ended', outcome: 'succeeded' });
    expect(statuses({ job, session, attempts: [done] })).toEqual(['done', 'done', 'done', 'skipped', 'done']);
  });

  it('takes a patch that was handed in without an attempt', () => {
    expect(statuses({ candidate: aCandidate() })).toEqual(['done', 'done', 'done', 'active', 'todo']);
  });

  it('has words for every state of every table, ended or not', () => {
    const all = [
      ...statesOf(sessionStates).map((state) => ({ session: aSession({ state }) })),
      ...statesOf(attemptStates).map((state) => ({ attempts: [anAttempt({ state })] })),
      ...statesOf(promotionStates).map((state) => ({ promotion: aPromotion({ state }) })),
      ...(['judging', 'pass', 'fail', 'error', 'inconclusive', 'noop'] as const).map((state) => ({
        candidate: aCandidate({ state }),
      })),
    ];
    for (const rows of all)
      for (const job of [aJob(), aJob({ endedAt: ended, phase: 'failed' })]) {
        const stages = stagesOf(
          { job, session: aSession(), attempts: [], candidate: undefined, promotion: undefined, ...rows },
          emptyTimeline,
        );
        expect(stages.map((stage) => stage.name)).toEqual([
          'session',
          'policy',
          'capability',
          'validation',
          'promotion',
        ]);
        for (const stage of stages) expect(stage.says).toMatch(/^[A-Z].*\.$/);
      }
  });
});
