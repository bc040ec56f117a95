import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, planeRoles, type PlaneRole } from '@gatehouse/database';
import { GitRunner, locateSource, Mirror, publishBranch, Spawner } from '@gatehouse/git';
import { idsOf } from '../checks/boundary.check.js';
import { FakePlane } from '../testing/fake-plane.js';
import { firstUidOf, identitiesFrom, type Identities } from './identities.js';

// Users of their own take root; elsewhere doctor says that there is no such boundary.
const onlyAsRoot = process.getuid?.() === 0 && process.platform === 'linux' ? describe : describe.skip;

onlyAsRoot('users of their own, on a data folder that an earlier version left to root', () => {
  let plane: FakePlane;
  let identities: Identities;
  const at = (...path: string[]): string => join(plane.data, ...path);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' }).trim();
  const as = (role: PlaneRole, ...command: string[]) => {
    const { uid, gid } = identities[role];
    const words = [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${identities.planeGid}`, '--', ...command];
    return spawnSync('setpriv', words, { encoding: 'utf8', cwd: '/' });
  };
  const urlOf = (role: PlaneRole): string => readFileSync(at('run', role, 'database.url'), 'utf8');
  const ownerOf = (path: string) => {
    const { uid, gid, mode } = lstatSync(path);
    return { uid, gid, mode: (mode & 0o7777).toString(8) };
  };

  beforeAll(async () => {
    plane = await FakePlane.make();
    identities = identitiesFrom(firstUidOf(plane.data));
    const github = [
      'GATEHOUSE_GITHUB_APP_ID=1',
      `GATEHOUSE_GITHUB_APP_KEY_FILE=${at('app.pem')}`,
      `GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE=${at('webhook.secret')}`,
    ].join('\n');
    mkdirSync(at('mirrors'), { recursive: true, mode: 0o700 });
    git('init', '-q', '--bare', at('mirrors', 'rep_1.git'));
    const blob = execFileSync(
      'git',
      ['--git-dir', at('mirrors', 'rep_1.git'), 'hash-object', '-w', '--stdin'],
      {
        input: 'kept',
      },
    );
    writeFileSync(at('kept-blob'), blob);
    mkdirSync(at('proof', 'keys'), { recursive: true, mode: 0o700 });
    writeFileSync(at('proof', 'keys', 'old.pub.pem'), 'old\n', { mode: 0o600 });
    writeFileSync(at('proof', 'proof-signing.pem'), 'old\n', { mode: 0o600 });
    for (const [name, mode] of [
      ['ledger-heads.jsonl', 0o640],
      ['ledger-signing.pem', 0o600],
      ['ledger-signing.pub.pem', 0o644],
      ['settings.env', 0o644],
    ] as const)
      writeFileSync(at(name), name === 'settings.env' ? github : `${name}\n`, { mode });
    for (const name of ['app.pem', 'webhook.secret']) writeFileSync(at(name), `${name}\n`, { mode: 0o600 });
    mkdirSync(at('credentials'), { mode: 0o700 });
    writeFileSync(at('credentials', 'worker-agent.token'), 'ghs_kept\n', { mode: 0o600 });
    mkdirSync(at('quarantine', 'q-left'), { recursive: true, mode: 0o700 });
    const started = await plane.run('start');
    if (started.code !== 0) throw new Error(started.out + started.err);
  });
  afterAll(() => plane.remove());

  it('run each process as its own user, with the group of the plane and nothing more', () => {
    for (const role of planeRoles) {
      const status = readFileSync(`/proc/${plane.pidOf(role)}/status`, 'utf8');
      const { uid, gid } = identities[role];
      expect([role, idsOf(status, 'Uid'), idsOf(status, 'Gid'), idsOf(status, 'Groups')]).toEqual([
        role,
        Array(4).fill(uid),
        Array(4).fill(gid),
        [identities.planeGid],
      ]);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
    for (const name of ['worker-agent', 'worker-validator'])
      expect(idsOf(readFileSync(`/proc/${plane.pidOf(name)}/status`, 'utf8'), 'Uid')[0]).toBe(0);
  });

  it('lose nothing of what was there, and hand it to whom it belongs', () => {
    const { engine, planeGid } = identities;
    expect(readFileSync(at('ledger', 'ledger-heads.jsonl'), 'utf8')).toBe('ledger-heads.jsonl\n');
    expect(ownerOf(at('ledger', 'ledger-heads.jsonl'))).toEqual({
      uid: engine.uid,
      gid: planeGid,
      mode: '640',
    });
    expect(ownerOf(at('ledger', 'ledger-signing.pem'))).toEqual({
      uid: engine.uid,
      gid: planeGid,
      mode: '600',
    });
    expect(ownerOf(at('mirrors'))).toEqual({ uid: 0, gid: planeGid, mode: '2770' });
    const blob = readFileSync(at('kept-blob'), 'utf8').trim();
    for (const role of planeRoles)
      expect(as(role, 'git', '--git-dir', at('mirrors', 'rep_1.git'), 'cat-file', 'blob', blob).stdout).toBe(
        'kept',
      );
    expect(readFileSync(at('credentials', 'worker-agent.token'), 'utf8').trim()).toBe('ghs_kept');
    expect(readFileSync(at('credentials', 'admin.token'), 'utf8').trim()).toBe('ghs_admin');
    expect(ownerOf(at('credentials', 'admin.token'))).toEqual({ uid: 0, gid: 0, mode: '600' });
  });

  it.each<[string, PlaneRole[]]>([
    ['run/api/database.url', ['api']],
    ['run/engine/database.url', ['engine']],
    ['run/promoter/database.url', ['promoter']],
    ['api/admin.token', ['api']],
    ['credentials/admin.token', []],
    ['ledger/ledger-signing.pem', ['engine']],
    ['ledger/ledger-heads.jsonl', ['api', 'engine', 'promoter']],
    ['app.pem', []],
    ['run/promoter/github-app.pem', ['promoter']],
    ['run/api/github-webhook.secret', ['api']],
    ['proof/proof-signing.pem', ['promoter']],
    ['proof/keys/old.pub.pem', ['api', 'engine', 'promoter']],
    ['postgres.password', []],
    ['settings.env', []],
    ['status.json', []],
    ['logs/api.log', []],
  ])('lets %s be read by %j', (path, allowed) => {
    for (const role of planeRoles)
      expect([role, as(role, 'cat', at(path)).status === 0]).toEqual([role, allowed.includes(role)]);
  });

  it('let the promoter alone open a socket for tokens, and the others reach it', () => {
    const { promoter, planeGid } = identities;
    expect(ownerOf(at('forge'))).toEqual({ uid: promoter.uid, gid: planeGid, mode: '2710' });
    const script = (body: string) => `const net = require('net'), path = '${at('forge', 'x.sock')}'; ${body}`;
    const listen = script(`net.createServer().listen(path, () => process.exit(0))`);
    for (const role of ['api', 'engine'] as const)
      expect(as(role, process.execPath, '-e', listen).stderr).toContain('EACCES');
    // A socket as the promoter leaves it when it is killed: it refuses whoever may reach it, and hides from the rest.
    const left = script(`net.createServer().listen(path, () => {
      require('fs').chmodSync(path, 0o660);
      process.kill(process.pid, 'SIGKILL');
    })`);
    as('promoter', process.execPath, '-e', left);
    expect(ownerOf(at('forge', 'x.sock'))).toEqual({ uid: promoter.uid, gid: planeGid, mode: '660' });
    const reach = script(`net.connect(path).on('error', ({ code }) => console.log(code))`);
    for (const role of ['api', 'engine'] as const)
      expect(as(role, process.execPath, '-e', reach).stdout).toBe('ECONNREFUSED\n');
    const stranger = spawnSync(
      'setpriv',
      ['--reuid=65534', '--clear-groups', '--', process.execPath, '-e', reach],
      {
        encoding: 'utf8',
        cwd: '/',
      },
    );
    expect(stranger.stdout).toBe('EACCES\n');
  });

  it('let nobody in under the login of another, and nobody change an event', async () => {
    const stolen = new URL(urlOf('api'));
    stolen.username = 'gatehouse_promoter';
    await expect(createDataSource({ url: stolen.href, applicationName: 'test' })).rejects.toThrow(
      /authentication/,
    );
    for (const role of planeRoles) {
      const own = await createDataSource({ url: urlOf(role), applicationName: 'test', poolSize: 1 });
      await expect(own.query(`update ledger_events set type = 'x'`)).rejects.toThrow(/permission denied/);
      await expect(own.query('select count(*) from ledger_events')).resolves.toHaveLength(1);
      await own.destroy();
    }
  });

  it('let the promoter alone write to a repository, with the rights of its owner', async () => {
    const target = at('demo', 'target');
    git('init', '-q', '-b', 'main', target);
    git('-C', target, 'commit', '-q', '--allow-empty', '-m', 'x');
    execFileSync('chown', ['-R', '12345:12345', target]);
    chmodSync(at('demo'), 0o711);
    const spawner = new Spawner();
    const runner = new GitRunner(spawner);
    try {
      const publish = async (role: PlaneRole) => {
        const policy = { roots: [], broker: at('run', role, 'git.sock') };
        const answer = await locateSource({ kind: 'path', path: target }, policy);
        if (!answer.ok) throw new Error(answer.reason);
        const mirror = new Mirror(runner, at('..', `mirror-${role}.git`));
        await mirror.ensure();
        expect(await mirror.fetch(answer.located)).toMatchObject({ ok: true });
        const commit = (await mirror.resolve('main')) ?? '';
        const ref = `refs/heads/gatehouse/${role}`;
        return publishBranch(runner, answer.located, mirror.gitDir, { commit, ref, expected: null });
      };
      for (const role of ['api', 'engine'] as const)
        expect(await publish(role)).toMatchObject({
          ok: false,
          message: expect.stringContaining('may not run receive-pack'),
        });
      expect(await publish('promoter')).toMatchObject({ ok: true });
      expect(ownerOf(join(target, '.git/refs/heads/gatehouse/promoter')).uid).toBe(12345);
      const knock = as('api', 'test', '-w', at('run', 'promoter', 'git.sock'));
      expect(knock.status).not.toBe(0);
    } finally {
      await spawner.close();
    }
  });

  it('are what doctor looks at', async () => {
    const look = async () => {
      const { checks } = JSON.parse((await plane.run('doctor', '--json')).out) as {
        checks: { id: string; status: string; detail: string }[];
      };
      return checks.find(({ id }) => id === 'boundary');
    };
    expect(await look()).toMatchObject({ status: 'PASS', detail: expect.stringContaining('promoter') });
    chmodSync(at('run', 'promoter', 'database.url'), 0o644);
    expect(await look()).toMatchObject({
      status: 'FAIL',
      detail: expect.stringContaining('promoter/database.url'),
    });
  });
});
