import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GitRunner } from './git.runner.js';
import { Spawner } from './spawner.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const alive = (pid: number) => {
  try {
    // A zombie that init has not reaped yet is dead enough.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const gone = async (pid: number) => {
  for (let i = 0; i < 6000 && alive(pid); i++) await wait(10);
  return !alive(pid);
};

describe('spawner', () => {
  const spawner = new Spawner();
  let dir: string;
  const command = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeoutMs: 120_000, maxOutputBytes: 64 << 20 };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gh-spawner-'));
  });
  afterAll(async () => {
    await spawner.close();
    await rm(dir, { recursive: true });
  });

  it('streams binary input through a command unchanged, larger than every window', async () => {
    const input = Buffer.alloc(9_000_001, 0).map((_, i) => (i * 7919) & 0xff) as Buffer;
    const result = await spawner.run({ ...command, file: 'cat', args: [], input });
    expect(result.code).toBe(0);
    expect(Buffer.compare(result.stdout, input)).toBe(0);
  });

  it('slows a command down to the pace of its reader', async () => {
    const running = spawner.stream({ ...command, file: 'yes', args: [], maxOutputBytes: 1 << 30 });
    for (let i = 0; i < 6000 && running.stdout.readableLength === 0; i++) await wait(10);
    await wait(300);
    const held = running.stdout.readableLength;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(2 << 20);
    running.stdout.destroy();
    expect((await running.done).ended).toBe('killed');
  });

  it('kills the whole process group at the time limit', async () => {
    const script = 'sleep 3600 & echo $!; wait';
    const result = await spawner.run({ ...command, file: 'sh', args: ['-c', script], timeoutMs: 300 });
    expect(result.ended).toBe('timeout');
    expect(await gone(Number(result.stdout.toString()))).toBe(true);
  });

  it('leaves nothing behind of a command that ends while its children run on', async () => {
    const result = await spawner.run({ ...command, file: 'sh', args: ['-c', 'sleep 3600 & echo $!'] });
    expect(result).toMatchObject({ ended: 'exit', code: 0 });
    expect(await gone(Number(result.stdout.toString()))).toBe(true);
  });

  it('kills a command that writes more than its cap', async () => {
    const result = await spawner.run({ ...command, file: 'yes', args: [], maxOutputBytes: 100_000 });
    expect(result.ended).toBe('overflow');
    expect(result.stdout.length).toBeLessThanOrEqual(100_000);
  });

  it('keeps 64 KiB of standard error and drops the rest', async () => {
    const result = await spawner.run({
      ...command,
      file: 'sh',
      args: ['-c', 'head -c 1000000 /dev/zero >&2'],
    });
    expect(result.code).toBe(0);
    expect(result.stderr.length).toBe(64 << 10);
  });

  it('says so when a program does not exist', async () => {
    const result = await spawner.run({ ...command, file: '/no/such/program', args: [] });
    expect(result.ended).toBe('unstarted');
    expect(result.message).toContain('ENOENT');
  });

  it('hands a command no file descriptor but its own three', async () => {
    const result = await spawner.run({ ...command, file: 'ls', args: ['-l', '/proc/self/fd'] });
    const sockets = result.stdout.toString().match(/ (\d+) -> socket:/g) ?? [];
    expect(sockets.map((line) => Number(line.split(' ')[1])).filter((fd) => fd > 2)).toEqual([]);
  });

  it('stops a command whose input fails half way', async () => {
    const broken = async function* () {
      yield Buffer.from('half');
      throw new Error('the disk went away');
    };
    const result = await spawner.run({ ...command, file: 'cat', args: [], input: broken() });
    expect(result.ended).toBe('killed');
    expect(result.stderr.toString()).toContain('the disk went away');
  });

  it('lets commands clear up when its parent is gone, and ends those that do not', async () => {
    const own = new Spawner();
    const [tidy, stubborn] = [join(dir, 'tidy'), join(dir, 'stubborn')];
    const run = (script: string) => own.run({ ...command, file: 'sh', args: ['-c', script] });
    // A child of the command clears up, after the command itself has ended.
    const inner = `trap "sleep 0.05; rm ${tidy}; exit" TERM; echo $$ > ${tidy}; while :; do sleep 0.01; done`;
    void run(`sh -c '${inner}' & wait`).catch(() => undefined);
    void run(`trap "" TERM; echo $$ > ${stubborn}; while :; do sleep 0.01; done`).catch(() => undefined);
    const read = (file: string) => readFile(file, 'utf8').catch(() => '');
    let pids: number[] = [];
    for (let i = 0; i < 6000 && pids.length < 2; i++) {
      await wait(10);
      pids = [await read(tidy), await read(stubborn)].map(Number).filter((pid) => pid > 0);
    }
    expect(pids).toHaveLength(2);
    await own.close();
    expect(await Promise.all(pids.map(gone))).toEqual([true, true]);
    expect(await read(tidy)).toBe('');
    expect(await read(stubborn)).not.toBe('');
  });

  it('fails the calls under way when the spawner is killed, ends their processes, and starts anew', async () => {
    const file = join(dir, 'pid');
    const running = spawner.run({
      ...command,
      file: 'sh',
      args: ['-c', `echo $$ > ${file}; exec sleep 3600`],
    });
    let pid = 0;
    for (let i = 0; i < 6000 && pid === 0; i++) {
      await wait(10);
      pid = Number(await readFile(file, 'utf8').catch(() => '0'));
    }
    expect(pid).toBeGreaterThan(0);
    process.kill(spawner.pid as number, 'SIGKILL');
    expect((await running).ended).toBe('lost');
    expect(await gone(pid)).toBe(true);
    const git = new GitRunner(spawner);
    expect((await git.run(['--version'])).stdout.toString()).toMatch(/^git version/);
  });

  it('ends with its parent, together with what it runs', async () => {
    const other = new Spawner();
    const running = other.stream({ ...command, file: 'sh', args: ['-c', 'echo $$; exec sleep 3600'] });
    const [first] = (await running.stdout.iterator({ destroyOnReturn: false }).next()).value
      .toString()
      .split('\n');
    const spawnerPid = other.pid as number;
    await other.close();
    expect((await running.done).ended).toBe('lost');
    expect(await gone(Number(first))).toBe(true);
    expect(await gone(spawnerPid)).toBe(true);
  });

  it('keeps this process until its end was seen, which may be before the end of its socket', async () => {
    const other = new Spawner();
    await other.run({ ...command, file: 'true', args: [] });
    const keeping = () =>
      ['PipeWrap', 'ProcessWrap'].map(
        (kind) => process.getActiveResourcesInfo().filter((one) => one === kind).length,
      );
    const [sockets = 0, processes = 0] = keeping();
    const closing = other.close();
    expect(keeping()).toEqual([sockets + 1, processes + 1]);
    await closing;
  });
});

describe('a parent that is killed', () => {
  it('takes the spawner and everything it runs with it', async () => {
    // The parent is a plain node that speaks one frame, since a test process cannot kill itself.
    const program = fileURLToPath(new URL('./spawner.process.mjs', import.meta.url));
    const start = JSON.stringify({
      file: 'sh',
      args: ['-c', 'echo $$; sleep 3600 & echo $!; wait'],
      cwd: '/',
      env: { PATH: '/bin:/usr/bin' },
      input: false,
      timeoutMs: 60_000,
      maxOutputBytes: 1000,
    });
    const script = `
      const child = require('node:child_process').spawn(process.execPath, [${JSON.stringify(program)}], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
      const body = Buffer.from(${JSON.stringify(start)});
      const head = Buffer.alloc(9);
      head.writeUInt32BE(body.length, 0); head.writeUInt8(1, 4); head.writeUInt32BE(7, 5);
      child.stdio[3].write(Buffer.concat([head, body]));
      child.stdio[3].on('data', (chunk) => process.stdout.write(chunk.toString('latin1')));
      console.log('spawner ' + child.pid);`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    parent.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    const pids = () =>
      [
        /spawner (\d+)/.exec(said)?.[1],
        ...(/(\d+)\n[^]*?(\d+)\n/.exec(said.replace(/spawner \d+\n/, ''))?.slice(1) ?? []),
      ].map(Number);
    for (let i = 0; i < 6000 && (pids().length < 3 || pids().some(Number.isNaN)); i++) await wait(10);
    expect(pids().map(alive)).toEqual([true, true, true]);
    parent.kill('SIGKILL');
    expect(await Promise.all(pids().map(gone))).toEqual([true, true, true]);
  });
});

describe('git runner', () => {
  const spawner = new Spawner();
  const git = new GitRunner(spawner);
  afterAll(() => spawner.close());

  it('inherits nothing from our environment', async () => {
    process.env.GIT_DIR = '/nowhere';
    process.env.GATEHOUSE_SECRET = 'canary';
    const result = await spawner.run({
      file: 'env',
      args: [],
      cwd: '/',
      env: { A: '1' },
      timeoutMs: 60_000,
      maxOutputBytes: 10_000,
    });
    delete process.env.GIT_DIR;
    delete process.env.GATEHOUSE_SECRET;
    expect(result.stdout.toString().trim()).toBe('A=1');
  });

  it('turns exit codes, limits and output caps into errors with a code', async () => {
    await expect(git.run(['cat-file', '-t', 'nonsense'], { gitDir: '/nonexistent' })).rejects.toMatchObject({
      code: 'git.failed',
    });
    await expect(git.run(['--version'], { maxOutputBytes: 3 })).rejects.toMatchObject({
      code: 'git.refused',
    });
    await expect(
      git.run(['hash-object', '--stdin'], {
        timeoutMs: 50,
        input: (async function* () {
          await wait(200);
          yield Buffer.alloc(0);
        })(),
      }),
    ).rejects.toMatchObject({ code: 'git.timeout' });
  });

  it('speaks no protocol that a call did not allow', async () => {
    for (const url of [
      'ext::sh -c id',
      'git://localhost/x',
      'file:///tmp/x',
      'https://localhost/x',
      'ssh://localhost/x',
      'fd::3',
    ]) {
      await expect(git.run(['ls-remote', '--end-of-options', url])).rejects.toMatchObject({
        message: expect.stringContaining('not allowed'),
      });
    }
  });
});
