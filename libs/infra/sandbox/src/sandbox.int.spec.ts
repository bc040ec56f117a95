import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Bench, aliveWith, buildLibrary, mib, modes, root, whyNot, type Told } from './sandbox.harness.js';

beforeAll(() => buildLibrary());

const token = (): string => `mark${randomBytes(6).toString('hex')}`;
const words = (told: Told): string[] => told.stdout.toString().trim().split(/\s+/);

describe.each(modes)('a sandbox of mode %s', (mode) => {
  let bench: Bench;
  let reason: string | null;

  beforeAll(async () => {
    reason = await whyNot(mode);
  });
  beforeEach(() => {
    bench = new Bench(mode);
  });
  afterEach(() => bench.remove());

  /** A case that says aloud that it did not run. */
  const when = (name: string, body: () => Promise<void>): void =>
    it(name, async () => {
      if (reason !== null) return console.warn(`SKIPPED (${mode}): ${name}: ${reason}`);
      await body();
    });

  const node =
    mode === 'docker'
      ? 'node'
      : process.execPath.startsWith('/usr/')
        ? process.execPath
        : '/opt/node/bin/node';
  const script = (text: string): string[] => [node, '-e', text];
  const shell = (text: string, ...args: string[]): string[] => ['sh', '-c', text, 'sh', ...args];

  when('tells how a command ended and what it said', async () => {
    const told = await bench.run({
      argv: shell('cat; echo err >&2; tee /dev/stderr < /dev/null; exit 7'),
      input: Buffer.from('said'),
    });
    expect(told.stdout.toString()).toBe('said');
    expect(told.stderr.toString()).toBe('err\n');
    expect(told.result).toMatchObject({
      outcome: 'exited',
      exitCode: 7,
      killedProcesses: 0,
      verifiedDead: true,
      outputBytes: 8,
    });
  });

  when('gives exactly the environment', async () => {
    const env = { FOO: `a 'b' "c"\n$(d)`, LD_PRELOAD: '/nowhere.so', GH_ENV_X: '1', IFS: 'o' };
    const told = await bench.run({ argv: script('console.log(JSON.stringify(process.env))'), env });
    const { HOSTNAME: _, ...seen } = JSON.parse(told.stdout.toString()) as Record<string, string>;
    expect(seen).toEqual({
      ...env,
      HOME: '/home/agent',
      LANG: 'C.UTF-8',
      PATH: expect.stringContaining('/usr/bin'),
    });
  });

  when('kills and counts a daemon that was left behind', async () => {
    const mark = token();
    const daemon = 'trap "" TERM HUP INT; while :; do sleep 1; done';
    const told = await bench.run({
      argv: shell('(setsid sh -c "$1" "$2" >/dev/null 2>&1 </dev/null &); sleep 0.3', daemon, mark),
    });
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0, verifiedDead: true });
    expect(told.result?.killedProcesses).toBeGreaterThanOrEqual(1);
    expect(aliveWith(mark)).toEqual([]);
  });

  when('ends when its command ends, though a daemon holds the output open', async () => {
    const told = await bench.run({ argv: shell('(setsid sleep 30 &); echo done') });
    expect(told.stdout.toString()).toBe('done\n');
    expect(told.result?.durationMs).toBeLessThan(10_000);
  });

  when('survives a fork bomb', async () => {
    const mark = token();
    const bomb = 'f() { f "$1" | f "$1" & }; f "$1"; while :; do sleep 1; done';
    const told = await bench.run({
      argv: ['bash', '-c', bomb, mark],
      limits: { wallMs: 2_000, pids: 48, outputBytes: 64 * mib },
    });
    expect(['timeout', 'exited']).toContain(told.result?.outcome);
    expect(told.result?.verifiedDead).toBe(true);
    expect(aliveWith(mark)).toEqual([]);
  });

  when('ends processes that together take too much memory', async () => {
    const child = 'const b = Buffer.alloc(80e6, 1); setInterval(() => b, 1000)';
    const told = await bench.run({
      argv: script(
        `for (let i = 0; i < 6; i++) require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}])`,
      ),
      limits: { memoryBytes: 256 * mib, cpus: 2 },
    });
    expect(told.result?.outcome).toBe('memory');
  });

  when('does not let one process take too much memory', async () => {
    const told = await bench.run({
      argv: script(
        'const all = []; for (let i = 0; i < 64; i++) all.push(Buffer.alloc(16e6, 1)); console.log("got it all")',
      ),
      limits: { memoryBytes: 256 * mib },
    });
    expect(told.stdout.toString()).not.toContain('got it all');
    expect(told.result?.exitCode).not.toBe(0);
  });

  when('cuts a flood of output', async () => {
    const told = await bench.run({ argv: ['yes'], limits: { outputBytes: mib } });
    expect(told.result).toMatchObject({ outcome: 'output_limit', outputBytes: mib });
    expect(told.stdout.length).toBe(mib);
  });

  when('ends on time a command that ignores SIGTERM', async () => {
    const told = await bench.run({
      argv: shell('trap "" TERM; while :; do sleep 1; done'),
      limits: { wallMs: 1_000 },
    });
    expect(told.result).toMatchObject({ outcome: 'timeout', verifiedDead: true });
    expect(told.result?.durationMs).toBeLessThan(6_000);
  });

  when('gives a cancelled command a moment to end well', async () => {
    const told = await bench.run({
      argv: shell('trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done'),
      cancelMs: 700,
      graceMs: 3_000,
    });
    expect(told.stdout.toString()).toBe('bye\n');
    expect(told.result?.outcome).toBe('cancelled');
  });

  when('shows nothing of this machine', async () => {
    const secret = join(bench.home, 'secret');
    writeFileSync(secret, 'do not read', { mode: 0o644 });
    const told = await bench.run({
      argv: shell(
        `cat "$1"; ls -A /root "$2"; ls /home; ls /proc | grep -c '^[0-9]'; ls /var/run/docker.sock`,
        secret,
        bench.home,
      ),
    });
    const seen = words(told);
    expect(seen[0]).toBe('agent');
    expect(Number(seen[1])).toBeLessThan(9);
    expect(told.stdout.toString() + told.stderr.toString()).not.toContain('do not read');
    expect(seen).toHaveLength(2);
  });

  when('has no network', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const connect = `const net = require('net'); for (const [host, port] of [['192.0.2.1', 80], ['127.0.0.1', ${port}]]) {
      const began = Date.now(); net.connect(port, host).on('connect', () => console.log('connected'))
        .on('error', (e) => console.log(e.code, Date.now() - began < 1000)) }`;
    const told = await bench.run({ argv: script(connect) });
    server.close();
    expect(words(told).sort()).toEqual(['ECONNREFUSED', 'ENETUNREACH', 'true', 'true']);
  });

  when('has no privilege and cannot gain one', async () => {
    const folder = join(bench.home, 'suid');
    mkdirSync(folder);
    copyFileSync('/usr/bin/id', join(folder, 'id'));
    chmodSync(join(folder, 'id'), 0o4755);
    const look = `/opt/suid/id -u; id -u; grep -E '^Cap(Prm|Eff|Amb)|^NoNewPrivs' /proc/self/status; unshare -Ur id -u; mknod /tmp/d b 8 0; mount -t tmpfs x /tmp`;
    const told = await bench.run({
      argv: shell(look),
      extraReadOnly: [{ host: folder, inside: '/opt/suid' }],
    });
    const [suid, own, ...status] = words(told);
    expect(suid).toBe(own);
    expect(own).not.toBe('0');
    expect(status).toEqual([
      'CapPrm:',
      '0000000000000000',
      'CapEff:',
      '0000000000000000',
      'CapAmb:',
      '0000000000000000',
      'NoNewPrivs:',
      '1',
    ]);
  });

  when('neither follows nor changes what links of the workspace point at', async () => {
    const target = join(bench.home, 'target');
    writeFileSync(target, 'outside');
    const before = statSync(target);
    for (const [name, to] of [
      ['file', target],
      ['shadow', '/etc/shadow'],
      ['up', '../..'],
      ['folder', bench.home],
    ] as const)
      symlinkSync(to, join(bench.workspace, name));
    const told = await bench.run({
      argv: shell('cat file; cat folder/target; echo changed > file; cat shadow; ls up'),
    });
    expect(told.stdout.toString()).not.toContain('outside');
    expect(told.stdout.toString()).not.toContain('root:$');
    expect(statSync(target)).toMatchObject({ uid: before.uid, mode: before.mode });
    expect(readFileSync(target, 'utf8')).toBe('outside');
    expect(lstatSync(join(bench.workspace, 'file')).isSymbolicLink()).toBe(true);
  });

  when('bounds the bytes and the files of /tmp and home', async () => {
    const fill = `const fs = require('fs'); for (const dir of ['/tmp', process.env.HOME]) {
      try { for (let i = 0; i < 100; i++) fs.appendFileSync(dir + '/fill', Buffer.alloc(1 << 20)) } catch (e) { console.log(e.code) }
      fs.rmSync(dir + '/fill'); let n = 0;
      try { for (; n < 50000; n++) fs.writeFileSync(dir + '/' + n, '') } catch (e) { console.log(e.code) } }
      try { fs.writeFileSync('/outside', '') } catch (e) { console.log(e.code) }
      try { fs.writeFileSync('/etc/passwd', '') } catch (e) { console.log(e.code) }`;
    const told = await bench.run({ argv: script(fill), limits: { tmpfsBytes: 8 * mib } });
    const inodes = mode === 'bubblewrap' ? [] : ['ENOSPC'];
    const answers = words(told);
    expect(answers.slice(0, -2)).toEqual(['ENOSPC', ...inodes, 'ENOSPC', ...inodes]);
    for (const code of answers.slice(-2)) expect(['EROFS', 'EACCES', 'EPERM']).toContain(code);
  });

  when('bounds the workspace', async () => {
    const fill = `const fs = require('fs'); for (let i = 0; ; i++) fs.writeFileSync('/workspace/' + i, Buffer.alloc(8 << 20, 1))`;
    const bytes = await bench.run({ argv: script(fill), limits: { workspaceBytes: 64 * mib } });
    expect(bytes.result).toMatchObject({
      outcome: 'workspace_limit',
      detail: expect.stringContaining('bytes'),
    });
    const many = `const fs = require('fs'); for (let i = 0; ; i++) fs.writeFileSync('/workspace/f' + i, '')`;
    const files = await bench.run({ argv: script(many), limits: { workspaceFiles: 5_000 } });
    expect(files.result).toMatchObject({
      outcome: 'workspace_limit',
      detail: expect.stringContaining('files'),
    });
  });

  when('reads a dead workspace without being able to change it', async () => {
    await bench.run({ argv: shell('umask 077; mkdir -p d; echo private > d/f') });
    const reader = bench.folder('reader');
    writeFileSync(
      join(reader, 'read.mjs'),
      `import { readFileSync } from 'node:fs'; process.stdout.write(readFileSync('/workspace/d/f'))`,
    );
    const told = await bench.run({
      argv: [
        'sh',
        '-c',
        `${node} /opt/reader/read.mjs && ! touch /workspace/x && ! rm /workspace/d/f && ! touch /opt/reader/x`,
      ],
      workspaceReadOnly: true,
      extraReadOnly: [{ host: reader, inside: '/opt/reader' }],
    });
    expect(told.stdout.toString()).toBe('private\n');
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });

  when('carries binary input and output unchanged', async () => {
    const input = randomBytes(64 * 1024);
    const told = await bench.run({ argv: ['cat'], input });
    expect(createHash('sha256').update(told.stdout).digest('hex')).toBe(
      createHash('sha256').update(input).digest('hex'),
    );
  });

  when('does not pass on what the worker has open', async () => {
    const open = openSync(root ? '/root' : '/', 'r');
    const told = await bench.run({ argv: shell('for f in /proc/self/fd/*; do readlink $f; done') }, [
      open,
      open,
      open,
    ]);
    closeSync(open);
    expect(words(told)).not.toContain(root ? '/root' : '/');
  });
});
