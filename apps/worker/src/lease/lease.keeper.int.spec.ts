import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, type Origin } from '../testing/bench.fixture.js';
import type { PlaneLease } from '../testing/fake.plane.js';
import { isAlive, until } from '../testing/until.js';

const bench = new Bench();
let origin: Origin;
/** Longer than a busy machine stands still. */
const clocks = { ttlMs: 120_000, heartbeatMs: 200, fenceMs: 90_000 };
/** A fence that is waited for, far from the end of its lease. */
const short = { ...clocks, fenceMs: 5_000 };

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({ x: 'x' });
});
afterAll(() => bench.close());
afterEach(() => {
  bench.plane.down = false;
  bench.plane.silent = false;
  bench.plane.refusals.length = 0;
});
const refused = (wanted: string): number =>
  bench.plane.refusals.filter(({ route }) => route === wanted).length;
/** As if a machine had slept: the clock of boot time runs on while timers stand still. */
const jump = (run: ReturnType<Bench['run']>, ms: number): void => {
  const keeper = run.keeper as unknown as { clock: () => number };
  const { clock } = keeper;
  keeper.clock = () => clock() + ms;
};

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const agentFor = (script: string, terms = clocks): Parameters<Bench['offer']>[1] => ({
  agent: { adapter: 'command', command: ['/bin/sh', '-c', script] },
  clocks: terms,
});
let marks = 0;
/** Starts an agent that would run for long, and answers once it does. */
const long = async (
  terms = clocks,
): Promise<{ lease: PlaneLease; mark: string; run: ReturnType<Bench['run']> }> => {
  const mark = `sleep 3629.7${process.pid}${++marks}`;
  const lease = bench.offer(origin, agentFor(`echo on; ${mark}`, terms));
  const run = bench.run(lease);
  await until(() => lease.output.stdout.bytes.length > 0);
  return { lease, mark, run };
};

describe('a lease', () => {
  it('is renewed while the agent runs, far beyond its first term', async () => {
    const { lease, run } = await long();
    for (let at = 0; at < 5; at += 1) {
      jump(run, clocks.fenceMs / 3);
      const renewed = lease.heartbeats.length;
      await until(() => lease.heartbeats.length > renewed + 1);
    }
    expect(run.keeper.signal.aborted).toBe(false);
    lease.cancel = 'enough';
    await run.done;
    expect(lease.completion).toMatchObject({ outcome: 'cancelled' });
  });

  it('outlasts an outage that is shorter than its fence', async () => {
    const { lease, run } = await long();
    bench.plane.down = true;
    await until(() => refused('lease.heartbeat') > 2);
    bench.plane.down = false;
    const renewed = lease.heartbeats.length;
    await until(() => lease.heartbeats.length > renewed);
    expect(run.keeper.signal.aborted).toBe(false);
    lease.cancel = 'enough';
    await run.done;
    expect(lease.completion).toMatchObject({ outcome: 'cancelled' });
  });

  it.each(['down', 'silent'] as const)(
    'fences itself in time when the plane is %s, and drops the result',
    async (how) => {
      const { lease, mark, run } = await long(short);
      bench.plane[how] = true;
      await until(() => !isAlive(mark));
      // From the end of the lease on another may have it.
      expect(Date.now()).toBeLessThan((lease.heartbeats.at(-1) ?? 0) + short.ttlMs);
      await run.done;
      expect(run.keeper.stop).toMatchObject({ kind: 'fenced' });
      bench.plane[how] = false;
      await wait(300);
      expect(lease.completion).toBeUndefined();
    },
  );

  it('that another generation took is given up at once', async () => {
    const { lease, mark, run } = await long();
    lease.superseded = true;
    await until(() => !isAlive(mark));
    await run.done;
    expect(run.keeper.stop).toMatchObject({
      kind: 'fenced',
      message: expect.stringContaining('took the lease back'),
    });
    const late = bench.plane.refusals.filter(
      ({ route }) => route === 'lease.complete' || route === 'lease.upload',
    );
    expect(late).toEqual([]);
  });

  it('that is cancelled kills the agent and says so', async () => {
    const { lease, mark, run } = await long();
    lease.cancel = 'the requester changed their mind';
    await run.done;
    expect(isAlive(mark)).toBe(false);
    expect(lease.completion).toMatchObject({
      outcome: 'cancelled',
      code: 'attempt.cancelled',
      message: 'the requester changed their mind',
      report: { outcome: 'cancelled' },
    });
  });

  it('is handed back when the worker stops', async () => {
    const { lease, mark, run } = await long();
    run.keeper.stopWork('The worker stopped (SIGTERM).');
    await run.done;
    expect(isAlive(mark)).toBe(false);
    expect(lease.completion).toMatchObject({ outcome: 'errored', code: 'worker.stopped' });
  });

  it('that ended before its first renewal starts nothing', async () => {
    const lease = bench.offer(origin, agentFor('echo on'));
    const run = bench.run(lease);
    lease.superseded = true;
    await run.done;
    expect(lease.started).toBeUndefined();
    expect(lease.completion).toBeUndefined();
  });

  it('is completed with the same words however often that takes', async () => {
    const lease = bench.offer(origin, agentFor('echo y > y'));
    bench.plane.down = 'lease.complete';
    const run = bench.run(lease);
    await until(() => refused('lease.complete') > 2);
    expect(lease.completion).toBeUndefined();
    bench.plane.down = false;
    await run.done;
    expect(lease.completion).toMatchObject({ outcome: 'succeeded' });
  });

  it('of a machine that slept past its fence stops on waking, before anything else', async () => {
    const { lease, mark, run } = await long();
    jump(run, 3_600_000);
    await until(() => !isAlive(mark));
    await run.done;
    expect(run.keeper.stop?.kind).toBe('fenced');
    expect(lease.completion).toBeUndefined();
  });
});
