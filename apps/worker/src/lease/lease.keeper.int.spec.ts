import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, type Origin } from '../testing/bench.fixture.js';
import type { PlaneLease } from '../testing/fake.plane.js';

const bench = new Bench();
let origin: Origin;
/** Far enough apart that a busy machine keeps them in order. */
const clocks = { ttlMs: 6_000, heartbeatMs: 200, fenceMs: 2_500 };

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({ x: 'x' });
});
afterAll(() => bench.close());
afterEach(() => {
  bench.plane.down = false;
  bench.plane.silent = false;
});

const alive = (mark: string): boolean => {
  try {
    return execFileSync('pgrep', ['-f', mark], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false;
  }
};
const until = async (what: () => boolean, ms = 15_000): Promise<void> => {
  const began = Date.now();
  while (!what()) {
    if (Date.now() - began > ms) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
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
  const mark = `sleep 29.7${process.pid}${++marks}`;
  const lease = bench.offer(origin, agentFor(`echo on; ${mark}`, terms));
  const run = bench.run(lease);
  await until(() => lease.output.stdout.bytes.length > 0);
  return { lease, mark, run };
};

describe('a lease', () => {
  it('is renewed while the agent runs, far beyond its first term', async () => {
    const lease = bench.offer(origin, agentFor('sleep 4; echo y > y'));
    await bench.run(lease).done;
    expect(lease.completion).toMatchObject({ outcome: 'succeeded' });
    expect(lease.heartbeats.length).toBeGreaterThan(10);
  });

  it('outlasts an outage that is shorter than its fence', async () => {
    const { lease, run } = await long({ ttlMs: 20_000, heartbeatMs: 200, fenceMs: 18_000 });
    bench.plane.down = true;
    await wait(2_000);
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
      const { lease, mark, run } = await long();
      const last = lease.heartbeats.at(-1) ?? 0;
      bench.plane[how] = true;
      await until(() => !alive(mark));
      // Another may have the lease from here on.
      expect(Date.now() - last).toBeLessThan(clocks.ttlMs);
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
    await until(() => !alive(mark));
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
    expect(alive(mark)).toBe(false);
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
    expect(alive(mark)).toBe(false);
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
    const lease = bench.offer(origin, {
      ...agentFor('sleep 0.3; echo y > y'),
      clocks: { ...clocks, ttlMs: 20_000, fenceMs: 18_000 },
    });
    const run = bench.run(lease);
    await until(() => lease.started !== undefined);
    await wait(250);
    bench.plane.down = true;
    await wait(1_500);
    expect(lease.completion).toBeUndefined();
    bench.plane.down = false;
    await run.done;
    expect(lease.completion).toMatchObject({ outcome: 'succeeded' });
  });

  it('of a machine that slept past its fence stops on waking, before anything else', async () => {
    const { lease, mark, run } = await long();
    // The clock of boot time runs on while timers stand still: the same as a jump of that clock.
    const keeper = run.keeper as unknown as { clock: () => number };
    const { clock } = keeper;
    keeper.clock = () => clock() + 3_600_000;
    await until(() => !alive(mark));
    await run.done;
    expect(run.keeper.stop?.kind).toBe('fenced');
    expect(lease.completion).toBeUndefined();
  });
});
