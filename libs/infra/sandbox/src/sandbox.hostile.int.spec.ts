import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { aliveWith, casesOf, modes, nodeIn, shell } from './sandbox.harness.js';

const mark = (): string => `mark${randomBytes(6).toString('hex')}`;
const syscalls = {
  ptrace: 101,
  mount: 165,
  setns: 308,
  bpf: 321,
  openByHandle: 304,
  reboot: 169,
  keyctl: 250,
};

describe.each(modes)('a hostile command in a sandbox of mode %s', (mode) => {
  const when = casesOf(mode);

  when('reaches no socket of this machine, whatever its kind', async (bench) => {
    const name = mark();
    const path = join(bench.home, 'socket');
    // Abstract names have no file and no owner: only a network namespace keeps them apart.
    const abstract = spawn(process.execPath, [
      '-e',
      `require('net').createServer((s) => s.end('reached')).listen('\\0' + process.argv[1], () => console.log('on'))`,
      name,
    ]);
    const byPath = createServer((socket) => socket.end('reached')).listen(path);
    try {
      await new Promise((resolve) => abstract.stdout.once('data', resolve));
      const script = `for (const path of ['\\0${name}', ${JSON.stringify(path)}, '/var/run/docker.sock', '/run/postgresql/.s.PGSQL.5432'])
        require('net').connect(path).on('connect', () => console.log('reached')).on('error', (e) => console.log(e.code))`;
      const told = await bench.run({ argv: [nodeIn(mode), '-e', script] });
      const said = told.stdout.toString().trim().split('\n').sort();
      expect(said).toEqual(['ECONNREFUSED', 'ENOENT', 'ENOENT', 'ENOENT']);
    } finally {
      abstract.kill('SIGKILL');
      byPath.close();
    }
  });

  when('sees, signals and traces nobody but its own', async (bench) => {
    const name = mark();
    const stranger = spawn('sleep', ['3600'], { env: { SECRET: name }, stdio: 'ignore' });
    try {
      const told = await bench.run({
        argv: shell(
          'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n"; cat /proc/1/mem; kill -9 -1; echo unreached',
        ),
      });
      const seen = told.stdout.toString() + told.stderr.toString();
      expect(seen).not.toContain(name);
      expect(seen).not.toMatch(/TOKEN|DATABASE_URL|GATEHOUSE_URL|http:\/\/127/);
      expect(told.result).toMatchObject({ outcome: 'exited', verifiedDead: true });
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  when('is refused what would change the machine', async (bench) => {
    const tries = Object.entries({
      mount: `syscall(${syscalls.mount}, my $n = "none", my $t = "/tmp", my $f = "tmpfs", 0, 0)`,
      setns: `open(F, "<", "/proc/1/ns/mnt") ? syscall(${syscalls.setns}, fileno(F), 0) : -1`,
      // Under bubblewrap process 1 is the same user in the same room: there is nothing to gain by tracing it.
      ...(mode !== 'bubblewrap' && { ptrace: `syscall(${syscalls.ptrace}, 16, 1, 0, 0)` }),
      bpf: `syscall(${syscalls.bpf}, 0, my $b = "\\0" x 128, 128)`,
      handle: `syscall(${syscalls.openByHandle}, 0, my $h = "\\x08\\0\\0\\0\\x01\\0\\0\\0" . "\\0" x 64, 0)`,
      reboot: `syscall(${syscalls.reboot}, 0xfee1dead, 672274793, 0, 0)`,
      raw: 'socket(R, 2, 3, 1) ? 0 : -1',
      packet: 'socket(P, 17, 3, 768) ? 0 : -1',
      device: 'system("mknod /tmp/disk b 8 0 2>/dev/null") ? -1 : 0',
      immutable: 'system("touch /workspace/i && chattr +i /workspace/i 2>/dev/null") ? -1 : 0',
      priority: '(setpriority(0, 0, -5), getpriority(0, 0))[1] < 0 ? 0 : -1',
    }).map(([what, code]) => `print "${what} ", ((${code}) == -1 ? "no" : "YES"), "\\n";`);
    const told = await bench.run({ argv: ['perl', '-e', tries.join(' ')] });
    expect(told.stderr.toString()).toBe('');
    expect(told.stdout.toString()).not.toContain('YES');
    expect(told.stdout.toString().trim().split('\n')).toHaveLength(tries.length);
  });

  when('leaves nothing of its room, whatever it made of its workspace', async (bench) => {
    const name = mark();
    const told = await bench.run({
      argv: shell(
        `cd /workspace; mkfifo pipe; ln -s self self; mkdir -p locked/in; chmod 000 locked; truncate -s 1T sparse
         perl -e 'for (1..400) { mkdir "d" x 50; chdir "d" x 50 }'
         perl -e 'for (1..3) { if (fork == 0) { if (fork == 0) { require POSIX; POSIX::setsid(); $0 = "'$1'"; sleep 100 } exit } }'
         chmod 555 .; sleep 0.3`,
        name,
      ),
    });
    expect(told.result).toMatchObject({ outcome: 'exited', verifiedDead: true });
    expect(told.result?.killedProcesses).toBeGreaterThanOrEqual(3);
    expect(aliveWith(name)).toEqual([]);
    expect(readdirSync(join(bench.options.stateDir, 'runs'))).toEqual([]);
    execFileSync('chmod', ['-R', 'u+rwX', bench.workspace]);
    execFileSync('rm', ['-rf', bench.workspace]);
  });
});
