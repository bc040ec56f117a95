import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LeaseGrant } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, limits, type Origin } from './testing/bench.fixture.js';
import type { PlaneLease } from './testing/fake.plane.js';
import { isAlive, until } from './testing/until.js';

const worker = join(import.meta.dirname, '..');
const repository = join(worker, '../..');
const bench = new Bench();
let origin: Origin;
let tokenFile: string;

beforeAll(async () => {
  execFileSync(process.execPath, [join(repository, 'node_modules/typescript-7/bin/tsc'), '-b', worker], {
    stdio: 'pipe',
  });
  await bench.open();
  origin = bench.origin({ x: 'x' });
  tokenFile = join(bench.root, 'token');
  writeFileSync(tokenFile, `${bench.plane.token}\n`, { mode: 0o600 });
});
afterAll(() => bench.close());

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  out(): string;
  /** What went to stdout alone: the log. */
  log(): string;
}
const start = (env: Record<string, string> = {}): Started => {
  let out = '';
  let log = '';
  const child = fork(join(worker, 'dist/main.js'), [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'] ?? '',
      GATEHOUSE_URL: bench.plane.url,
      GATEHOUSE_TOKEN_FILE: tokenFile,
      GATEHOUSE_TRUST_ZONE: 'agent',
      GATEHOUSE_WORKER_NAME: 'w1',
      GATEHOUSE_WORKER_DIR: join(bench.root, 'worker'),
      ...env,
    },
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  return { child, ended, out: () => out, log: () => log };
};
const ready = ({ child }: Started): Promise<unknown> =>
  new Promise((resolve) => child.once('message', resolve));
const agent = (script: string, clocks: Partial<LeaseGrant['lease']> = {}): PlaneLease =>
  bench.offer(origin, {
    clocks,
    agent: { adapter: 'command', command: ['/bin/sh', '-c', script] },
    limits: { ...limits, executionMs: 3_600_000 },
  });
/** A command that runs for long and that no other has. */
let commands = 0;
const long = (): string => `sleep 3641.${process.pid}${(commands += 1)}`;

describe('the worker process', () => {
  it('says ready, works, and on SIGTERM hands back what runs and goes', async () => {
    const started = start();
    expect(await ready(started)).toEqual({ type: 'ready' });
    const done = agent('echo y > y');
    await until(() => done.completion !== undefined);
    expect(done.completion).toMatchObject({ outcome: 'succeeded' });
    const command = long();
    const lease = agent(command);
    await until(() => isAlive(command));
    started.child.kill('SIGTERM');
    expect(await started.ended).toEqual({ code: 0, signal: null });
    expect(lease.completion).toMatchObject({ outcome: 'errored', code: 'worker.stopped' });
    expect(isAlive(command)).toBe(false);
    expect(
      readdirSync(join(bench.root, 'worker/attempts')).flatMap((name) =>
        readdirSync(join(bench.root, 'worker/attempts', name)),
      ),
    ).toEqual([]);
    const lines = started
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(
      lines.some((line) => line['leaseId'] === lease.grant.lease.id && line['sessionId'] && line['jobId']),
    ).toBe(true);
    expect(started.out()).not.toContain(bench.plane.token);
    expect(started.out()).not.toContain(lease.grant.lease.token);
  });

  it('goes when its supervisor is gone', async () => {
    const started = start();
    await ready(started);
    started.child.disconnect();
    expect(await started.ended).toEqual({ code: 0, signal: null });
  });

  it('that was killed leaves nothing alive, and its next life sweeps what lies about', async () => {
    const first = start();
    await ready(first);
    const command = long();
    const lease = agent(command);
    await until(() => isAlive(command));
    first.child.kill('SIGKILL');
    await first.ended;
    await until(() => !isAlive(command));
    const second = start();
    await ready(second);
    expect(lease.completion).toBeUndefined();
    expect(second.out()).toContain('leftovers of a dead worker were removed');
    second.child.kill('SIGTERM');
    await second.ended;
  });

  it('that is frozen past its lease has its agent killed by the dead-man process, and says nothing when it wakes', async () => {
    const started = start();
    await ready(started);
    const command = long();
    const lease = agent(command, { ttlMs: 8_000, heartbeatMs: 300, fenceMs: 6_000 });
    await until(() => isAlive(command));
    started.child.kill('SIGSTOP');
    // It is still frozen when its agent is gone: nobody but the dead-man process can have done it.
    await until(() => !isAlive(command));
    started.child.kill('SIGCONT');
    await until(() => started.log().includes('the lease is lost'));
    started.child.kill('SIGTERM');
    await started.ended;
    expect(lease.completion).toBeUndefined();
  });

  it('refuses to start with a token that others can read, or without being told what it is', async () => {
    const open = join(bench.root, 'open-token');
    writeFileSync(open, bench.plane.token);
    chmodSync(open, 0o644);
    const readable = start({ GATEHOUSE_TOKEN_FILE: open });
    expect(await readable.ended).toEqual({ code: 2, signal: null });
    expect(readable.out()).toContain('chmod 600');
    expect(readable.out()).not.toContain(bench.plane.token);
    mkdirSync(join(bench.root, 'x'));
    const zoneless = start({ GATEHOUSE_TRUST_ZONE: '' });
    expect(await zoneless.ended).toEqual({ code: 2, signal: null });
    expect(zoneless.out()).toContain('GATEHOUSE_TRUST_ZONE');
  });
});
