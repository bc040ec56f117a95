import {
  fakeStream,
  problemResponse,
  sampleCandidate,
  sampleEvent,
  sampleIds,
  sampleJob,
  samplePromotion,
  sampleVerdict,
  type FakeHandler,
} from '@gatehouse/client/testing';
import type { Finding, GateResult, Job, LedgerEvent } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { jsonLines, run } from '../testing/fake.io.js';

const { job: jobId, attempt: attemptId } = sampleIds;
const event = (seq: number, type: string, payload: Record<string, unknown> = {}): LedgerEvent =>
  sampleEvent(seq, { type, payload });
const frames = (events: readonly LedgerEvent[]): string =>
  events.map((one) => `id: ${one.seq}\ndata: ${JSON.stringify(one)}\n\n`).join('');
const history = [
  event(1, 'job.accepted'),
  event(2, 'session.created'),
  event(3, 'session.base_pinned', { commit: sampleIds.commit }),
  event(4, 'attempt.queued', { attemptId, purpose: 'agent' }),
  event(5, 'attempt.state_changed', { attemptId, from: 'queued', to: 'leased' }),
  event(6, 'agent.output', { attemptId, stream: 'stdout' }),
  event(7, 'agent.output', { attemptId, stream: 'stdout' }),
  event(8, 'candidate.created', { alias: 'calm-otter' }),
  event(9, 'verdict.decided', { outcome: 'pass' }),
  event(10, 'promotion.published', { branch: 'gatehouse/x-fix-typo' }),
  event(11, 'session.state_changed', { from: 'terminating', to: 'ended' }),
];
const output: FakeHandler = ({ query }) => {
  const all = query['stream'] === 'stderr' ? 'warn\u001b[31m\n' : 'one\n\u001b]0;owned\u0007two\nthree';
  const from = Number(query['from']);
  const text = all.slice(from, from + 8);
  const next = from + text.length;
  return { text, from, next, size: all.length, truncated: false, sealed: next === all.length };
};

/** A plane whose job ends with the last event of its stream. */
const planeOf = (
  ended: Partial<Job>,
  events: readonly LedgerEvent[] = history,
  more: Record<string, FakeHandler> = {},
) => {
  let over = false;
  return {
    'jobs.create': () => sampleJob(),
    'jobs.get': () => sampleJob(over ? { endedAt: '2026-01-02T03:05:00.000Z', ...ended } : {}),
    'sessions.events': () => {
      const line = fakeStream();
      line.send(frames(events));
      over = true;
      return line.response;
    },
    'attempts.output': output,
    'candidates.list': () => ({ items: [sampleCandidate({ verdict: null })], next: null }),
    'candidates.get': () => sampleCandidate(),
    'promotions.list': () => ({ items: [samplePromotion()], next: null }),
    ...more,
  } satisfies Record<string, FakeHandler>;
};

describe('job watch', () => {
  it('shows the five stages, the output, and how it ended', async () => {
    const { code, stdout } = await run(['job', 'watch', jobId], { handlers: planeOf({ phase: 'promoted' }) });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '03:04:05  session     A JobSpec was accepted',
      '03:04:05  session     The session began',
      '03:04:05  session     The base was pinned to a commit  (commit c0c0c0c0c0c0)',
      '03:04:05  policy      All layers merged; the job is within them',
      '03:04:05  capability  An attempt waits for a worker',
      '03:04:05  capability  The attempt moved to another state  (queued → leased)',
      '          │ one',
      '          │ two',
      '          │ three',
      '          ! warn',
      '03:04:05  validation  A candidate came out of an attempt  (calm-otter)',
      '03:04:05  validation  All gates answered  (pass)',
      '03:04:05  promotion   A branch was published and read back  (gatehouse/x-fix-typo)',
      '03:04:05  session     The session moved to another state  (terminating → ended)',
      '',
      `Promoted: fix-typo (${jobId})`,
      '  branch    gatehouse/x-fix-typo',
      `  commit    ${sampleIds.commit}`,
      `  candidate calm-otter (${sampleIds.candidate})`,
      `  tree      ${sampleIds.tree}`,
      '',
    ]);
  });

  it.each([
    ['promoted', 0],
    ['stored', 0],
    ['noop', 0],
    ['refused', 1],
    ['failed', 1],
    ['errored', 1],
    ['cancelled', 1],
  ] as const)('ends %s with %i', async (phase, exit) => {
    expect((await run(['job', 'watch', jobId], { handlers: planeOf({ phase }) })).code).toBe(exit);
  });

  it('says why a candidate was refused and what to do', async () => {
    const finding: Finding = {
      code: 'path.forbidden',
      severity: 'block',
      message: 'is forbidden',
      next: 'Leave it alone.',
      path: 'ci\u001b[2J.yml',
    };
    const gate: GateResult = {
      gate: 'paths',
      part: 'static',
      summary: 'Paths',
      answer: 'fail',
      findings: [finding],
    };
    const candidate = sampleCandidate({
      state: 'fail',
      verdict: sampleVerdict({ outcome: 'fail', gates: [gate] }),
    });
    const { code, stdout } = await run(['job', 'watch', jobId], {
      handlers: planeOf({ phase: 'refused', reason: 'One gate refused it.' }, history, {
        'candidates.get': () => candidate,
        'promotions.list': () => ({ items: [], next: null }),
      }),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('Refused: fix-typo');
    expect(stdout).toContain('  One gate refused it.\n');
    expect(stdout).toContain('  ✗ paths: ci.yml: is forbidden [path.forbidden]\n      Leave it alone.\n');
  });

  it('speaks JSON lines whose last is the outcome', async () => {
    const { code, stdout } = await run(['job', 'submit', '-', '-w', '--json'], {
      files: { '-': JSON.stringify(sampleJob().spec) },
      handlers: planeOf({ phase: 'promoted' }),
    });
    const lines = jsonLines(stdout) as { kind: string; event?: { seq: number }; exit?: string; job?: Job }[];
    expect(code).toBe(0);
    expect(lines.flatMap(({ event: one }) => (one ? [one.seq] : []))).toEqual(history.map(({ seq }) => seq));
    expect(lines.filter(({ kind }) => kind === 'output')).toHaveLength(4);
    expect(lines.at(-1)).toMatchObject({ kind: 'outcome', exit: 'ok', job: { phase: 'promoted' } });
  });

  it('puts the attempts of a validator into validation', async () => {
    const events = [
      event(1, 'attempt.queued', { attemptId, purpose: 'validate' }),
      event(2, 'lease.granted', { attemptId }),
      event(3, 'session.state_changed', { to: 'ended' }),
    ];
    const { stdout } = await run(['job', 'watch', jobId], {
      handlers: planeOf({ phase: 'promoted' }, events),
    });
    expect(stdout).toContain('validation  A worker took the attempt');
    expect(stdout).not.toContain('capability');
  });

  it('tells who lets a suspended session go on', async () => {
    const events = [
      event(1, 'session.state_changed', { from: 'idle', to: 'suspended', because: 'quarantined' }),
      event(2, 'session.state_changed', { to: 'ended' }),
    ];
    const { stderr } = await run(['job', 'watch', jobId], {
      handlers: planeOf({ phase: 'cancelled' }, events),
    });
    expect(stderr).toContain(`gatehouse session resume ${sampleIds.session}`);
  });

  it('tells who must answer, and why they are asked', async () => {
    const events = [
      event(1, 'approval.requested', { promotionId: sampleIds.promotion, because: ['The rule r asks.'] }),
      event(2, 'session.state_changed', { to: 'ended' }),
    ];
    const { stderr } = await run(['job', 'watch', jobId], {
      handlers: planeOf({ phase: 'promoted' }, events),
    });
    expect(stderr).toContain(`gatehouse promotion approve ${sampleIds.promotion}`);
    expect(stderr).toContain('Asked: The rule r asks.');
  });

  it('shows what it may where candidates may not be read', async () => {
    const denied = () => problemResponse('auth.forbidden', 'Not yours.');
    const { code, stdout } = await run(['job', 'watch', jobId], {
      handlers: planeOf({ phase: 'promoted' }, history, {
        'candidates.list': denied,
        'promotions.list': denied,
      }),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Promoted: fix-typo');
  });

  it('ends by Ctrl-C with 130, and says that the job goes on', async () => {
    const abort = new AbortController();
    const { code, stderr } = await run(['job', 'watch', jobId], {
      signal: abort.signal,
      handlers: planeOf({}, [], {
        'sessions.events': ({ signal }) => {
          setTimeout(() => abort.abort(), 5);
          const line = fakeStream();
          signal?.addEventListener('abort', () => line.fail());
          return line.response;
        },
      }),
    });
    expect(code).toBe(130);
    expect(stderr).toContain('The job goes on.');
  });

  it('says that there is no such job', async () => {
    const { code } = await run(['job', 'watch', jobId], {
      handlers: { 'jobs.get': () => problemResponse('job.not_found', 'There is no such job. List them.') },
    });
    expect(code).toBe(3);
  });
});
