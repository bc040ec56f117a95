import { describe, expect, it } from '@jest/globals';
import { eventTypes, type LedgerEvent } from '@gatehouse/contracts';
import { emptyTimeline, fold, stageNames } from './fold.js';

const event = (seq: number, type: string, payload: Record<string, unknown> | null = {}): LedgerEvent => ({
  streamId: 'ses_1',
  seq,
  type,
  at: `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`,
  actor: 'engine',
  leaseGeneration: null,
  payloadSha256: 'a'.repeat(64),
  prevHash: '',
  hash: 'b'.repeat(64),
  payload,
});

describe('fold', () => {
  it('gives every event of a governed change to its stage', () => {
    const timeline = fold(emptyTimeline, [
      event(1, 'job.accepted'),
      event(2, 'session.base_pinned'),
      event(3, 'attempt.queued', { attemptId: 'att_1', purpose: 'agent' }),
      event(4, 'candidate.created'),
      event(5, 'verdict.decided', { outcome: 'pass' }),
      event(6, 'promotion.published', { branch: 'gatehouse/x' }),
    ]);
    expect(timeline.entries.map((entry) => entry.stage)).toEqual([
      'session',
      'session',
      'capability',
      'validation',
      'validation',
      'promotion',
    ]);
    expect(timeline.entries[4]?.detail).toBe('pass');
    expect(timeline.entries[5]?.detail).toBe('gatehouse/x');
  });

  it('calls a patch stored, not a branch published', () => {
    const { entries } = fold(emptyTimeline, [event(1, 'promotion.published', { level: 'patch' })]);
    expect(entries[0]?.title).toBe('The patch was stored');
  });

  it('changes nothing when events are replayed, in whole or in part', () => {
    const events = [event(1, 'job.accepted'), event(2, 'session.created'), event(3, 'attempt.queued')];
    const once = fold(emptyTimeline, events);
    expect(fold(once, events)).toBe(once);
    expect(fold(fold(emptyTimeline, events.slice(0, 2)), events)).toEqual(once);
    expect(fold(emptyTimeline, [...events, ...events])).toEqual(once);
  });

  it('puts a batch that came out of order back in order', () => {
    const timeline = fold(emptyTimeline, [event(2, 'session.created'), event(1, 'job.accepted')]);
    expect(timeline.entries.map((entry) => entry.seq)).toEqual([1, 2]);
    expect(timeline.gap).toBe(false);
  });

  it('says when events are missing', () => {
    expect(fold(emptyTimeline, [event(1, 'job.accepted'), event(3, 'session.created')]).gap).toBe(true);
  });

  it('makes one line of many pieces of output, and remembers the newest of each attempt', () => {
    const timeline = fold(emptyTimeline, [
      event(1, 'job.accepted'),
      event(2, 'agent.output', { attemptId: 'att_1' }),
      event(3, 'agent.output', { attemptId: 'att_1' }),
      event(4, 'agent.output', { attemptId: 'att_2' }),
    ]);
    expect(timeline.entries).toHaveLength(2);
    expect(timeline.entries[1]).toMatchObject({ times: 3, seq: 4 });
    expect(timeline.outputs).toEqual({ att_1: 3, att_2: 4 });
  });

  it('counts attempts of a validator to validation, from the event or from the rows', () => {
    const fromEvent = fold(emptyTimeline, [
      event(1, 'attempt.queued', { attemptId: 'att_9', purpose: 'validate' }),
      event(2, 'lease.granted', { attemptId: 'att_9' }),
    ]);
    expect(fromEvent.entries.map((entry) => entry.stage)).toEqual(['validation', 'validation']);
    const fromRows = fold(
      emptyTimeline,
      [event(1, 'lease.granted', { attemptId: 'att_9' })],
      new Map([['att_9', 'validate']]),
    );
    expect(fromRows.entries[0]?.stage).toBe('validation');
  });

  it('names a state change in the words of its state table, and prefers the reason given', () => {
    const [plain, reasoned] = fold(emptyTimeline, [
      event(1, 'attempt.state_changed', { from: 'leased', to: 'running' }),
      event(2, 'attempt.state_changed', {
        to: 'errored',
        reason: { code: 'x', message: 'The disk is full.' },
      }),
    ]).entries;
    expect(plain).toMatchObject({
      title: 'Attempt: running',
      detail: 'The agent or the commands are at work',
    });
    expect(reasoned).toMatchObject({ title: 'Attempt: errored', detail: 'The disk is full.' });
  });

  it('says that a payload was erased instead of guessing', () => {
    const [entry] = fold(emptyTimeline, [event(1, 'verdict.decided', null)]).entries;
    expect(entry?.detail).toMatch(/erased/);
  });

  it('shows an event of a type it has never heard of', () => {
    const timeline = fold(emptyTimeline, [event(1, 'promotion.celebrated'), event(2, 'moon.rose')]);
    expect(timeline.entries.map(({ title, stage }) => [title, stage])).toEqual([
      ['promotion.celebrated', 'promotion'],
      ['moon.rose', 'session'],
    ]);
  });

  it('has a stage and a title for every event type', () => {
    const types = Object.keys(eventTypes);
    const { entries } = fold(
      emptyTimeline,
      types.map((type, i) => event(i + 1, type)),
    );
    expect(entries).toHaveLength(types.length);
    for (const entry of entries) {
      expect(stageNames).toContain(entry.stage);
      expect(entry.title).not.toBe('');
    }
  });
});
