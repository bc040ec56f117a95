import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sign, verify } from '@octokit/webhooks-methods';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Delivery } from './deliveries.js';
import { appOctokit, startedHub } from './github.harness.js';
import type { GitHub } from './github.js';

const repo = 'acme/widgets';
const secret = "It's a Secret to Everybody";
let stand: Awaited<ReturnType<typeof startedHub>>;
let hub: GitHub;
let listener: Server;
let heard: { id: string; event: string; body: string; signature: string; sha1: string }[];
let status: number;

beforeEach(async () => {
  stand = await startedHub();
  hub = stand.hub;
  heard = [];
  status = 202;
  listener = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      heard.push({
        id: String(request.headers['x-github-delivery']),
        event: String(request.headers['x-github-event']),
        body: Buffer.concat(chunks).toString(),
        signature: String(request.headers['x-hub-signature-256']),
        sha1: String(request.headers['x-hub-signature']),
      });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  hub.webhooks.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
  hub.webhooks.secret = secret;
});

afterEach(async () => {
  await stand.stop();
  await new Promise((resolve) => listener.close(resolve));
});

type Shape = Record<string, unknown>;
const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: Shape[];
}[];

/** What every example of GitHub's has and this one has not, or has of another type. */
function missing(ours: unknown, examples: unknown[], at = ''): string[] {
  const objects = examples.filter((one): one is Shape => typeof one === 'object' && one !== null);
  if (objects.length === 0 || objects.length < examples.length || objects.some(Array.isArray)) return [];
  if (typeof ours !== 'object' || ours === null) return [];
  return Object.keys(objects[0] ?? {})
    .filter((key) => objects.every((one) => key in one))
    .flatMap((key) => {
      const path = `${at}.${key}`;
      if (!(key in ours)) return [`${path} is missing`];
      const mine = (ours as Shape)[key];
      const theirs = objects.map((one) => one[key]);
      const types = new Set(theirs.map((one) => (one === null ? 'null' : typeof one)));
      const type = mine === null ? 'null' : typeof mine;
      const wrong = !types.has(type) && type !== 'null' && !types.has('null');
      return [
        ...(wrong ? [`${path} is ${type}, not ${[...types].join('|')}`] : []),
        ...missing(mine, theirs, path),
      ];
    });
}

// The App's own permissions; an organization, not a person, had the repository; the ping of a repository's hook.
const ours = /permissions\.|changes\.owner\.from\.user|^ping\.null\.(hook\.(url|ping_url)|sender)/;

async function everything(): Promise<Delivery[]> {
  hub.addUser('dave', { permissions: { [repo]: 'write' } });
  const alice = hub.as('alice');
  const bob = hub.as('bob');
  const issue = hub.as('carol').openIssue(repo, { title: 'Crash', body: 'on start' });
  alice.label(issue, 'bug');
  alice.unlabel(issue, 'bug');
  alice.editIssue(issue, { title: 'Crash on start' });
  const comment = alice.comment(issue, '/gatehouse run');
  alice.editComment(comment, '/gatehouse status');
  alice.deleteComment(comment);
  alice.closeIssue(issue);
  alice.reopenIssue(issue);
  await bob.push(repo, 'fix', { 'README.md': 'one\ntwo, changed\nthree\n' });
  const pull = await bob.openPull(repo, { head: 'fix', base: 'main', title: 'Fix', draft: true });
  bob.readyForReview(pull);
  bob.convertToDraft(pull);
  bob.readyForReview(pull);
  bob.editIssue(pull, { body: 'more' });
  bob.requestReview(pull, 'alice');
  const remark = await alice.reviewComment(pull, { path: 'README.md', line: 2, body: 'why?' });
  await bob.reply(remark, 'because');
  await alice.reviewPull(pull, { state: 'APPROVED' });
  await bob.push(repo, 'fix', { 'b.txt': 'b\n' });
  await alice.mergePull(pull);
  await bob.push(repo, 'other', { 'c.txt': 'c\n' });
  const second = await bob.openPull(repo, { head: 'other', base: 'main', title: 'Other' });
  bob.closePull(second);
  await bob.deleteBranch(repo, 'other');
  hub.ping();
  alice.suspendInstallation(repo);
  hub.unsuspendInstallation(repo);
  alice.renameRepository(repo, 'gadgets');
  hub.transferRepository('acme/gadgets', 'globex');
  hub.deleteInstallation('globex/gadgets');
  return hub.webhooks.log;
}

describe('webhooks', () => {
  it('have all that every example of GitHub has, for each event and action', async () => {
    hub.webhooks.url = null;
    const seen = new Set<string>();
    const faults = (await everything()).flatMap((delivery) => {
      const { event, action, payload } = delivery;
      seen.add(`${event}.${action ?? ''}`);
      const all = definitions.find((one) => one.name === event)?.examples;
      const same = (all ?? []).filter((one) => (one.action ?? null) === action);
      return missing(payload, same.length > 0 ? same : (all ?? [])).map(
        (fault) => `${event}.${action}${fault}`,
      );
    });
    expect(faults.filter((fault) => !ours.test(fault))).toEqual([]);
    expect([...seen].sort()).toEqual([
      'installation.deleted',
      'installation.suspend',
      'installation.unsuspend',
      'issue_comment.created',
      'issue_comment.deleted',
      'issue_comment.edited',
      'issues.closed',
      'issues.edited',
      'issues.labeled',
      'issues.opened',
      'issues.reopened',
      'issues.unlabeled',
      'ping.',
      'pull_request.closed',
      'pull_request.converted_to_draft',
      'pull_request.edited',
      'pull_request.opened',
      'pull_request.ready_for_review',
      'pull_request.review_requested',
      'pull_request.synchronize',
      'pull_request_review.submitted',
      'pull_request_review_comment.created',
      'push.',
      'repository.renamed',
      'repository.transferred',
    ]);
  });

  it('are signed over their exact bytes, with SHA-256 and the old SHA-1', async () => {
    hub.as('alice').openIssue(repo, { title: 'Ümläut ✓' });
    await hub.webhooks.settled();
    const [one] = heard;
    expect(await verify(secret, one?.body ?? '', one?.signature ?? '')).toBe(true);
    expect(await verify('another', one?.body ?? '', one?.signature ?? '')).toBe(false);
    expect(await sign(secret, hub.webhooks.log[0]?.body.toString() ?? '')).toBe(one?.signature);
    expect(one?.sha1).toMatch(/^sha1=[0-9a-f]{40}$/);
  });

  it('are held, and let go in another order', async () => {
    hub.webhooks.hold();
    const issue = hub.as('alice').openIssue(repo, { title: 'One' });
    hub.as('alice').comment(issue, 'two');
    await hub.webhooks.settled();
    expect(heard).toEqual([]);
    await hub.webhooks.release((waiting) => waiting.reverse());
    expect(heard.map(({ event }) => event)).toEqual(['issue_comment', 'issues']);
  });

  it('are sent again under the same id: in copies, by redelivery, and when the App asks', async () => {
    hub.webhooks.repeat(10);
    hub.as('alice').openIssue(repo, { title: 'One' });
    await hub.webhooks.settled();
    expect(heard).toHaveLength(10);
    await hub.webhooks.redeliver(heard[0]?.id ?? '');
    expect(heard).toHaveLength(11);
    const app = appOctokit(hub);
    const listed = await app.request('GET /app/hook/deliveries');
    const delivery_id = Number(listed.data[0]?.id);
    await app.request('POST /app/hook/deliveries/{delivery_id}/attempts', { delivery_id });
    await hub.webhooks.settled();
    expect(heard).toHaveLength(12);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(1);
    expect(new Set(heard.map(({ body }) => body)).size).toBe(1);
    expect(hub.webhooks.log[0]?.attempts.map(({ redelivery }) => redelivery)).toEqual([
      ...Array.from({ length: 10 }, () => false),
      true,
      true,
    ]);
  });

  it('that fail are logged and not repeated', async () => {
    status = 500;
    hub.as('alice').openIssue(repo, { title: 'One' });
    await hub.webhooks.settled();
    hub.webhooks.url = 'http://127.0.0.1:1/';
    hub.as('alice').openIssue(repo, { title: 'Two' });
    await hub.webhooks.settled();
    const attempts = hub.webhooks.log.map((one) => one.attempts.map((attempt) => attempt.status));
    expect(attempts).toEqual([[500], [null]]);
    expect(hub.webhooks.log[1]?.attempts[0]?.error).not.toBeNull();
  });

  it('are not sent for a repository our App is not installed on, or is suspended on', async () => {
    await hub.addRepository({ owner: 'other', name: 'thing', installed: false, people: { alice: 'admin' } });
    hub.as('alice').openIssue('other/thing', { title: 'One' });
    hub.suspendInstallation(repo);
    hub.as('alice').openIssue(repo, { title: 'Two' });
    expect(hub.webhooks.log.map(({ event }) => event)).toEqual(['installation']);
  });

  it('tell of a force-push and a deleted branch', async () => {
    const bob = hub.as('bob');
    const first = await bob.push(repo, 'work', { 'a.txt': 'a\n' });
    const second = await bob.push(repo, 'work', { 'a.txt': 'b\n' }, { force: true });
    await bob.deleteBranch(repo, 'work');
    expect(hub.webhooks.of('push').map(({ payload }) => payload)).toMatchObject([
      { created: true, forced: false, after: first, commits: [{ added: ['a.txt'] }] },
      { created: false, forced: true, before: first, after: second },
      { deleted: true, before: second, after: '0'.repeat(40), head_commit: null, commits: [] },
    ]);
  });
});
