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
import { describe, expect } from '@jest/globals';
import { modes, nodeIn, root, shell, casesOf, words } from './sandbox.harness.js';

describe.each(modes)('a sandbox of mode %s', (mode) => {
  const when = casesOf(mode);
  const script = (text: string): string[] => [nodeIn(mode), '-e', text];

  when('tells how a command ended and what it said', async (bench) => {
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

  when('gives exactly the environment', async (bench) => {
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

  when('shows nothing of this machine', async (bench) => {
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

  when('has no network', async (bench) => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const connect = `const net = require('net'); for (const [host, port] of [['192.0.2.1', 80], ['127.0.0.1', ${port}]]) {
      net.connect(port, host).on('connect', () => console.log('connected')).on('error', (e) => console.log(e.code)) }`;
    const told = await bench.run({ argv: script(connect) });
    server.close();
    expect(words(told).sort()).toEqual(['ECONNREFUSED', 'ENETUNREACH']);
  });

  when('has no privilege and cannot gain one', async (bench) => {
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

  when('neither follows nor changes what links of the workspace point at', async (bench) => {
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

  when('reads a dead workspace without being able to change it', async (bench) => {
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
        `${nodeIn(mode)} /opt/reader/read.mjs && ! touch /workspace/x && ! rm /workspace/d/f && ! touch /opt/reader/x`,
      ],
      workspaceReadOnly: true,
      extraReadOnly: [{ host: reader, inside: '/opt/reader' }],
    });
    expect(told.stdout.toString()).toBe('private\n');
    expect(told.result).toMatchObject({ outcome: 'exited', exitCode: 0 });
  });

  when('carries binary input and output unchanged', async (bench) => {
    const input = randomBytes(64 * 1024);
    const told = await bench.run({ argv: ['cat'], input });
    expect(createHash('sha256').update(told.stdout).digest('hex')).toBe(
      createHash('sha256').update(input).digest('hex'),
    );
  });

  when('does not pass on what the worker has open', async (bench) => {
    const open = openSync(root ? '/root' : '/', 'r');
    // Node closes the first few by itself, so this one stands far behind.
    const inherited = [...Array.from({ length: 37 }, () => 'ignore' as const), open];
    const { told } = bench.spawn(
      { argv: shell('for f in /proc/self/fd/*; do readlink $f; done') },
      inherited,
    );
    const { stdout } = await told;
    closeSync(open);
    // A folder out there may read as any path from in here, so what is allowed is named instead.
    const links = stdout.toString().trim().split('\n');
    const allowed = /^(pipe:\[\d+\]|\/.*\/(stdin|stdout|stderr) \(deleted\)|\/dev\/null|\/proc\/\d+\/fd)$/;
    for (const link of links) expect(link).toMatch(allowed);
    expect(links.length).toBeGreaterThanOrEqual(3);
  });
});
