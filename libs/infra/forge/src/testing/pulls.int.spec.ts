import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appOctokit, octokit, refusal, startedHub } from './github.harness.js';
import type { GitHub } from './github.js';

const repo = 'acme/widgets';
const where = { owner: 'acme', repo: 'widgets' };
let stand: Awaited<ReturnType<typeof startedHub>>;
let hub: GitHub;
let api: ReturnType<typeof octokit>;

beforeAll(async () => {
  stand = await startedHub();
  hub = stand.hub;
  api = appOctokit(hub, hub.installation(repo).id) as typeof api;
});

afterAll(() => stand.stop());

const changed = (line: string) => ({ 'README.md': `one\n${line}\nthree\n` });
const open = (head: string, more: Record<string, unknown> = {}) =>
  api.request('POST /repos/{owner}/{repo}/pulls', { ...where, head, base: 'main', title: 'Change', ...more });

describe('a pull request', () => {
  it('is refused where its branches do not allow one, in GitHub’s words', async () => {
    expect(await refusal(open('nowhere'))).toMatchObject({
      status: 422,
      message: expect.stringContaining('"resource":"PullRequest","field":"head","code":"invalid"'),
    });
    expect(await refusal(open('main', { base: 'nowhere' }))).toMatchObject({
      message: expect.stringContaining('"field":"base","code":"invalid"'),
    });
    await hub.as('bob').setBranch(repo, 'same', (await hub.branches(repo)).get('main') ?? '');
    expect(await refusal(open('same'))).toMatchObject({
      message: expect.stringContaining('No commits between main and same'),
    });
    await hub.as('bob').push(repo, 'twice', changed('twice'));
    await open('twice');
    expect(await refusal(open('acme:twice'))).toMatchObject({
      status: 422,
      message: expect.stringContaining('A pull request already exists for acme:twice.'),
    });
    expect(await refusal(open('twice', { title: undefined }))).toMatchObject({ status: 422 });
    const body = 'x'.repeat(65_537);
    expect(await refusal(open('same', { body }))).toMatchObject({
      message: expect.stringContaining('body is too long (maximum is 65536 characters)'),
    });
  });

  it('asked for twice at once is opened once', async () => {
    await hub.as('bob').push(repo, 'race', changed('race'));
    const answers = await Promise.all(Array.from({ length: 5 }, () => refusal(open('race'))));
    expect(answers.filter((one) => one === null)).toHaveLength(1);
  });

  it('cannot be a draft where drafts are not supported', async () => {
    const plain = { owner: 'acme', name: 'plain', drafts: false, people: { bob: 'write' } as const };
    await hub.addRepository({ ...plain, files: { a: 'a\n' } });
    await hub.as('bob').push('acme/plain', 'x', { a: 'b\n' });
    const wanted = { owner: 'acme', repo: 'plain', head: 'x', base: 'main', title: 't' };
    const draft = api.request('POST /repos/{owner}/{repo}/pulls', { ...wanted, draft: true });
    expect(await refusal(draft)).toMatchObject({
      status: 422,
      message: expect.stringContaining('Draft pull requests are not supported in this repository.'),
    });
    expect((await api.request('POST /repos/{owner}/{repo}/pulls', wanted)).data.draft).toBe(false);
  });

  it('follows its head, and closes with it', async () => {
    const bob = hub.as('bob');
    await bob.push(repo, 'moving', changed('moving'));
    const { number: pull_number } = (await open('moving', { draft: true })).data;
    const at = async () =>
      (await api.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...where, pull_number })).data;
    const next = await bob.push(repo, 'moving', { 'b.txt': 'b\n' });
    expect(await at()).toMatchObject({ head: { sha: next }, commits: 2, changed_files: 2 });
    expect(hub.webhooks.of('pull_request', 'synchronize').at(-1)?.payload).toMatchObject({ after: next });
    await bob.deleteBranch(repo, 'moving');
    expect(await at()).toMatchObject({ state: 'closed', merged: false });
    const reopened = api.request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...where,
      pull_number,
      state: 'open',
    });
    expect(await refusal(reopened)).toMatchObject({ status: 422 });
  });

  it('is merged only when it is ready, approved, unmoved and without conflict', async () => {
    const bob = hub.as('bob');
    await bob.push(repo, 'merge', changed('merge'));
    const { number: pull_number } = (await open('merge', { draft: true })).data;
    const pull = hub.pull(repo, pull_number);
    const merge = (more: Record<string, unknown> = {}) =>
      api.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', { ...where, pull_number, ...more });
    expect(await refusal(merge())).toMatchObject({ status: 405 });
    bob.readyForReview(pull);
    expect(await refusal(merge({ sha: '0'.repeat(40) }))).toMatchObject({ status: 409 });
    hub.protect(repo, 'main', { requiredApprovals: 1 });
    expect(await refusal(merge())).toMatchObject({ status: 405 });
    await hub.as('alice').reviewPull(pull, { state: 'APPROVED' });
    hub.repository(repo).protections.clear();
    await bob.push(repo, 'main', changed('conflict'));
    const seen = await api.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
      ...where,
      pull_number,
    });
    expect(seen.data).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect(await refusal(merge())).toMatchObject({ status: 405 });
    await bob.push(repo, 'main', changed('two'));
    const merged = await merge({ merge_method: 'squash' });
    expect(merged.data.merged).toBe(true);
    expect(await refusal(merge())).toMatchObject({ status: 405 });
  });

  it('of a fork names it, and is found by its owner', async () => {
    hub.addUser('mallory', { permissions: { [repo]: 'read' } });
    await hub.fork(repo, 'mallory');
    const mallory = hub.as('mallory');
    await mallory.push('mallory/widgets', 'evil', changed('evil'));
    const pull = await mallory.openPull(repo, { head: 'mallory:evil', base: 'main', title: 'From a fork' });
    const listed = await api.request('GET /repos/{owner}/{repo}/pulls', { ...where, head: 'mallory:evil' });
    expect(listed.data).toMatchObject([
      {
        number: pull.number,
        head: { label: 'mallory:evil', repo: { full_name: 'mallory/widgets', fork: true } },
      },
    ]);
  });

  it('is reviewed by others, at lines of its change', async () => {
    await hub.as('bob').push(repo, 'review', changed('review'));
    const { number: pull_number } = (await open('review')).data;
    const review = (event: 'APPROVE' | 'REQUEST_CHANGES', body?: string) =>
      api.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', {
        ...where,
        pull_number,
        event,
        body,
      });
    expect(await refusal(review('APPROVE'))).toMatchObject({
      status: 422,
      message: expect.stringContaining('Can not approve your own pull request'),
    });
    const alice = octokit(hub, hub.personalToken('alice'));
    const remark = (line: number) =>
      alice.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/comments', {
        ...where,
        pull_number,
        body: 'here',
        commit_id: hub.pull(repo, pull_number).pull.head.sha,
        path: 'README.md',
        line,
        side: 'RIGHT',
      });
    expect(await refusal(remark(99))).toMatchObject({
      status: 422,
      message: expect.stringContaining('must be part of the diff'),
    });
    expect((await remark(2)).data.diff_hunk).toContain('+review');
    const asked = api.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
      ...where,
      pull_number,
      reviewers: ['stranger'],
    });
    expect(await refusal(asked)).toMatchObject({ status: 422 });
  });
});

describe('a person', () => {
  it('does on the pages only what the role allows', async () => {
    const carol = hub.as('carol');
    const issue = carol.openIssue(repo, { title: 'Mine' });
    expect(() => carol.label(issue, 'gatehouse:run')).toThrow(/has the role read here and needs triage/);
    expect(() => carol.renameRepository(repo, 'x')).toThrow(/needs admin/);
    expect(() => carol.push(repo, 'x', { a: 'a\n' })).toThrow(/needs write/);
    expect(issue.labels).toEqual([]);
    const url = { ...where, issue_number: issue.number };
    carol.closeIssue(issue, 'not_planned');
    const events = await api.request('GET /repos/{owner}/{repo}/issues/{issue_number}/events', url);
    expect(events.data.map((one) => [one.event, one.actor?.login])).toEqual([['closed', 'carol']]);
  });
});

describe('a list', () => {
  it('comes in pages, with links to the others', async () => {
    for (let i = 0; i < 5; i += 1) hub.as('alice').openIssue(repo, { title: `Issue ${i}`, labels: ['many'] });
    const wanted = { ...where, labels: 'many', per_page: 2, page: 2 };
    const { data, headers } = await api.request('GET /repos/{owner}/{repo}/issues', wanted);
    expect(data.map((one) => one.title)).toEqual(['Issue 2', 'Issue 1']);
    expect(headers.link).toMatch(/page=1>; rel="prev".*page=3>; rel="next".*page=3>; rel="last"/);
  });
});

describe('a label', () => {
  it('is made when first used, and missed when it is not there', async () => {
    const { number: issue_number } = hub.as('alice').openIssue(repo, { title: 'Labels' });
    const path = { ...where, issue_number };
    const added = await api.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
      ...path,
      labels: ['gatehouse:run'],
    });
    expect(added.data.map((one) => one.name)).toEqual(['gatehouse:run']);
    const remove = (name: string) =>
      api.request('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', { ...path, name });
    expect((await remove('gatehouse:run')).data).toEqual([]);
    expect(await refusal(remove('gatehouse:run'))).toMatchObject({
      status: 404,
      message: expect.stringContaining('Label does not exist'),
    });
  });
});

describe('a check run', () => {
  it('needs a commit, a conclusion when completed, and few annotations at once', async () => {
    const main = (await hub.branches(repo)).get('main') ?? '';
    const run = (more: Record<string, unknown>) =>
      api.request('POST /repos/{owner}/{repo}/check-runs', { ...where, name: 'g', head_sha: main, ...more });
    expect(await refusal(run({ head_sha: '1'.repeat(40) }))).toMatchObject({ status: 422 });
    expect(await refusal(run({ status: 'completed' }))).toMatchObject({ status: 422 });
    const one = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' };
    const output = { title: 't', summary: 's', annotations: Array.from({ length: 51 }, () => one) };
    expect(await refusal(run({ output }))).toMatchObject({ status: 422 });
    await run({ external_id: 'first' });
    await run({ external_id: 'second', conclusion: 'failure' });
    const listed = await api.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
      ...where,
      ref: 'main',
    });
    expect(listed.data.check_runs.map((each) => each.external_id)).toEqual(['second']);
  });
});
