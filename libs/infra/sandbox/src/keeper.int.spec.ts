import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createSandbox } from './sandbox.factory.js';
import { sweepOrphans } from './orphan.sweeper.js';
import { Bench, aliveWith, casesOf, modes, until, untilGone, type Wish } from './sandbox.harness.js';

const loop = 'trap "" TERM HUP INT; while :; do sleep 1; done';
const newMark = (): string => `mark${randomBytes(6).toString('hex')}`;
/** Part of the command lines of the loops alone; their launchers end in the same words. */
const loopOf = (mark: string): string => `-c\0${loop}\0${mark}\0`;

describe.each(modes)('the dead-man process of mode %s', (mode) => {
  const when = casesOf(mode);
  /** A stubborn agent with a daemon, both known by the mark. */
  const stubborn = (mark: string, more: Partial<Wish> = {}): Wish => ({
    argv: [
      'sh',
      '-c',
      '(setsid sh -c "$1" "$2" >/dev/null 2>&1 </dev/null &); sh -c "$1" "$2"',
      'sh',
      loop,
      mark,
    ],
    ...more,
  });
  /** The worker, once the agent and its daemon run inside. */
  const running = async (bench: Bench, mark: string, more: Partial<Wish> = {}) => {
    const worker = bench.spawn(stubborn(mark, more));
    await worker.started;
    await until(() => aliveWith(loopOf(mark)).length >= 2);
    return worker;
  };

  when('ends the sandbox of a frozen worker on time', async (bench) => {
    const mark = newMark();
    const worker = await running(bench, mark, { deadlineMs: 8_000 });
    worker.child.kill('SIGSTOP');
    // The worker is still frozen when it is gone: nobody but the dead-man process can have done it.
    await untilGone(loopOf(mark));
    worker.child.kill('SIGCONT');
    expect((await worker.told).result).toMatchObject({ outcome: 'lease_expired', verifiedDead: true });
  });

  when('lets a worker that renews go on', async (bench) => {
    const told = await bench.run({
      argv: ['sh', '-c', 'sleep 8; echo still here'],
      deadlineMs: 6_000,
      renewMs: 6_000,
    });
    expect(told.stdout.toString()).toBe('still here\n');
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });

  when('ends the sandbox of a killed worker at once', async (bench) => {
    const mark = newMark();
    const worker = await running(bench, mark);
    worker.child.kill('SIGKILL');
    await untilGone(mark);
  });

  when('takes the sandbox along when it is killed itself', async (bench) => {
    const mark = newMark();
    const worker = await running(bench, mark);
    const keepers = aliveWith('keeper/keeper.mjs').filter((pid) => parentOf(pid) === worker.child.pid);
    expect(keepers).toHaveLength(1);
    for (const pid of keepers) process.kill(pid, 'SIGKILL');
    const told = await worker.told;
    expect(told.result).toMatchObject({ outcome: 'cancelled', verifiedDead: true });
    expect(aliveWith(mark)).toEqual([]);
  });

  when('leaves nothing that the sweep at the next boot does not remove', async (bench) => {
    const spared = newMark();
    const other = await running(bench, spared, { leaseId: 'lse_alive' });
    const mark = newMark();
    const worker = await running(bench, mark, { leaseId: 'lse_orphan' });
    const keepers = aliveWith('keeper/keeper.mjs').filter((pid) => parentOf(pid) === worker.child.pid);
    worker.child.kill('SIGSTOP');
    for (const pid of keepers) process.kill(pid, 'SIGKILL');
    worker.child.kill('SIGKILL');
    await worker.told;
    // A container waits for the sweep; namespaces die by their parent-death signals, with nobody left to kill them.
    if (mode !== 'docker') await untilGone(loopOf(mark));
    const report = await sweepOrphans(bench.options);
    expect(report.problems).toEqual([]);
    expect(new Set(report.leases)).toEqual(new Set(['lse_orphan']));
    expect(aliveWith(mark)).toEqual([]);
    expect(aliveWith(loopOf(spared)).length).toBeGreaterThanOrEqual(2);
    expect(readdirSync(join(bench.options.stateDir, 'runs'))).toHaveLength(1);
    expect(await sweepOrphans(bench.options)).toMatchObject({
      leases: [],
      killedProcesses: 0,
      containers: 0,
      uids: 0,
    });
    other.child.kill('SIGKILL');
    await untilGone(spared);
  });
});

describe('a machine without isolation', () => {
  it('is refused with the fix', async () => {
    await expect(
      createSandbox('docker_sandbox', { dockerSocket: '/nowhere/docker.sock' }),
    ).rejects.toMatchObject({
      code: 'sandbox.unavailable',
      message: expect.stringContaining('apt-get install docker.io'),
    });
    await expect(createSandbox('docker_sandbox', { image: 'gatehouse/none:such' })).rejects.toMatchObject({
      code: 'sandbox.unavailable',
    });
  });
});

describe('without isolation', () => {
  it('a process sandbox is refused with the fix', async () => {
    const library = new URL('../dist/index.js', import.meta.url).href;
    const ask = `import { createSandbox } from ${JSON.stringify(library)};
      const own = { stateDir: process.argv[1] };
      for (const allowUnisolated of [false, true]) await createSandbox('process_sandbox', { ...own, allowUnisolated })
        .then((s) => console.log(s.mode), (e) => console.log(e.code, e.message));`;
    const bench = new Bench('unisolated');
    // Without util-linux in reach no namespace can be made.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', ask, bench.home],
      {
        env: { PATH: '/nowhere' },
      },
    );
    bench.remove();
    const [first, second] = stdout.split('\n');
    expect(first).toMatch(/^sandbox.unavailable .*util-linux/);
    expect(second).toMatch(/^sandbox.unavailable /);
  });

  it('daemons are still found and killed', async () => {
    const bench = new Bench('unisolated');
    const mark = newMark();
    const told = await bench.run({
      argv: [
        'sh',
        '-c',
        '(setsid sh -c "$1" "$2" >/dev/null 2>&1 </dev/null &); sleep 0.3',
        'sh',
        loop,
        mark,
      ],
    });
    bench.remove();
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0, verifiedDead: true });
    expect(told.result?.killedProcesses).toBeGreaterThanOrEqual(1);
    expect(aliveWith(loopOf(mark))).toEqual([]);
  });
});

const parentOf = (pid: number): number | null => {
  try {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^PPid:\s*(\d+)/m)?.[1]);
  } catch {
    return null;
  }
};
