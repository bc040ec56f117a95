import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectForge } from './forge.inspection.js';
import { createForgeReader } from './forge.reader.js';
import type { ForgeSettings } from './forge.settings.js';
import { createForgeWriter } from './forge.writer.js';
import { startGitHub, type GitHub } from './testing/index.js';

const repo = { owner: 'acme', name: 'widgets' };

describe('our client and a whole forge', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gh-forge-'));
  const keyFile = join(dir, 'key.pem');
  const secretFile = join(dir, 'secret');
  let hub: GitHub;
  let settings: ForgeSettings;

  beforeAll(async () => {
    hub = await startGitHub({ dir: join(dir, 'hub') });
    await hub.addRepository({
      ...repo,
      files: { 'README.md': 'hello\n' },
      people: { alice: 'admin', bob: 'write', carol: 'read' },
    });
    writeFileSync(keyFile, hub.app.privateKeyPem, { mode: 0o600 });
    writeFileSync(secretFile, `${'s'.repeat(32)}\n`, { mode: 0o600 });
    settings = {
      url: hub.url,
      apiUrl: hub.apiUrl,
      appId: String(hub.app.id),
      appKeyFile: keyFile,
      tokenFile: undefined,
      readTokenFile: undefined,
      webhookSecretFile: secretFile,
    };
  });
  afterAll(async () => {
    await hub.close();
    rmSync(dir, { recursive: true });
  });

  it('reads who may do what, and what was asked', async () => {
    const reader = createForgeReader(settings, createForgeWriter(settings));
    expect(await reader.repository(repo)).toMatchObject({ ...repo, defaultBranch: 'main', archived: false });
    const roles = ['alice', 'bob', 'carol'].map((login) => reader.permissionOf(repo, login));
    expect(await Promise.all(roles)).toEqual(['admin', 'write', 'read']);
    const issue = hub.as('carol').openIssue('acme/widgets', { title: 'Crash on start' });
    hub.as('bob').label(issue, 'gatehouse:run');
    expect(await reader.issue(repo, issue.number)).toMatchObject({
      title: 'Crash on start',
      author: { login: 'carol', type: 'user' },
      labels: ['gatehouse:run'],
      isPull: false,
    });
  });

  it('hands out tokens that read and cannot write', async () => {
    const { token } = await createForgeWriter(settings).readToken(repo);
    const pull = await fetch(`${hub.apiUrl}/repos/acme/widgets/pulls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'T', head: 'x', base: 'main' }),
    });
    expect(pull.status).toBe(403);
    const push = await fetch(`${hub.url}/acme/widgets/info/refs?service=git-receive-pack`, {
      headers: { authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` },
    });
    expect(push.status).toBe(403);
  });

  it('makes one draft, one comment and one check run, whatever answers are lost', async () => {
    const sha = await hub.as('bob').push('acme/widgets', 'gatehouse/one', { 'a.txt': 'a\n' });
    hub.requests.length = 0;
    const writer = createForgeWriter(settings);
    const wanted = { head: 'gatehouse/one', base: 'main', title: 'T', body: 'B' };
    const lost = (path: RegExp) =>
      hub.faults.next({ match: { method: 'POST', path }, do: 'do it, then cut the answer' });
    const faults = [lost(/\/pulls$/), lost(/\/comments$/), lost(/\/check-runs$/)];

    const made = await writer.createDraftPull(repo, wanted);
    expect(made).toMatchObject({ ok: true, pull: { draft: true, state: 'open', head: { sha } } });
    const again = await writer.createDraftPull(repo, wanted);
    expect(again).toMatchObject({ ok: true, already: true });
    if (!made.ok) throw new Error(made.message);
    const { number } = made.pull;
    for (const body of ['one', 'two', 'two']) await writer.upsertComment(repo, number, 'status', body);
    for (const conclusion of ['failure', 'success'] as const)
      await writer.upsertCheckRun(repo, {
        name: 'gatehouse',
        headSha: sha,
        externalId: 'cnd_1',
        status: 'completed',
        conclusion,
        title: 'T',
        summary: 'S',
        annotations: [],
      });
    await writer.addLabels(repo, number, ['gatehouse']);

    expect(faults.map(({ hits }) => hits)).toEqual([1, 1, 1]);
    const writes = hub.requests.filter(({ method }) => method !== 'GET').map(({ path }) => path);
    const count = (end: RegExp) => writes.filter((path) => end.test(path)).length;
    expect([count(/\/pulls$/), count(/\/issues\/\d+\/comments$/), count(/\/check-runs$/)]).toEqual([1, 1, 1]);
    const reader = createForgeReader(settings, writer);
    expect(await reader.issue(repo, number)).toMatchObject({ isPull: true, labels: ['gatehouse'] });

    // A person makes it ready, reviews and merges it: we see that, and leave it alone.
    hub.as('alice').readyForReview(hub.pull('acme/widgets', number));
    expect(await writer.createDraftPull(repo, wanted)).toMatchObject({
      ok: true,
      already: true,
      pull: { draft: false, state: 'open' },
    });
    await hub.as('alice').mergePull(hub.pull('acme/widgets', number));
    expect(await writer.createDraftPull(repo, wanted)).toMatchObject({ ok: true, pull: { state: 'merged' } });
    expect(await reader.pullsUpdatedSince(repo, new Date(0))).toMatchObject([{ number, state: 'merged' }]);
  });

  it('writes to the one with its number, and to no other that has its name by now', async () => {
    const { id } = hub.repository('acme/widgets');
    const ours = { ...repo, id };
    const { number } = hub.as('alice').openIssue('acme/widgets', { title: 'A move' });
    const writer = createForgeWriter(settings);
    hub.renameRepository('acme/widgets', 'gears');
    // The former name leads to it, as long as nobody takes it.
    await writer.upsertComment(ours, number, 'moved', 'B');
    const said = () => [...hub.repository('acme/gears').comments.values()].map(({ body }) => body);
    expect(said()).toEqual(expect.arrayContaining([expect.stringContaining('moved')]));
    await hub.addRepository({ ...repo, private: false, files: { 'README.md': 'hello\n' } });
    hub.requests.length = 0;
    const run = { name: 'g', headSha: 'a'.repeat(40), externalId: 'c', title: 't', summary: 's' } as const;
    const check = { ...run, status: 'completed', conclusion: 'success', annotations: [] } as const;
    const open = createForgeWriter(settings);
    for (const write of [
      () => open.gitCredential(ours),
      () => open.createDraftPull(ours, { head: 'main', base: 'main', title: 'T', body: 'B' }),
      () => open.updatePull(ours, 1, { state: 'closed' }),
      () => open.upsertComment(ours, 1, 'm', 'B'),
      () => open.upsertCheckRun(ours, check),
      () => open.addLabels(ours, 1, ['x']),
      () => open.findPull(ours, 'x'),
      () => open.preflight(ours, { branch: 'x', target: 'main' }),
    ])
      await expect(write()).rejects.toMatchObject({ code: 'forge.replaced' });
    const writes = hub.requests.filter(({ method }) => method !== 'GET').map(({ path }) => path);
    expect(writes.filter((path) => !path.endsWith('/access_tokens'))).toEqual([]);
    // Nor does what git or anybody is handed open the other one.
    const { token } = await open.readToken(ours);
    const mine = await fetch(`${hub.apiUrl}/installation/repositories`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(((await mine.json()) as { repositories: object[] }).repositories).toMatchObject([{ id }]);
    expect(await open.reader.repositoryOfNumber(ours)).toMatchObject({ id, name: 'gears' });
    hub.deleteRepository('acme/widgets');
    hub.renameRepository('acme/gears', 'widgets');
  });

  it('finds nothing wrong before it writes, and says what is', async () => {
    const writer = createForgeWriter(settings);
    const faults = async () =>
      (await writer.preflight(repo, { branch: 'gatehouse/two', target: 'main' }))
        .filter(({ ok }) => !ok)
        .map(({ check }) => check);
    expect(await faults()).toEqual([]);
    hub.suspendInstallation('acme/widgets');
    expect(await faults()).toEqual(['forge.installation']);
    await expect(createForgeWriter(settings).findPull(repo, 'x')).rejects.toMatchObject({
      code: 'forge.forbidden',
      message: expect.stringContaining('suspended'),
    });
    hub.unsuspendInstallation('acme/widgets');
    hub.archiveRepository('acme/widgets');
    expect(await faults()).toContain('forge.archived');
  });

  describe('what doctor looks at', () => {
    const faults = async (over: Partial<ForgeSettings> = {}) =>
      (await inspectForge({ ...settings, ...over })).filter(({ ok }) => !ok);

    it('is all well', async () => {
      expect(await faults()).toEqual([]);
    });

    it.each<[string, () => Partial<ForgeSettings>, string, RegExp]>([
      ['no key', () => ({ appKeyFile: undefined }), 'forge.files', /has no key/],
      ['a key that is not there', () => ({ appKeyFile: join(dir, 'no') }), 'forge.key', /cannot be read/],
      ['another key', () => ({ appKeyFile: secretFile }), 'forge.app', /no RSA private key/],
      ['another App', () => ({ appId: '999999' }), 'forge.app', /GitHub answered 40[14]/],
      ['no webhook secret', () => ({ webhookSecretFile: undefined }), 'forge.webhook', /cannot tell us/],
      ['no forge', () => ({ apiUrl: 'http://127.0.0.1:1/api' }), 'forge.app', /could not be asked/],
    ])('is %s', async (_what, over, check, words) => {
      const found = await faults(over());
      expect(found).toMatchObject([{ check, detail: expect.stringMatching(words) }]);
      expect(found[0]?.fix).toMatch(/\w{3}/);
    });

    it('is a key that others can read, and a clock that is wrong', async () => {
      chmodSync(keyFile, 0o644);
      hub.skewClock(-7_200_000);
      expect((await faults()).map(({ check }) => check)).toEqual(['forge.files', 'forge.clock']);
      chmodSync(keyFile, 0o600);
      hub.skewClock(0);
    });
  });
});
