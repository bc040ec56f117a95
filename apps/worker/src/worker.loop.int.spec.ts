import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createWorkerClient } from '@gatehouse/client/worker';
import type { RegisterWorker } from '@gatehouse/contracts';
import { Bench, limits, type Origin } from './testing/bench.fixture.js';
import type { PlaneLease } from './testing/fake.plane.js';
import { until } from './testing/until.js';
import { WorkerLoop } from './worker.loop.js';

let bench: Bench;
let origin: Origin;
let loop: WorkerLoop;
let running: Promise<void>;
let registered: number;
let offered: RegisterWorker['sandboxes'] = [];

const start = (slots = 2): void => {
  registered = 0;
  loop = new WorkerLoop({
    client: createWorkerClient({ baseUrl: bench.plane.url, token: bench.plane.token }),
    registration: () => ({
      name: 'w',
      zone: 'agent',
      sandboxes: [...offered],
      version: '0',
      slots,
    }),
    tools: bench.tools(),
    log: bench.log,
    onRegistered: () => (registered += 1),
  });
  running = loop.run();
};
const agent = (script: string): PlaneLease =>
  bench.offer(origin, {
    agent: { adapter: 'command', command: ['/bin/sh', '-c', script] },
    limits: { ...limits, executionMs: 3_600_000 },
  });
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** How fast a number grows over two seconds, or over as many as a busy machine makes of them. */
const perSecond = async (count: () => number): Promise<number> => {
  const [before, began] = [count(), performance.now()];
  await wait(2_000);
  return (count() - before) / ((performance.now() - began) / 1_000);
};

beforeEach(async () => {
  bench = await new Bench().open();
  origin = bench.origin({ x: 'x' });
});
afterEach(async () => {
  loop.stop('the test is over');
  await running;
  await bench.close();
});

describe('the loop of a worker', () => {
  it('registers once the plane answers, then takes what it offers', async () => {
    bench.plane.down = true;
    start();
    await wait(700);
    expect(registered).toBe(0);
    bench.plane.down = false;
    const lease = agent('echo y > y');
    await until(() => lease.completion !== undefined);
    expect(lease.completion).toMatchObject({ outcome: 'succeeded' });
    expect(registered).toBe(1);
    expect(bench.plane.registrations[0]).toMatchObject({ name: 'w', zone: 'agent', slots: 2 });
  });

  it('says at once what works here now, and goes on claiming', async () => {
    start();
    await until(() => registered === 1);
    offered = [{ kind: 'process_sandbox', mode: 'uid', detail: 'found later' }];
    loop.announce();
    await until(() => registered === 2);
    offered = [];
    expect(bench.plane.registrations).toMatchObject([
      { sandboxes: [] },
      { sandboxes: [{ detail: 'found later' }] },
    ]);
    const lease = agent('echo y > y');
    await until(() => lease.completion !== undefined);
  });

  it('runs as many at once as it has slots, and no more', async () => {
    start(2);
    const leases = [1, 2, 3].map(() => agent('sleep 3600'));
    const [first, second, third] = leases as [PlaneLease, PlaneLease, PlaneLease];
    await until(() => first.started !== undefined && second.started !== undefined);
    await wait(300);
    expect(loop.busy).toBe(2);
    expect(third.started).toBeUndefined();
    first.cancel = 'to make room';
    await until(() => third.started !== undefined);
    for (const lease of leases) lease.cancel = 'enough';
    await until(() => leases.every(({ completion }) => completion?.outcome === 'cancelled'));
  });

  it('introduces itself again to a plane that forgot it, and is not busy while nothing is to do', async () => {
    start();
    await until(() => registered === 1);
    bench.plane.forgetWorkers();
    await until(() => registered === 2);
    expect(await perSecond(() => bench.plane.calls['worker.claim'] ?? 0)).toBeLessThan(3);
  });

  it('is not busy while the plane is down or answers "nothing" at once', async () => {
    start();
    await until(() => registered === 1);
    bench.plane.drain = true;
    expect(await perSecond(() => bench.plane.calls['worker.claim'] ?? 0)).toBeLessThan(3);
    bench.plane.drain = false;
    bench.plane.down = true;
    const calls = (): number => Object.values(bench.plane.calls).reduce((sum, n) => sum + n, 0);
    await wait(300);
    expect(await perSecond(calls)).toBeLessThan(8);
  });

  it('goes on with what runs while the plane is away, and hands it in when it is back', async () => {
    start();
    const lease = agent('sleep 2; echo y > y');
    await until(() => lease.started !== undefined);
    bench.plane.down = true;
    await wait(2_500);
    bench.plane.down = false;
    await until(() => lease.completion !== undefined);
    expect(lease.completion).toMatchObject({ outcome: 'succeeded' });
    await until(() => registered === 2);
  });

  it('hands back everything when it is told to stop, and claims nothing more', async () => {
    start();
    const leases = [1, 2].map(() => agent('sleep 3600'));
    await until(() => leases.every(({ started }) => started));
    loop.stop('The worker stopped (SIGTERM).');
    await running;
    for (const { completion } of leases)
      expect(completion).toMatchObject({ outcome: 'errored', code: 'worker.stopped' });
    const claims = bench.plane.calls['worker.claim'];
    agent('true');
    await wait(500);
    expect(bench.plane.calls['worker.claim']).toBe(claims);
  });
});
