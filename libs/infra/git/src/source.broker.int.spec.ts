import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishBranch } from './branch.publisher.js';
import { brokerFrame } from './broker.frame.js';
import { gitEnvironment } from './git.environment.js';
import { Mirror } from './mirror.js';
import { Scratch } from './scratch.fixture.js';
import { SourceBroker, type BrokerOptions } from './source.broker.js';
import { locateSource, type LocatedSource } from './source.locator.js';
import { readTransport, writeTransport, type FarService } from './source.transport.js';
import { encodeFrame } from './spawner.frame.js';

const asRoot = process.getuid?.() === 0;
const owner = 12_345;
const [reader, writer] = [61_001, 61_002];

describe('the broker of local repositories', () => {
  const scratch = new Scratch();
  let broker: SourceBroker;
  let count = 0;
  const socketOf = (name: string) => join(scratch.dir, `run-${count}`, name, 'git.sock');
  const open = async (options: Partial<BrokerOptions> = {}) => {
    await broker?.close();
    count += 1;
    mkdirSync(join(scratch.dir, `run-${count}`), { mode: 0o711 });
    broker = new SourceBroker({ policy: { roots: [scratch.dir] }, ...options });
    const clients: [string, number, FarService[]][] = [
      ['reader', reader, ['upload-pack']],
      ['writer', writer, ['upload-pack', 'receive-pack']],
    ];
    for (const [name, uid, services] of clients)
      await broker.listen({
        socketPath: socketOf(name),
        services,
        ...(asRoot && { owner: { uid, gid: uid } }),
      });
  };
  const source = (name: string) => {
    const path = scratch.repository(name);
    const commit = scratch.commit(path, scratch.tree(path, [{ path: 'a', content: name }]));
    if (asRoot) execFileSync('chown', ['-R', `${owner}:${owner}`, path]);
    return { path, commit };
  };
  const locate = (path: string, client = 'reader') =>
    locateSource({ kind: 'path', path }, { roots: [scratch.dir], broker: socketOf(client) });
  const located = async (path: string, client?: string): Promise<LocatedSource> => {
    const answer = await locate(path, client);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.located;
  };
  /** Runs git as a user that may not look into the repository itself. */
  const as = (uid: number, args: readonly string[]) =>
    scratch.spawner.run({
      file: 'git',
      args: ['-c', 'protocol.file.allow=always', ...args],
      cwd: '/',
      env: { ...gitEnvironment },
      timeoutMs: 120_000,
      maxOutputBytes: 1 << 20,
      ...(asRoot && { uid, gid: uid }),
    });

  beforeAll(() => {
    chmodSync(scratch.dir, 0o755);
    mkdirSync(join(scratch.dir, 'private'), { mode: 0o700 });
  });
  beforeEach(() => open());
  afterEach(() => broker.close());
  afterAll(() => scratch.close());

  it('lets a mirror fetch and a commit be published, and tells the default branch', async () => {
    const { path, commit } = source('whole');
    const there = await located(path, 'writer');
    expect(there).toMatchObject({ address: join(path, '.git'), broker: socketOf('writer') });
    const mirror = new Mirror(scratch.git, join(scratch.dir, 'mirror.git'));
    await mirror.ensure();
    expect(await mirror.fetch(there)).toEqual({ ok: true, warnings: [] });
    expect(await mirror.defaultBranch(there)).toBe('main');
    expect(await mirror.resolve('main')).toBe(commit);
    const ref = 'refs/heads/gatehouse/ses-1-x';
    const published = await publishBranch(scratch.git, there, mirror.gitDir, { commit, ref, expected: null });
    expect(published).toMatchObject({ ok: true, commit, already: false });
    if (asRoot) expect(statSync(join(path, '.git', ref)).uid).toBe(owner);
  });

  it('carries much in both directions', async () => {
    const path = scratch.repository('large');
    const content = randomBytes(3 << 20);
    const commit = scratch.commit(path, scratch.tree(path, [{ path: 'big', content }]));
    if (asRoot) execFileSync('chown', ['-R', `${owner}:${owner}`, path]);
    const mirror = new Mirror(scratch.git, join(scratch.dir, 'mirror-large.git'));
    await mirror.ensure();
    expect(await mirror.fetch(await located(path))).toMatchObject({ ok: true });
    const other = source('large-target').path;
    const ref = 'refs/heads/gatehouse/ses-2-x';
    const target = await located(other, 'writer');
    expect(
      await publishBranch(scratch.git, target, mirror.gitDir, { commit, ref, expected: null }),
    ).toMatchObject({ ok: true });
  });

  (asRoot ? it : it.skip)('reads below a folder that the client may not enter, as the owner', async () => {
    const { path } = source('private/foreign');
    const { address } = await located(path);
    const read = ['ls-remote', ...readTransport(await located(path)), address, 'HEAD'];
    expect(await as(reader, read)).toMatchObject({ code: 0 });
    const direct = await as(reader, ['ls-remote', address, 'HEAD']);
    expect(direct.code).not.toBe(0);
  });

  (asRoot ? it : it.skip)('is reached through its own socket only', async () => {
    const { path } = source('sockets');
    const there = await located(path, 'writer');
    const tried = await as(reader, ['ls-remote', ...readTransport(there), there.address, 'HEAD']);
    expect(tried.code).not.toBe(0);
    expect(tried.stderr.toString()).toMatch(/gatehouse-broker does not answer: .*EACCES/);
    expect(await as(writer, ['ls-remote', ...readTransport(there), there.address, 'HEAD'])).toMatchObject({
      code: 0,
    });
  });

  it('refuses to write for whoever may only read', async () => {
    const { path, commit } = source('read-only');
    const there = await located(path);
    const mirror = new Mirror(scratch.git, join(scratch.dir, 'mirror-read-only.git'));
    await mirror.ensure();
    await mirror.fetch(there);
    const ref = 'refs/heads/gatehouse/ses-3-x';
    expect(
      await publishBranch(scratch.git, there, mirror.gitDir, { commit, ref, expected: null }),
    ).toMatchObject({
      ok: false,
      reason: 'ref.rejected',
      message: expect.stringContaining('may not run receive-pack'),
    });
    const direct = ['push', ...writeTransport(there), there.address, `${commit}:${ref}`];
    expect((await as(reader, ['--git-dir', mirror.gitDir, ...direct])).code).not.toBe(0);
    expect(existsSync(join(path, '.git', ref))).toBe(false);
  });

  it('gives the same reasons as a look of one’s own, and refuses what changed since', async () => {
    const outside = execFileSync('mktemp', ['-d']).toString().trim();
    execFileSync('git', ['init', '-q', outside]);
    symlinkSync(outside, join(scratch.dir, 'way-out'));
    for (const [path, words] of [
      [join(scratch.dir, 'missing'), /no directory/],
      [join(scratch.dir, 'private'), /not a git repository/],
      [join(scratch.dir, 'way-out'), /outside the configured directories/],
    ] as const)
      expect(await locate(path)).toMatchObject({ ok: false, reason: expect.stringMatching(words) });

    const { path } = source('moving');
    const there = await located(path);
    renameSync(path, `${path}-away`);
    symlinkSync(join(scratch.dir, 'private'), path);
    const mirror = new Mirror(scratch.git, join(scratch.dir, 'mirror-moving.git'));
    await mirror.ensure();
    expect(await mirror.fetch(there)).toMatchObject({ ok: false, reason: 'source.unreachable' });
    execFileSync('rm', ['-rf', outside]);
  });

  it('is an outage where it does not run', async () => {
    const { path } = source('alone');
    const there = await located(path);
    await broker.close();
    const mirror = new Mirror(scratch.git, join(scratch.dir, 'mirror-alone.git'));
    await mirror.ensure();
    await expect(mirror.fetch(there)).rejects.toMatchObject({ code: 'git.failed' });
    await expect(locate(path)).rejects.toMatchObject({ code: 'git.failed' });
  });

  it('ends a command whose client is gone, and lets others in', async () => {
    const { path } = source('leaving');
    const { address } = await located(path);
    await open({ atOnce: 1 });
    /** Of this repository alone: the machine may have others. */
    const servers = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          return args.includes('upload-pack\0.') && readlinkSync(`/proc/${pid}/cwd`).startsWith(path);
        } catch {
          return false;
        }
      }).length;
    const holding = connect(socketOf('reader'));
    holding.on('error', () => undefined);
    await once(holding, 'connect');
    const request = { service: 'upload-pack', path: address };
    holding.write(encodeFrame(brokerFrame.request, 0, Buffer.from(JSON.stringify(request))));
    await once(holding, 'data');
    expect(servers()).toBeGreaterThan(0);
    const waiting = locate(path);
    holding.destroy();
    expect(await waiting).toMatchObject({ ok: true });
    for (const end = Date.now() + 60_000; servers() > 0 && Date.now() < end;) await sleep(50);
    expect(servers()).toBe(0);
  });

  it('ends a command that takes too long, and says so', async () => {
    const { path } = source('slow');
    const { address } = await located(path);
    await open({ limitMs: 300 });
    const holding = connect(socketOf('reader'));
    const request = { service: 'upload-pack', path: address };
    holding.write(encodeFrame(brokerFrame.request, 0, Buffer.from(JSON.stringify(request))));
    let said = '';
    holding.on('data', (chunk) => (said += chunk.toString('latin1')));
    await once(holding, 'close');
    expect(said).toContain('took too long');
  });

  it.each(['no JSON', '{}', '{"service":"sh","path":"/"}', '{"service":"upload-pack","path":"x"}'])(
    'refuses %s as a request',
    async (text) => {
      const talking = connect(socketOf('reader'));
      talking.write(encodeFrame(brokerFrame.request, 0, Buffer.from(text)));
      let said = '';
      talking.on('data', (chunk) => (said += chunk.toString('latin1')));
      await once(talking, 'close');
      expect(said).toContain('not a request');
    },
  );

  it('does not wait for a frame that would fill its memory', async () => {
    const talking = connect(socketOf('reader'));
    talking.on('error', () => undefined);
    talking.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 1]));
    talking.resume();
    await once(talking, 'close');
    expect(readdirSync(join(scratch.dir, `run-${count}`)).sort()).toEqual(['reader', 'writer']);
  });
});
