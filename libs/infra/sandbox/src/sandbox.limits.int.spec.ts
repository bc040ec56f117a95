import { randomBytes } from 'node:crypto';
import { describe, expect } from '@jest/globals';
import { aliveWith, mib, modes, nodeIn, shell, casesOf, words } from './sandbox.harness.js';

const token = (): string => `mark${randomBytes(6).toString('hex')}`;

describe.each(modes)('the limits of a sandbox of mode %s', (mode) => {
  const when = casesOf(mode);
  const script = (text: string): string[] => [nodeIn(mode), '-e', text];

  when('kills and counts a daemon that was left behind', async (bench) => {
    const mark = token();
    const daemon = 'trap "" TERM HUP INT; while :; do sleep 1; done';
    const told = await bench.run({
      argv: shell('(setsid sh -c "$1" "$2" >/dev/null 2>&1 </dev/null &); sleep 0.3', daemon, mark),
    });
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0, verifiedDead: true });
    expect(told.result?.killedProcesses).toBeGreaterThanOrEqual(1);
    expect(aliveWith(mark)).toEqual([]);
  });

  when('ends when its command ends, though a daemon holds the output open', async (bench) => {
    const told = await bench.run({ argv: shell('(setsid sleep 3600 &); echo done') });
    expect(told.stdout.toString()).toBe('done\n');
    expect(told.result?.outcome).toBe('exited');
  });

  when('survives a fork bomb', async (bench) => {
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

  when('bounds the number of processes', async (bench) => {
    const told = await bench.run({
      argv: ['sh', '-c', 'while :; do sleep 100 & echo x; done'],
      limits: { pids: 32 },
    });
    expect(words(told).length).toBeGreaterThan(20);
    expect(words(told).length).toBeLessThan(34);
    expect(told.result?.killedProcesses).toBe(words(told).length);
  });

  when('ends processes that together take too much memory', async (bench) => {
    const child = 'const b = Buffer.alloc(80e6, 1); setInterval(() => b, 1000)';
    const told = await bench.run({
      argv: script(
        `for (let i = 0; i < 6; i++) require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}])`,
      ),
      limits: { memoryBytes: 256 * mib, cpus: 2 },
    });
    expect(told.result?.outcome).toBe('memory');
  });

  when('does not let one process take too much memory', async (bench) => {
    const told = await bench.run({
      argv: script(
        'const all = []; for (let i = 0; i < 64; i++) all.push(Buffer.alloc(16e6, 1)); console.log("got it all")',
      ),
      limits: { memoryBytes: 256 * mib },
    });
    expect(told.stdout.toString()).not.toContain('got it all');
    expect(told.result?.exitCode).not.toBe(0);
  });

  when('cuts a flood of output', async (bench) => {
    const told = await bench.run({ argv: ['yes'], limits: { outputBytes: mib } });
    expect(told.result).toMatchObject({ outcome: 'output_limit', outputBytes: mib });
    expect(told.stdout.length).toBe(mib);
  });

  when('ends on time a command that ignores SIGTERM', async (bench) => {
    const told = await bench.run({
      argv: shell('trap "" TERM; while :; do sleep 1; done'),
      limits: { wallMs: 1_000 },
    });
    expect(told.result).toMatchObject({ outcome: 'timeout', verifiedDead: true });
  });

  when('gives a cancelled command a moment to end well', async (bench) => {
    const told = await bench.run({
      argv: shell('trap "echo bye; exit 0" TERM; echo on; while :; do sleep 0.1; done'),
      cancelAtOutput: true,
      graceMs: 60_000,
    });
    expect(told.stdout.toString()).toBe('on\nbye\n');
    expect(told.result?.outcome).toBe('cancelled');
  });

  when('bounds the bytes and the files of /tmp and home', async (bench) => {
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

  when('bounds the workspace', async (bench) => {
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
});
