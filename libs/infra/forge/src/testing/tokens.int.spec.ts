import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Octokit } from '@octokit/core';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { appOctokit, octokit, refusal, startedHub } from './github.harness.js';
import type { GitHub } from './github.js';

const repo = 'acme/widgets';
const where = { owner: 'acme', repo: 'widgets' };
const minute = 60_000;
let stand: Awaited<ReturnType<typeof startedHub>>;
let hub: GitHub;

beforeAll(async () => {
  stand = await startedHub();
  hub = stand.hub;
  await hub.addRepository({ owner: 'acme', name: 'open', private: false, files: { a: 'a\n' } });
  await hub.addRepository({ owner: 'acme', name: 'secret', files: { a: 'a\n' } });
  await hub.addRepository({ owner: 'other', name: 'thing', installed: false });
});

afterAll(() => stand.stop());

function jwt(claims: Record<string, unknown>, key = hub.app.privateKeyPem, alg = 'RS256'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}

const asApp = (token: string) => octokit(hub, token).request('GET /app');

async function token(wanted: Record<string, unknown> = {}): Promise<string> {
  const made = await appOctokit(hub).request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: hub.installation(repo).id,
    ...wanted,
  });
  return made.data.token;
}

describe('an App', () => {
  it('is known by a JWT of its own key, in its time', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iat: now - 60, exp: now + 540, iss: String(hub.app.id) };
    const foreign = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    expect((await asApp(jwt(claims))).data?.slug).toBe('gatehouse');
    const said = async (value: string) => (await refusal(asApp(value)))?.message;
    expect(await said(jwt(claims, foreign.privateKey))).toMatch(/could not be decoded/);
    expect(await said(jwt(claims, undefined, 'none'))).toMatch(/could not be decoded/);
    expect(await said(jwt({ ...claims, exp: now - 60 }))).toMatch(/'exp'\) must be a numeric value/);
    expect(await said(jwt({ ...claims, exp: now + 700 }))).toMatch(/'exp'\) is too far in the future/);
    expect(await said(jwt({ ...claims, iat: now + 120 }))).toMatch(/'Issued at' claim/);
    expect(await said(jwt({ ...claims, iss: '1' }))).toMatch(/'Issuer' claim/);
    expect(await refusal(asApp('ghp_nobody'))).toMatchObject({ status: 401 });
  });

  it('whose clock is wrong sees GitHub’s in the Date header, and auth-app sets itself by it', async () => {
    hub.skewClock(-30 * minute);
    const seen = await appOctokit(hub).request('GET /repos/{owner}/{repo}/installation', where);
    hub.skewClock(0);
    expect(Number(seen.data.id)).toBe(hub.installation(repo).id);
  });

  it('is not found on a repository it is not installed on', async () => {
    const asked = appOctokit(hub).request('GET /repos/{owner}/{repo}/installation', {
      owner: 'other',
      repo: 'thing',
    });
    expect(await refusal(asked)).toMatchObject({ status: 404 });
  });
});

describe('an App manifest', () => {
  it('becomes the App, once, with its key and its webhook secret', async () => {
    const manifest = JSON.stringify({
      name: 'Ours',
      redirect_url: 'http://127.0.0.1:9/done',
      hook_attributes: { url: 'http://127.0.0.1:9/hook' },
      default_permissions: hub.app.permissions,
      default_events: hub.app.events,
    });
    const page = await fetch(`${hub.url}/organizations/acme/settings/apps/new?state=s`, {
      method: 'POST',
      body: new URLSearchParams({ manifest }),
      redirect: 'manual',
    });
    const back = new URL(page.headers.get('location') ?? '');
    expect([page.status, back.pathname, back.searchParams.get('state')]).toEqual([302, '/done', 's']);
    const convert = () =>
      new Octokit({ baseUrl: hub.apiUrl }).request('POST /app-manifests/{code}/conversions', {
        code: back.searchParams.get('code') ?? '',
      });
    const { data } = await convert();
    expect(data).toMatchObject({ id: hub.app.id, name: 'Ours', webhook_secret: hub.webhooks.secret });
    expect(data.pem).toBe(hub.app.privateKeyPem);
    expect(await refusal(convert())).toMatchObject({ status: 404 });
    hub.webhooks.url = null;
  });
});

describe('an installation token', () => {
  it('holds no more than was asked, and no more can be asked than was granted', async () => {
    const narrow = octokit(hub, await token({ repositories: ['widgets'], permissions: { issues: 'read' } }));
    await narrow.request('GET /repos/{owner}/{repo}/issues', where);
    const writes = narrow.request('POST /repos/{owner}/{repo}/issues', { ...where, title: 'x' });
    expect(await refusal(writes)).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^Resource not accessible by integration/),
    });
    const pulls = narrow.request('GET /repos/{owner}/{repo}/pulls', where);
    expect(await refusal(pulls)).toMatchObject({ status: 403 });
    const secret = narrow.request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'secret' });
    expect(await refusal(secret)).toMatchObject({ status: 404 });
    const open = { owner: 'acme', repo: 'open' };
    expect((await narrow.request('GET /repos/{owner}/{repo}', open)).status).toBe(200);
    const across = narrow.request('POST /repos/{owner}/{repo}/issues', { ...open, title: 'x' });
    expect(await refusal(across)).toMatchObject({ status: 403 });

    expect(await refusal(token({ permissions: { secrets: 'read' } }))).toMatchObject({ status: 422 });
    expect(await refusal(token({ permissions: { administration: 'write' } }))).toMatchObject({ status: 422 });
    expect(await refusal(token({ repositories: ['nothing'] }))).toMatchObject({ status: 422 });
    const installed = await narrow.request('GET /installation/repositories');
    expect(installed.data.repositories.map((one) => one.name)).toEqual(['widgets']);
  });

  it('ends after an hour, when revoked, and with its installation', async () => {
    const ask = (value: string) => octokit(hub, value).request('GET /repos/{owner}/{repo}', where);
    const aged = await token();
    hub.skewClock(61 * minute);
    expect(await refusal(ask(aged))).toMatchObject({ status: 401 });
    hub.skewClock(0);
    const revoked = await token();
    hub.revokeToken(revoked);
    expect(await refusal(ask(revoked))).toMatchObject({ status: 401 });
    const returned = await token();
    await octokit(hub, returned).request('DELETE /installation/token');
    expect(await refusal(ask(returned))).toMatchObject({ status: 401 });
    const kept = await token();
    hub.suspendInstallation(repo);
    expect(await refusal(ask(kept))).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^This installation has been suspended/),
    });
    expect(await refusal(token())).toMatchObject({ status: 403 });
    hub.unsuspendInstallation(repo);
    expect((await ask(kept)).status).toBe(200);
    const { id } = hub.installation(repo);
    hub.deleteInstallation(repo);
    expect(await refusal(ask(kept))).toMatchObject({ status: 401 });
    const gone = appOctokit(hub).request('GET /app/installations/{installation_id}', { installation_id: id });
    expect(await refusal(gone)).toMatchObject({ status: 404 });
    for (const name of ['widgets', 'open', 'secret']) hub.world.install(hub.repository(`acme/${name}`));
  });
});

describe('a person’s token', () => {
  it('does what the person may, and a fine-grained one only what it names', async () => {
    const bob = octokit(hub, hub.personalToken('bob'));
    expect((await bob.request('GET /user')).data.login).toBe('bob');
    const made = await bob.request('POST /repos/{owner}/{repo}/issues', { ...where, title: 'By Bob' });
    const issue_number = made.data.number;
    const carol = octokit(hub, hub.personalToken('carol'));
    const labels = { ...where, issue_number, labels: ['x'] };
    const labelled = carol.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', labels);
    expect(await refusal(labelled)).toMatchObject({ status: 403 });
    const check = bob.request('POST /repos/{owner}/{repo}/check-runs', {
      ...where,
      name: 'x',
      head_sha: 'x',
    });
    expect(await refusal(check)).toMatchObject({ status: 403 });
    const fine = hub.personalToken('bob', { permissions: { issues: 'read' }, repositories: [repo] });
    const refused = octokit(hub, fine).request('POST /repos/{owner}/{repo}/issues', { ...where, title: 'x' });
    expect(await refusal(refused)).toMatchObject({
      status: 403,
      message: expect.stringMatching(/personal access token/),
    });
    const stranger = octokit(hub, hub.personalToken('mallory')).request('GET /repos/{owner}/{repo}', where);
    expect(await refusal(stranger)).toMatchObject({ status: 404 });
    expect(await refusal(octokit(hub, 'ghp_x').request('GET /user'))).toMatchObject({ status: 401 });
  });
});

describe('a permission', () => {
  it('is told in both words, for everybody who exists', async () => {
    const api = appOctokit(hub, hub.installation(repo).id);
    hub.addUser('tess', { permissions: { [repo]: 'triage' } });
    hub.addUser('mona', { permissions: { [repo]: 'maintain' } });
    hub.addUser('mallory');
    const of = async (name: string, username: string) => {
      const path = { owner: 'acme', repo: name, username };
      const { data } = await api.request(
        'GET /repos/{owner}/{repo}/collaborators/{username}/permission',
        path,
      );
      return [data.permission, data.role_name];
    };
    expect(await of('widgets', 'alice')).toEqual(['admin', 'admin']);
    expect(await of('widgets', 'mona')).toEqual(['write', 'maintain']);
    expect(await of('widgets', 'bob')).toEqual(['write', 'write']);
    expect(await of('widgets', 'tess')).toEqual(['read', 'triage']);
    expect(await of('widgets', 'carol')).toEqual(['read', 'read']);
    expect(await of('widgets', 'mallory')).toEqual(['none', '']);
    expect(await of('open', 'mallory')).toEqual(['read', 'read']);
    expect(await refusal(of('widgets', 'nobody-of-this-name'))).toMatchObject({ status: 404 });
  });
});
