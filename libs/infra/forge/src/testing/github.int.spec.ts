import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { verify } from '@octokit/webhooks-methods';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appOctokit, changedClone, git, startedHub } from './github.harness.js';

let stand: Awaited<ReturnType<typeof startedHub>>;
let listener: Server;
const heard: { event: string; signed: boolean; id: string }[] = [];
const secret = 'a secret of this spec';
const where = { owner: 'acme', repo: 'widgets' };

beforeAll(async () => {
  stand = await startedHub();
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      void verify(secret, body, String(request.headers['x-hub-signature-256'])).then((signed) => {
        heard.push({
          event: String(request.headers['x-github-event']),
          signed,
          id: String(request.headers['x-github-delivery']),
        });
        response.writeHead(202).end();
      });
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  stand.hub.webhooks.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/hook`;
  stand.hub.webhooks.secret = secret;
});

afterAll(async () => {
  await stand.stop();
  await new Promise((resolve) => listener.close(resolve));
});

it('leads an App from its key to a merged pull request, as Octokit and git call GitHub', async () => {
  const { hub, dir } = stand;
  const app = appOctokit(hub);
  const installed = await app.request('GET /repos/{owner}/{repo}/installation', where);
  const api = appOctokit(hub, Number(installed.data.id));

  const made = await app.request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: Number(installed.data.id),
    repositories: ['widgets'],
    permissions: { contents: 'write' },
  });
  const { clone, commit } = await changedClone(hub, dir, made.data.token, { branch: 'gatehouse/one' });
  const pushed = await git(
    clone,
    ['push', '--force-with-lease=refs/heads/gatehouse/one:', 'origin', 'HEAD:refs/heads/gatehouse/one'],
    made.data.token,
  );
  expect(pushed).toMatchObject({ code: 0 });
  const ref = await api.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
    ...where,
    ref: 'heads/gatehouse/one',
  });
  expect(ref.data.object.sha).toBe(commit);

  const opened = await api.request('POST /repos/{owner}/{repo}/pulls', {
    ...where,
    head: 'gatehouse/one',
    base: 'main',
    title: 'Change the second line',
    body: 'By an agent.',
    draft: true,
  });
  const pull_number = opened.data.number;
  expect(opened.data).toMatchObject({ draft: true, state: 'open', commits: 1, mergeable: true });
  expect(opened.data.user).toMatchObject({ login: 'gatehouse[bot]', type: 'Bot' });
  const found = await api.request('GET /repos/{owner}/{repo}/pulls', {
    ...where,
    head: 'acme:gatehouse/one',
  });
  expect(found.data.map((one) => one.number)).toEqual([pull_number]);

  const said = await api.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...where,
    issue_number: pull_number,
    body: 'queued',
  });
  await api.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
    ...where,
    comment_id: Number(said.data.id),
    body: 'passed',
  });
  await api.request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
    ...where,
    issue_number: pull_number,
    labels: ['gatehouse'],
  });

  const run = await api.request('POST /repos/{owner}/{repo}/check-runs', {
    ...where,
    name: 'gatehouse',
    head_sha: commit,
    external_id: 'cnd_1',
    status: 'in_progress',
  });
  await api.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
    ...where,
    check_run_id: Number(run.data.id),
    conclusion: 'success',
    output: {
      title: 'All gates passed',
      summary: '12 of 12',
      annotations: [
        { path: 'README.md', start_line: 2, end_line: 2, annotation_level: 'notice', message: 'seen' },
      ],
    },
  });
  const runs = await api.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
    ...where,
    ref: 'gatehouse/one',
    check_name: 'gatehouse',
    app_id: hub.app.id,
  });
  expect(runs.data.check_runs).toMatchObject([
    { external_id: 'cnd_1', status: 'completed', conclusion: 'success', output: { annotations_count: 1 } },
  ]);

  const pull = hub.pull('acme/widgets', pull_number);
  const bob = hub.as('bob');
  bob.readyForReview(pull);
  const remark = await bob.reviewComment(pull, { path: 'README.md', line: 2, body: 'why?' });
  await api.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies', {
    ...where,
    pull_number,
    comment_id: remark.id,
    body: 'because',
  });
  await bob.reviewPull(pull, { state: 'APPROVED', body: 'good' });
  const reviews = await api.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', {
    ...where,
    pull_number,
  });
  expect(reviews.data.map((one) => [one.user?.login, one.state])).toEqual([
    ['bob', 'COMMENTED'],
    ['gatehouse[bot]', 'COMMENTED'],
    ['bob', 'APPROVED'],
  ]);
  const merged = await bob.mergePull(pull);
  const after = await api.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...where, pull_number });
  expect(after.data).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: merged });
  expect((await hub.branches('acme/widgets')).get('main')).toBe(merged);

  await hub.webhooks.settled();
  expect(hub.webhooks.log.map(({ event, action }) => `${event}.${action ?? ''}`)).toEqual([
    'push.',
    'pull_request.opened',
    'issue_comment.created',
    'issue_comment.edited',
    'pull_request.labeled',
    'pull_request.ready_for_review',
    'pull_request_review.submitted',
    'pull_request_review_comment.created',
    'pull_request_review.submitted',
    'pull_request_review_comment.created',
    'pull_request_review.submitted',
    'pull_request.closed',
    'push.',
  ]);
  expect(heard.map(({ event }) => event)).toEqual(hub.webhooks.log.map(({ event }) => event));
  expect(heard.every(({ signed }) => signed)).toBe(true);
  expect(hub.webhooks.log.every(({ attempts }) => attempts[0]?.status === 202)).toBe(true);
});
