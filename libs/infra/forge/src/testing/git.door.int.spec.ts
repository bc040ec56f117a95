import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { appOctokit, changedClone, commitIn, git, octokit, refusal, startedHub } from './github.harness.js';
import type { GitHub } from './github.js';

const repo = 'acme/widgets';
const where = { owner: 'acme', repo: 'widgets' };
let stand: Awaited<ReturnType<typeof startedHub>>;
let hub: GitHub;
let writer: string;
let clone: string;

beforeAll(async () => {
  stand = await startedHub();
  hub = stand.hub;
  writer = hub.installationToken(repo);
  ({ clone } = await changedClone(hub, stand.dir, writer, { branch: 'first' }));
});

afterAll(() => stand.stop());

const list = (name: string, token?: string) =>
  git(stand.dir, ['ls-remote', `${hub.url}/${name}`, 'refs/heads/main'], token);

let branches = 0;
async function pushed(token: string, wanted: { branch?: string; path?: string; text?: string } = {}) {
  const branch = wanted.branch ?? `branch-${(branches += 1)}`;
  const commit = await commitIn(clone, { ...wanted, branch: `local/${branch}` });
  const push = () => git(clone, ['push', 'origin', `${commit}:refs/heads/${branch}`], token);
  const tip = async () => (await hub.branches(repo)).get(branch);
  return { commit, branch, push, tip, ...(await push()) };
}

describe('git', () => {
  it('is asked who it is, and is not told of what it may not see', async () => {
    const answer = await fetch(`${hub.url}/${repo}/info/refs?service=git-upload-pack`);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="GitHub"']);
    expect((await list(repo)).out).toMatch(/could not read Username/);
    expect((await list(repo, 'ghs_wrong')).code).not.toBe(0);
    expect((await list(repo, hub.personalToken('mallory'))).out).toMatch(/[Nn]ot found/);
    expect((await list('acme/nothing', writer)).out).toMatch(/[Nn]ot found/);
    expect((await list(repo, writer)).out).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main/);
    expect((await list(`${repo}.git`, hub.personalToken('carol'))).code).toBe(0);
  });

  it('reads a public repository without a name, and does not write it', async () => {
    await hub.addRepository({ owner: 'acme', name: 'open', private: false, files: { a: 'a\n' } });
    expect((await list('acme/open')).code).toBe(0);
    const answer = await fetch(`${hub.url}/acme/open/info/refs?service=git-receive-pack`);
    expect(answer.status).toBe(401);
  });

  it('does not push with a token that only reads', async () => {
    const reads = await pushed(hub.installationToken(repo, { contents: 'read' }));
    expect(reads.out).toMatch(/Write access to repository not granted[\s\S]*error: 403/);
    const carol = await pushed(hub.personalToken('carol'));
    expect(carol.out).toMatch(/Permission to acme\/widgets.git denied to carol/);
    expect([await reads.tip(), await carol.tip()]).toEqual([undefined, undefined]);
  });

  it('pushes by compare-and-swap', async () => {
    const one = await pushed(writer);
    expect([one.code, await one.tip()]).toEqual([0, one.commit]);
    const lease = `--force-with-lease=refs/heads/${one.branch}:${'1'.repeat(40)}`;
    const stale = await git(
      clone,
      ['push', lease, 'origin', `${one.commit}~1:refs/heads/${one.branch}`],
      writer,
    );
    expect(stale.out).toMatch(/stale info/);
    expect(await one.tip()).toBe(one.commit);
  });

  it('pushes more than one buffer of git holds', async () => {
    const noise = randomBytes(2 << 20).toString('base64');
    const large = await pushed(writer, { path: 'noise', text: noise });
    expect([large.code, await large.tip()]).toEqual([0, large.commit]);
  });

  it('is refused by a protected branch, a ruleset, and for a workflow it has no permission for', async () => {
    hub.protect(repo, 'release', { pushers: ['alice'] });
    const release = await pushed(writer, { branch: 'release' });
    expect(release.out).toMatch(/GH006: Protected branch update failed for refs\/heads\/release/);
    hub.addRule(repo, { type: 'creation', branches: 'closed/*' });
    const closed = await pushed(writer, { branch: 'closed/one' });
    expect(closed.out).toMatch(/GH013: Repository rule violations found for refs\/heads\/closed\/one/);
    hub.addRule(repo, { type: 'required_signatures', branches: 'signed' });
    const signed = await pushed(writer, { branch: 'signed' });
    expect(signed.out).toMatch(/Commits must have verified signatures/);
    hub.addRule(repo, { type: 'non_fast_forward', branches: 'steady' });
    const steady = await pushed(writer, { branch: 'steady' });
    expect(steady.code).toBe(0);
    const back = await git(clone, ['push', '-f', 'origin', `${steady.commit}~1:refs/heads/steady`], writer);
    expect(back.out).toMatch(/Cannot force-push to this branch/);
    await expect(hub.as('bob').push(repo, 'steady', { a: 'a\n' }, { force: true })).rejects.toThrow(
      /Cannot force-push/,
    );
    const workflow = await pushed(writer, { path: '.github/workflows/x.yml' });
    expect(workflow.out).toMatch(
      /refusing to allow a GitHub App .* `.github\/workflows\/x.yml` without `workflows`/,
    );
    const allowed = hub.installationToken(repo, { contents: 'write', workflows: 'write' });
    expect((await pushed(allowed, { path: '.github/workflows/x.yml' })).code).toBe(0);
    for (const one of [release, closed, signed, workflow]) expect(await one.tip()).toBeUndefined();
    const rules = await appOctokit(hub, hub.installation(repo).id).request(
      'GET /repos/{owner}/{repo}/rules/branches/{branch}',
      { ...where, branch: 'closed/one' },
    );
    expect(rules.data.map(({ type }) => type)).toEqual(['creation']);
  });

  it('is told of a protection only with the permission to see it', async () => {
    const api = appOctokit(hub, hub.installation(repo).id);
    const main = { ...where, branch: 'main' };
    const none = api.request('GET /repos/{owner}/{repo}/branches/{branch}/protection', main);
    expect(await refusal(none)).toMatchObject({
      status: 404,
      message: expect.stringMatching(/^Branch not protected/),
    });
    hub.protect(repo, 'main', { requiredSignatures: true });
    const seen = await api.request('GET /repos/{owner}/{repo}/branches/{branch}/protection', main);
    expect(seen.data.required_signatures?.enabled).toBe(true);
    expect((await api.request('GET /repos/{owner}/{repo}/branches/{branch}', main)).data.protected).toBe(
      true,
    );
    const blind = octokit(hub, hub.installationToken(repo, { contents: 'read' }));
    const unseen = blind.request('GET /repos/{owner}/{repo}/branches/{branch}/protection', main);
    expect(await refusal(unseen)).toMatchObject({ status: 403 });
    hub.repository(repo).protections.delete('main');
  });

  it('tells each push once, by whom, and not those that were refused', async () => {
    const before = hub.webhooks.of('push').length;
    const one = await pushed(writer);
    await pushed(hub.personalToken('carol'));
    const told = hub.webhooks.of('push').slice(before);
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { after: one.commit, ref: `refs/heads/${one.branch}`, sender: { login: 'gatehouse[bot]' } },
    ]);
  });
});

describe('a fault', () => {
  it('cuts a push before it, or after it was received', async () => {
    const before = hub.faults.next({ match: { git: 'push' }, do: 'cut before' });
    const lost = await pushed(writer);
    expect([lost.code === 0, await lost.tip(), before.hits]).toEqual([false, undefined, 1]);
    const after = hub.faults.next({ match: { git: 'push' }, do: 'do it, then cut the answer' });
    const unheard = await pushed(writer);
    expect([unheard.code === 0, await unheard.tip(), after.hits]).toEqual([false, unheard.commit, 1]);
    expect((await unheard.push()).out).toMatch(/Everything up-to-date/);
  });

  it('answers a push with a status, half an answer, or nonsense', async () => {
    for (const deed of [{ status: 502 }, 'half answer', 'garbage'] as const) {
      hub.faults.next({ match: { git: 'push' }, do: deed });
      const one = await pushed(writer);
      expect(one.code).not.toBe(0);
      expect(await one.tip()).toBe(typeof deed === 'object' ? undefined : one.commit);
    }
    expect(hub.faults.pending).toEqual([]);
  });

  it('strikes a call of the API as often as planned, after as many as planned', async () => {
    const api = octokit(hub, writer);
    const make = (title: string) => api.request('POST /repos/{owner}/{repo}/issues', { ...where, title });
    const match = { method: 'POST', path: /\/issues$/ };
    const count = () => hub.repository(repo).issues.size;
    const start = count();
    hub.faults.next({ match, do: 'cut before' });
    expect(await refusal(make('never'))).toMatchObject({ status: 500 });
    expect(count()).toBe(start);
    hub.faults.next({ match, after: 1, do: 'do it, then cut the answer' });
    await make('heard');
    expect(await refusal(make('unheard'))).toMatchObject({ status: 500 });
    expect(count()).toBe(start + 2);
    hub.faults.next({ match, do: 'half answer' });
    // Octokit takes a body that breaks off for an empty text, and the call for a success.
    expect((await make('half')).data).toBe('');
    expect(count()).toBe(start + 3);
    hub.faults.next({ match, do: 'garbage' });
    const nonsense = await make('garbage');
    expect(typeof nonsense.data).toBe('string');
    hub.faults.next({
      match,
      times: 2,
      do: {
        status: 403,
        headers: { 'retry-after': '60' },
        body: { message: 'You have exceeded a secondary rate limit' },
      },
    });
    expect(await refusal(make('limited'))).toMatchObject({
      status: 403,
      message: expect.stringMatching(/secondary/),
    });
    expect(await refusal(make('limited'))).toMatchObject({ status: 403 });
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = hub.faults.next({ match, do: { delay: gate } });
    const waiting = make('slow');
    await slow.struck;
    expect(count()).toBe(start + 4);
    release();
    expect((await waiting).status).toBe(201);
    expect(hub.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/repos/acme/widgets/issues',
      status: 201,
    });
  });

  it('of the rate limit is told in the headers until it turns', async () => {
    const api = octokit(hub, writer);
    hub.limits.leave(1);
    const { headers } = await api.request('GET /repos/{owner}/{repo}', where);
    expect(headers['x-ratelimit-remaining']).toBe('0');
    expect(await refusal(api.request('GET /repos/{owner}/{repo}', where))).toMatchObject({
      status: 403,
      message: expect.stringMatching(/^API rate limit exceeded/),
    });
    expect((await api.request('GET /rate_limit')).data.rate.remaining).toBe(0);
    hub.limits.leave(hub.limits.limit);
    expect((await api.request('GET /repos/{owner}/{repo}', where)).status).toBe(200);
  });
});

describe('a repository', () => {
  it('renamed or transferred is found by its old name, by its id, and by git', async () => {
    await hub.addRepository({
      owner: 'acme',
      name: 'before',
      files: { a: 'a\n' },
      people: { alice: 'admin' },
    });
    const { id } = hub.repository('acme/before');
    const api = appOctokit(hub, hub.installation(repo).id);
    hub.renameRepository('acme/before', 'after');
    const old = await api.request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'before' });
    expect(old.data).toMatchObject({ id, full_name: 'acme/after' });
    expect(old.url).toBe(`${hub.apiUrl}/repositories/${id}`);
    const wanted = { owner: 'acme', repo: 'before', title: 'By the old name' };
    expect((await api.request('POST /repos/{owner}/{repo}/issues', wanted)).status).toBe(201);
    expect((await list('acme/before', writer)).out).toMatch(/redirecting to .*acme\/after.git/);
    const installed = appOctokit(hub).request('GET /repos/{owner}/{repo}/installation', {
      owner: 'acme',
      repo: 'before',
    });
    expect((await installed).status).toBe(200);
    hub.transferRepository('acme/after', 'globex', { installed: false });
    const gone = api.request('GET /repos/{owner}/{repo}', { owner: 'acme', repo: 'before' });
    expect(await refusal(gone)).toMatchObject({ status: 404 });
    expect(hub.repository('globex/after').id).toBe(id);
  });

  it('archived is read and not written', async () => {
    await hub.addRepository({ owner: 'acme', name: 'old', files: { a: 'a\n' } });
    hub.archiveRepository('acme/old');
    const api = octokit(hub, writer);
    const old = { owner: 'acme', repo: 'old' };
    expect((await api.request('GET /repos/{owner}/{repo}', old)).data.archived).toBe(true);
    expect(
      await refusal(api.request('POST /repos/{owner}/{repo}/issues', { ...old, title: 'x' })),
    ).toMatchObject({
      status: 403,
    });
    expect((await list('acme/old', writer)).code).toBe(0);
  });
});
