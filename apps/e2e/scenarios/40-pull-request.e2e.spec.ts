import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@gatehouse/client';
import type { Job, Promotion } from '@gatehouse/contracts';
import { runCli } from '../src/built.cli.js';
import { startForge, until, type Forge } from '../src/forge.js';
import { scripted } from '../src/job.specs.js';
import { startPlane, untilPhase, type Plane } from '../src/plane.js';
import { runStack } from '../src/stack.js';
import { verifyPull } from '../src/verifier.js';

const widgets = 'acme/widgets';
// Says what it was told, so that a second attempt is seen to begin where the first one ended.
const script = 'printf "%s\\n" "${GATEHOUSE_FEEDBACK:-first}" >> notes.md; cat notes.md';

/** A forge stamps comments with whole seconds; one of the second in which a candidate came answers for an older one. */
const theNextSecond = (): Promise<void> => sleep(1_000 - (Date.now() % 1_000) + 50);

describe('a change of a repository on GitHub', () => {
  let forge: Forge;
  let plane: Plane;
  let ada: Client;
  let grace: Client;
  beforeAll(async () => {
    forge = await startForge();
    plane = await startPlane(forge.settings);
    forge.connect(plane.url);
    await forge.hub.addRepository({
      owner: 'acme',
      name: 'widgets',
      files: { 'README.md': 'hello\n' },
      people: { alice: 'write' },
    });
    ada = await plane.as('ada', 'requester');
    grace = await plane.as('grace', 'approver');
    await plane.admin.call('repositories.add', {
      body: { name: widgets, source: `${forge.hub.url}/${widgets}`, mode: 'live' },
      idempotencyKey: randomUUID(),
    });
  });
  afterAll(async () => {
    await plane?.stop();
    await forge?.stop();
  });

  const promotionOf = async ({ sessionId }: Job): Promise<Promotion> => {
    const { items } = await ada.call('promotions.list', { query: { sessionId, limit: 1 } });
    return items[0]!;
  };
  const submit = async (name: string, run = script): Promise<Job> => {
    const body = scripted(name, widgets, run, { promotion: { level: 'draft_pr', target: 'main' } });
    return ada.call('jobs.create', { body, idempotencyKey: randomUUID() });
  };
  const reviewed = (job: Job): Promise<Job> => untilPhase(ada, job.id, 'in_review');

  let job: Job;
  let first: Promotion;

  it('becomes a draft pull request of one branch, told in one comment and one check', async () => {
    job = await reviewed(await submit('notes'));
    expect(job).toMatchObject({ phase: 'in_review', endedAt: null });
    first = await promotionOf(job);
    expect(first).toMatchObject({ state: 'succeeded', level: 'draft_pr' });
    const { number, head } = first.pullRequest!;
    const { pull, title, body } = forge.hub.pull(widgets, number);
    expect([pull.draft, pull.base.ref, title]).toEqual([true, 'main', 'notes']);
    expect(body).toContain(first.candidateId);
    expect(await forge.git(widgets, 'rev-parse', first.result!.branch!)).toBe(head);
    expect(await forge.git(widgets, 'show', `${head}:notes.md`)).toBe('first');
    const { comments, checkRuns } = forge.hub.repository(widgets);
    await until('the comment and the check', () =>
      comments.size === 1 && checkRuns.size === 1 ? true : undefined,
    );
    expect([...checkRuns.values()][0]).toMatchObject({ headSha: head });
  });

  it('takes a wish of a reviewer as a further commit of the same pull request', async () => {
    const params = { id: job.sessionId };
    const stranger = await plane.as('mallory', 'requester');
    await expect(
      stranger.call('sessions.request_change', { params, body: { text: 'mine' } }),
    ).rejects.toMatchObject({ code: 'auth.forbidden' });
    await grace.call('sessions.request_change', { params, body: { text: 'second' } });
    const second = await until('the second commit', async () => {
      const promotion = await promotionOf(job);
      return promotion.id !== first.id && promotion.state === 'succeeded' ? promotion : undefined;
    });
    const { number, head } = second.pullRequest!;
    expect(number).toBe(first.pullRequest!.number);
    expect(forge.hub.pulls(widgets)).toHaveLength(1);
    expect(await forge.git(widgets, 'show', `${head}:notes.md`)).toBe('first\nsecond');
    expect(await forge.git(widgets, 'rev-parse', `${head}^`)).toBe(first.result!.commit);
    const history = await ada.call('sessions.events', { params, query: { limit: 1000 } });
    const types = history.items.map(({ type }) => type);
    expect(types.filter((type) => type === 'pull_request.opened')).toHaveLength(1);
    expect(types.filter((type) => type === 'pull_request.updated')).toHaveLength(1);
  });

  it('joins what others did to the target meanwhile, and is proven where only a clone is', async () => {
    const before = await promotionOf(job);
    const theirs = await forge.hub.as('alice').push(widgets, 'main', { 'other.txt': 'theirs\n' });
    await reviewed(job);
    await grace.call('sessions.request_change', { params: { id: job.sessionId }, body: { text: 'third' } });
    const third = await until('the third commit', async () => {
      const promotion = await promotionOf(job);
      return promotion.id !== before.id && promotion.state === 'succeeded' ? promotion : undefined;
    });
    const { number, head } = third.pullRequest!;
    const git = (...args: string[]) => forge.git(widgets, ...args);
    expect(await git('log', '-1', '--format=%P', head)).toBe(`${before.result!.commit} ${theirs}`);
    expect(await git('rev-list', '--count', `${head}..main`)).toBe('0');
    expect(await git('show', `${head}:other.txt`)).toBe('theirs');
    expect(await git('show', `${head}:notes.md`)).toBe('first\nsecond\nthird');
    expect(await git('diff', '--name-only', `main..${head}`)).toBe('notes.md');
    const { items } = await ada.call('keys.list', {});
    const proven = await until('its entry in the log', async () => {
      const ran = await verifyPull(forge.hub.repository(widgets).git.dir, number, items);
      return ran.stdout.includes('The log has no entry') ? undefined : ran;
    });
    expect(proven.stdout).toMatch(new RegExp(`^Proven: commit ${head} .*and in the promotion log$`, 'm'));
    expect(proven.code).toBe(0);
  });

  it('leaves the pull request as it is where a further attempt changes nothing', async () => {
    const before = await promotionOf(job);
    await reviewed(job);
    const quiet = await reviewed(await submit('quiet', 'test -f done.md || echo done > done.md'));
    const params = { id: quiet.sessionId };
    const published = (await promotionOf(quiet)).pullRequest!;
    await grace.call('sessions.request_change', { params, body: { text: 'nothing is left to do' } });
    const session = await until('the session at rest', async () => {
      const found = await ada.call('sessions.get', { params });
      return found.state === 'idle' && found.reason !== null ? found : undefined;
    });
    expect(session.reason?.message).toContain('as it was');
    expect((await promotionOf(quiet)).pullRequest).toMatchObject({ head: published.head, state: 'open' });
    expect((await promotionOf(job)).id).toBe(before.id);
    await ada.call('jobs.cancel', { params: { id: quiet.id }, body: {} });
    await until('the pull request of the cancelled job to be closed', () =>
      forge.hub.pull(widgets, published.number).state === 'closed' ? true : undefined,
    );
  });

  it('ends with the pull request, as people decided', async () => {
    const { number } = first.pullRequest!;
    const alice = forge.hub.as('alice');
    alice.readyForReview(forge.hub.pull(widgets, number));
    await alice.mergePull(forge.hub.pull(widgets, number));
    const ended = await untilPhase(ada, job.id, 'promoted');
    expect(ended).toMatchObject({ phase: 'promoted' });
    expect((await promotionOf(job)).pullRequest).toMatchObject({ state: 'merged' });
    const closed = await reviewed(await submit('unwanted', 'echo x > unwanted.md'));
    const unwanted = await promotionOf(closed);
    alice.closePull(forge.hub.pull(widgets, unwanted.pullRequest!.number));
    expect(await untilPhase(ada, closed.id, 'refused')).toMatchObject({
      phase: 'refused',
      reason: expect.stringContaining('closed and not merged'),
    });
  });

  describe('that is asked for on an issue there', () => {
    let asked: Job;
    const bob = () => forge.hub.as('bob');
    const jobOfIssue = (number: number) =>
      until('the job of the issue', async () => {
        const { items } = await ada.call('jobs.list', { query: { label: `issue=${number}`, limit: 10 } });
        return items[0];
      });

    beforeAll(async () => {
      forge.hub.addUser('bob', { permissions: { [widgets]: 'write' } });
      const { id } = await plane.enrol('bob', ['approver']);
      await plane.admin.call('identities.link', { params: { id }, body: { login: 'bob' } });
      await plane.admin.call('triggers.put', {
        query: {},
        body: {
          apiVersion: 'gatehouse.dev/v1',
          kind: 'Trigger',
          metadata: { name: 'run-label' },
          spec: {
            repository: widgets,
            on: { label: 'gatehouse:run' },
            job: {
              // A makefile is protected, so people are asked.
              agent: {
                adapter: 'command',
                command: ['sh', '-c', 'printf "%s:\\n\\ttrue\\n" "${GATEHOUSE_FEEDBACK:-all}" >> Makefile'],
              },
              promotion: { level: 'draft_pr', target: 'main' },
            },
          },
        },
      });
    });

    it('waits for an approval that its requester cannot give and a linked approver gives there', async () => {
      const alice = forge.hub.as('alice');
      const issue = alice.openIssue(widgets, { title: 'Add a makefile', body: 'With one target. @bob' });
      forge.hub.webhooks.repeat(10);
      alice.label(issue, 'gatehouse:run');
      asked = await jobOfIssue(issue.number);
      expect(asked.requestedBy.name).toBe('github.alice');
      await untilPhase(ada, asked.id, 'awaiting_approval');
      await theNextSecond();
      const { items } = await ada.call('jobs.list', { query: { label: `issue=${issue.number}`, limit: 10 } });
      expect(items).toHaveLength(1);
      alice.comment(issue, '/gatehouse approve');
      await forge.hub.webhooks.settled();
      bob().comment(issue, '/gatehouse approve looks right');
      expect(await reviewed(asked)).toMatchObject({ phase: 'in_review' });
      const { approvals, pullRequest } = await promotionOf(asked);
      expect(approvals.map(({ principal, answer }) => [principal.name, answer])).toEqual([
        ['bob', 'approve'],
      ]);
      const { body } = forge.hub.pull(widgets, pullRequest!.number);
      expect(body).toContain('```text\nAdd a makefile\n\nWith one target. @bob\n```');
    });

    it('goes on from a review comment, and ends with the merge', async () => {
      const before = await promotionOf(asked);
      const pull = forge.hub.pull(widgets, before.pullRequest!.number);
      await bob().reviewComment(pull, { path: 'Makefile', line: 1, body: '/gatehouse more' });
      const waiting = await until('the second candidate', async () => {
        const promotion = await promotionOf(asked);
        return promotion.id !== before.id && promotion.state === 'awaiting_approval' ? promotion : undefined;
      });
      expect(waiting.approvals).toEqual([]);
      await theNextSecond();
      // The delivery is lost, and the forge does not repeat it.
      forge.hub.webhooks.hold();
      bob().comment(pull, '/gatehouse approve');
      await forge.hub.webhooks.release(() => []);
      const second = await until('the second commit', async () => {
        const promotion = await promotionOf(asked);
        return promotion.state === 'succeeded' ? promotion : undefined;
      });
      expect(second.pullRequest?.number).toBe(pull.number);
      const text = await forge.git(widgets, 'show', `${second.result!.commit}:Makefile`);
      expect(text.split('\n').filter((line) => line.endsWith(':'))).toEqual(['all:', 'Makefile: more:']);
      bob().readyForReview(pull);
      await bob().mergePull(pull);
      expect(await untilPhase(ada, asked.id, 'promoted')).toMatchObject({ phase: 'promoted' });
    });
  });

  it('waits in a speculative lane until it passed on top of those before it', async () => {
    const { asked, ended } = await runStack(plane, { requester: ada, approver: grace });
    const bad = asked.findLast(({ jobName }) => jobName.endsWith('-price'))!;
    const good = asked.filter(({ id }) => id !== bad.id).map(({ id }) => id);
    expect(ended.map(({ id, reason }) => [id, reason?.code])).toEqual(
      asked.map(({ id }) => [id, id === bad.id ? 'promotion.stack_failed' : undefined]),
    );
    const { items } = await ada.call('lanes.list', { query: { repository: 'mill', target: 'main' } });
    const { window, rounds } = items[0]!.speculation!;
    const changes = rounds.toReversed().flatMap((round) => round.changes);
    const passed = changes.flatMap(({ promotionId, state }) => (state === 'passed' ? [promotionId] : []));
    expect(passed).toEqual(good);
    const windows = rounds.toReversed().map(({ windowBefore, windowAfter }) => [windowBefore, windowAfter]);
    const after = { passed: (size: number) => size + 1, failed: (size: number) => Math.floor(size / 2) };
    let size = 4;
    const expected = rounds.toReversed().map(({ state }) => {
      const before = size;
      size = state === 'passed' || state === 'failed' ? after[state](size) : size;
      return [before, size];
    });
    expect(windows).toEqual(expected);
    expect(window).toBe(size);
    const { stdout } = await runCli(['lane', 'show', 'mill', 'main'], { env: plane.env });
    expect(stdout).toContain(`speculative: ${window} at once in the next round`);
    expect(stdout).toContain(`${bad.id} ${bad.jobName} dropped`);
  });

  it('is made by following docs/github.md, from nothing to a label that becomes a job', async () => {
    const gadgets = 'acme/gadgets';
    const follow = async (heading: string): Promise<string> => forge.follow(heading, gadgets, plane.env);
    await forge.hub.addRepository({
      owner: 'acme',
      name: 'gadgets',
      files: { 'README.md': 'hello\n' },
      people: { rosa: 'write' },
    });
    expect(await follow('2. Start')).toContain('installed for acme with all it needs');
    await follow('3. Register the repository');
    expect(await follow('4. The first draft pull request')).toContain(`${forge.hub.url}/${gadgets}/pull/1`);
    await follow('5. Jobs from issues');
    await follow('6. Ask for changes');
    await follow('Webhooks');
    const headings = ['1. Make the App', '2. Start', '3. Register the repository'];
    headings.push('4. The first draft pull request', '5. Jobs from issues', '6. Ask for changes', 'Webhooks');
    expect(forge.headings).toEqual(headings);
    const rosa = forge.hub.as('rosa');
    rosa.label(rosa.openIssue(gadgets, { title: 'Crash on start' }), 'gatehouse:run');
    const pull = await until('the pull request of the issue', () =>
      forge.hub.pulls(gadgets).find(({ title }) => title === 'trigger-2'),
    );
    expect(await forge.git(gadgets, 'show', `${pull.pull.head.ref}:NOTES.md`)).toBe('Crash on start');
    expect(forge.hub.pulls(gadgets).map(({ pull: { draft } }) => draft)).toEqual([true, true]);
  });
});
