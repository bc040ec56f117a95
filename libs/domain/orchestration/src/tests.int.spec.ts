import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CommandOutcome, TestRuns } from '@gatehouse/contracts';
import { GrantService } from './grant.service.js';
import { OrchestrationFixture } from './orchestration.fixture.js';

const commands = [{ name: 'tests', run: 'sh suite.sh', tests: true }];
const tests = (change: Partial<CommandOutcome> = {}): CommandOutcome => ({
  name: 'tests',
  outcome: 'passed',
  exitCode: 0,
  durationMs: 1,
  tail: '',
  tests: { passed: 3, failed: 0, skipped: 0, format: 'tap' },
  ...change,
});
const failed: Partial<CommandOutcome> = { outcome: 'failed', exitCode: 1 };

describe('test commands', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  afterAll(() => plane.stop());

  let count = 0;
  /** A job that changes README.md, up to the lease of its validation. */
  const validating = async (more: Record<string, unknown> = {}) => {
    const { policy, ...validation } = more;
    const job = await plane.submit({
      validation: { commands, ...validation },
      ...(policy ? { policy } : {}),
    });
    await plane.completePatch(await plane.begin(), `change ${++count}\n`);
    await plane.drain();
    const seeker = { workerId: plane.workers.validator, tokenId: null };
    const { granted } = await plane.app.get(GrantService).claim([seeker]);
    const { lease, validate } = await granted[0]!.grant;
    const held = await plane.leases.authenticate(lease.id, lease.token);
    await plane.leases.start(held, lease.generation, 'validator');
    const end = async (runs: Partial<TestRuns> | null, own: CommandOutcome = tests()): Promise<string> => {
      const whole = runs && { base: [tests()], baseKnown: false, restored: [], reverted: null, ...runs };
      const result = { kind: 'commands' as const, commands: [own], image: null, tests: whole };
      await plane.leases.complete(
        held,
        { generation: lease.generation, outcome: 'succeeded', result },
        'validator',
      );
      await plane.drain();
      return plane.ending(job.sessionId);
    };
    return { job, asked: validate?.tests ?? null, end };
  };

  it('are asked about with all that policy says of tests', async () => {
    const policy = {
      tests: { files: ['README.md'], reruns: 1, hunkRevert: true, revertHunks: 3, revertMinutes: 2 },
    };
    const { asked, end } = await validating({ policy });
    expect(asked).toEqual({ reruns: 1, baselines: [], restore: [['README.md']], revert: null });
    expect(await end({ restored: [[tests()]] })).toBe('succeeded');
  });

  it('are told what is known of the base, where nothing but the change differs', async () => {
    const first = await validating();
    const known = first.asked?.baselines ?? [];
    await first.end({ base: [tests({ durationMs: 7 })] });
    const { asked, end } = await validating();
    expect(asked).toEqual({
      reruns: 2,
      baselines: [{ image: null, commands: [expect.anything()] }],
      restore: [],
      revert: null,
    });
    expect(asked?.baselines.length).toBeGreaterThanOrEqual(known.length);
    await end({ base: asked!.baselines[0]!.commands, baseKnown: true });
    const other = await validating({ setup: 'true' });
    expect(other.asked?.baselines).toEqual([]);
    await other.end({ base: [tests({ ...failed, again: ['passed'] })] });
    // A flake is no knowledge.
    const again = await validating({ setup: 'true' });
    expect(again.asked?.baselines).toEqual([]);
    await again.end({});
  });

  it.each<[string, Partial<TestRuns> | null, Partial<CommandOutcome>, Record<string, unknown>, string]>([
    ['passed', {}, {}, {}, 'succeeded'],
    [
      'ran none',
      {},
      { tests: { passed: 0, failed: 0, skipped: 0, format: 'tap' } },
      {},
      'errored tests.none_ran',
    ],
    ['are flaky', null, { ...failed, again: ['passed'] }, {}, 'errored tests.flaky'],
    ['failed', null, failed, {}, 'failed command.failed'],
    ['were not probed', null, {}, {}, 'errored gate.fact_missing'],
    [
      'fail as they were in the base',
      { restored: [[tests(failed)]] },
      {},
      { policy: { tests: { files: ['README.md'] } } },
      'failed tests.base_regressed',
    ],
  ])('that %s end a job', async (_, runs, own, more, ending) => {
    const { end } = await validating(more);
    expect(await end(runs, tests(own))).toMatch(new RegExp(`^${ending}`));
  });

  it('that the job says will fail wait for a person', async () => {
    const { job, end } = await validating({
      policy: { tests: { files: ['README.md'] } },
      regressions: [{ command: 'tests', reason: 'The greeting changes.' }],
    });
    await end({ restored: [[tests(failed)]] });
    const [promotion] = await plane.query(`SELECT state FROM promotions WHERE session_id = $1`, [
      job.sessionId,
    ]);
    expect(promotion).toEqual({ state: 'awaiting_approval' });
  });

  it('are none of a lease whose commands run no tests', async () => {
    const { asked, end } = await validating({ commands: [{ name: 'tests', run: 'true' }] });
    expect(asked).toBeNull();
    const { tests: _, ...plain } = tests();
    expect(await end(null, plain)).toBe('succeeded');
  });
});
