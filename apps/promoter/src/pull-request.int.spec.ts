import 'reflect-metadata';
import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeWriter } from '@gatehouse/forge';
import type { GitHub } from '@gatehouse/forge/testing';
import { Changes } from '@gatehouse/ledger';
import {
  forgeWriter,
  PromotionMover,
  PromotionRunner,
  promotionPoints,
  PullRequestService,
  PullRequestSync,
  PullRequestWatch,
  type PromotionEntity,
  type PromotionPoint,
} from '@gatehouse/promotion';
import {
  PlaneSettings,
  RepositoriesRepository,
  RepositoryService,
  SessionsRepository,
} from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { runAsAllowed, startBesideForge, widgets } from './forge.fixture.js';
import type { PromotionFixture } from './promotion.fixture.js';

/** `PROMOTION_KILLS=20` for a long look: so many kills at every point, and lost answers at every place. */
const times = Number(process.env['PROMOTION_KILLS'] ?? 1);
/** All of them in the soak's forge loop; here those between which something outside has changed. */
const points: readonly PromotionPoint[] =
  process.env['PROMOTION_KILLS'] === undefined ? ['claimed', 'pushed', 'published'] : promotionPoints;

describe('a draft pull request', () => {
  let hub: GitHub;
  let plane: PromotionFixture;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ hub, plane, stop } = await startBesideForge());
  });
  afterAll(() => stop?.());
  afterEach(() => {
    plane.app.get(PromotionRunner).onPoint = undefined;
  });

  const asked = (): Promise<PromotionEntity> => plane.requested({ level: 'draft_pr' });
  const ofSession = ({ sessionId }: PromotionEntity) =>
    hub.pulls(widgets).filter(({ pull }) => pull.head.ref.includes(sessionId.toLowerCase()));
  const branchesOf = async ({ sessionId }: PromotionEntity) =>
    [...(await hub.branches(widgets))].filter(([name]) => name.includes(sessionId.toLowerCase()));

  /** One branch and one draft with the commit that the promotion names, told once. */
  const expectOne = async (row: PromotionEntity): Promise<void> => {
    const { state, level, result, pullRequest } = await plane.promotions.find(row.id);
    expect([state, level]).toEqual(['succeeded', 'draft_pr']);
    expect(await branchesOf(row)).toEqual([[result?.branch, result?.commit]]);
    const pulls = ofSession(row);
    expect(pulls.map(({ number }) => number)).toEqual([pullRequest?.number]);
    expect(pulls[0]?.pull.draft).toBe(true);
    expect(pullRequest).toMatchObject({ head: result?.commit, state: 'open', draft: true, target: 'main' });
    const events = await plane.events(row.sessionId);
    expect(events.filter((event) => event === 'pull_request.opened')).toHaveLength(1);
  };

  it('holds the very commit, is a draft, and says what it proves', async () => {
    const row = await asked();
    await plane.run(row.id);
    await expectOne(row);
    const [pull] = ofSession(row);
    expect(pull?.title).toBe('Fix typo');
    expect(pull?.body).toContain('```text\nFix the typo\n```');
    expect(pull?.body).toContain(row.candidateId);
    expect(await plane.waiting()).toContain(
      `pull_request.sync:${(await plane.promotions.find(row.id)).pullRequest?.id}`,
    );
  });

  it('is written about once, however often it is brought up to date', async () => {
    const row = await asked();
    await plane.run(row.id);
    const { pullRequest, result } = await plane.promotions.find(row.id);
    const sync = plane.app.get(PullRequestSync);
    hub.faults.next({ match: { method: 'POST', path: /comments$/ }, do: 'do it, then cut the answer' });
    hub.faults.next({ match: { method: 'POST', path: /check-runs$/ }, do: 'do it, then cut the answer' });
    for (let i = 0; i < 4; i++) await sync.run(pullRequest!.id).catch(() => undefined);
    await sync.run(pullRequest!.id);
    const issue = hub.issue(widgets, pullRequest!.number);
    const { comments, checkRuns } = hub.repository(widgets);
    const said = [...comments.values()].filter((comment) => comment.issue === issue);
    expect(said.map(({ body }) => body)).toEqual([expect.stringContaining(result!.commit!)]);
    const checks = [...checkRuns.values()].filter(({ headSha }) => headSha === result!.commit);
    expect(checks).toHaveLength(1);
    expect(issue.labels.map(({ name }) => name)).toEqual(['gatehouse']);
    // What was lost shows after all, long after it was written again.
    const again = { ...said[0]!, id: hub.world.nextId() };
    comments.set(again.id, again);
    const run = { ...checks[0]!, id: hub.world.nextId() };
    checkRuns.set(run.id, run);
    await sync.run(pullRequest!.id);
    expect([...comments.values()].filter((comment) => comment.issue === issue)).toEqual(said);
    const conclusions = [...checkRuns.values()].flatMap(({ headSha, conclusion }) =>
      headSha === result!.commit ? [conclusion] : [],
    );
    expect(conclusions).toEqual(['neutral', 'success']);
    // Looked at once more, much later, after a write without an answer or by a run that was killed.
    const late = async () => {
      const rows = await plane.query<{ far: boolean }>(
        `DELETE FROM tasks WHERE dedupe_key = $1 RETURNING run_at > now() + interval '5 minutes' AS far`,
        [`pull_request.sync:${pullRequest!.id}:late`],
      );
      return JSON.stringify(rows.flat());
    };
    await late();
    for (const id of [again.id, said[0]!.id]) comments.delete(id);
    hub.faults.next({ match: { method: 'POST', path: /comments$/ }, do: 'cut before' });
    await expect(sync.run(pullRequest!.id)).rejects.toMatchObject({ code: 'forge.unavailable' });
    expect(await late()).toContain('"far":true');
    await sync.run(pullRequest!.id);
    expect(await late()).not.toContain('far');
    await sync.run(pullRequest!.id, 2);
    expect(await late()).toContain('"far":true');
  });

  it('is written about later where the forge does not show yet what was just made', async () => {
    const row = await asked();
    await plane.run(row.id);
    const { pullRequest } = await plane.promotions.find(row.id);
    const sync = plane.app.get(PullRequestSync);
    const hide = (method: string, path: RegExp, status: number) =>
      hub.faults.next({ match: { method, path }, do: { status, body: { message: 'No commit found' } } });
    hide('POST', /comments$/, 404);
    hide('GET', /check-runs$/, 404);
    // Retried as an outage is; a fault of the caller would end the task at once.
    const notShown = { fault: 'outage', code: 'forge.not_shown', isAway: false };
    await expect(sync.run(pullRequest!.id)).rejects.toMatchObject(notShown);
    hide('POST', /check-runs$/, 422);
    await expect(sync.run(pullRequest!.id)).rejects.toMatchObject(notShown);
    // What one of them stands against keeps none of the others back.
    const issue = hub.issue(widgets, pullRequest!.number);
    const { comments, checkRuns } = hub.repository(widgets);
    const checks = () => [...checkRuns.values()].filter(({ headSha }) => headSha === pullRequest!.head);
    expect([...comments.values()].filter((comment) => comment.issue === issue)).toHaveLength(1);
    expect([issue.labels.length, checks().length]).toEqual([1, 0]);
    await sync.run(pullRequest!.id);
    expect(checks()).toHaveLength(1);
    // What it hides for longer is asked for at each poll, and not oftener.
    const { app } = plane;
    const watch = new PullRequestWatch(
      app.get(PullRequestService),
      app.get(RepositoriesRepository),
      app.get(SessionsRepository),
      app.get(Changes),
      app.get(PromotionMover),
      app.get(PlaneSettings),
      app.get<ForgeWriter>(forgeWriter).reader,
    );
    const looks = async () =>
      (await plane.waiting()).filter((key) => key === `pull_request.look:${pullRequest!.id}`).length;
    await watch.poll(0);
    expect(await looks()).toBe(1);
    const hidden = hub.faults.next({
      match: { method: 'GET', path: /\/pulls\/\d+$/ },
      times: 9,
      do: { status: 404 },
    });
    await watch.look(pullRequest!.id);
    expect(hidden.hits).toBe(1);
    hidden.cancel();
    await plane.query(`DELETE FROM tasks WHERE type = 'pull_request.look'`);
    await watch.poll(60_000);
    expect(await looks()).toBe(0);
    expect((await plane.promotions.find(row.id)).pullRequest).toMatchObject({ state: 'open' });
  });

  it('is published with another credential where the last one was revoked', async () => {
    await plane.run((await asked()).id);
    const row = await plane.requested({ level: 'branch' });
    hub.revokeInstallationTokens(widgets);
    await plane.run(row.id).catch(() => undefined);
    await plane.run(row.id);
    expect(await plane.promotions.find(row.id)).toMatchObject({ state: 'succeeded', level: 'branch' });
  });

  it('waits for a forge or a git host that is out, and for neither once it was taken back', async () => {
    const caller = { id: await plane.principal(), name: 'op' };
    const out = { do: { status: 503 } };
    const told = async (row: PromotionEntity) => {
      const error = await plane.run(row.id).then(
        () => undefined,
        (thrown: unknown) => thrown as GatehouseError,
      );
      return [error?.code, error?.isAway, (await plane.promotions.find(row.id)).state];
    };
    const row = await asked();
    hub.faults.next({ match: { method: 'GET', path: /\/pulls$/ }, ...out });
    expect(await told(row)).toEqual(['forge.unavailable', true, 'errored']);
    hub.faults.next({ match: { git: 'push' }, times: 9, ...out });
    expect(await told(row)).toEqual(['git.unavailable', true, 'errored']);
    await plane.app.get(Changes).run((change) => plane.promotions.abort(change, caller, row.id, 'x'));
    expect(await told(row)).toEqual([undefined, undefined, 'aborted']);
    expect(await branchesOf(row)).toEqual([]);
    hub.faults.clear();
    const other = await asked();
    await plane.run(other.id);
    await expectOne(other);
  });

  const kills = Array.from({ length: times }, () => points).flat();
  it.each(kills)('killed at %s and run again, is there once', async (point) => {
    const row = await asked();
    plane.app.get(PromotionRunner).onPoint = (at) => {
      if (at === point) throw new GatehouseError('task.claim_lost', 'killed');
    };
    await expect(runAsAllowed(plane, row.id)).rejects.toThrow('killed');
    plane.app.get(PromotionRunner).onPoint = undefined;
    await runAsAllowed(plane, row.id);
    await expectOne(row);
  });

  const again = async (row: PromotionEntity): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await runAsAllowed(plane, row.id).catch(() => undefined);
      if ((await plane.promotions.find(row.id)).state === 'succeeded') return;
    }
  };
  const deeds = [
    'do it, then cut the answer',
    'cut before',
    'half answer',
    'garbage',
    { status: 502 },
  ] as const;
  const places = [
    ['the push', { git: 'push' }],
    ['the pull request', { method: 'POST', path: /\/pulls$/ }],
    ['the token', { method: 'POST', path: /access_tokens$/ }],
    ['the look for it', { method: 'GET', path: /\/pulls$/ }],
  ] as const;
  const lost = places.flatMap(([name, match]) =>
    Array.from({ length: times }, (_, i) => [name, deeds[i % deeds.length]!, match] as const),
  );
  it.each(lost)('is there once where at %s the forge answers %j', async (_, deed, match) => {
    const row = await asked();
    const fault = hub.faults.next({ match, do: deed });
    await again(row);
    fault.cancel();
    await expectOne(row);
  });

  it('is not made where one of the session was closed by a person', async () => {
    const row = await asked();
    plane.app.get(PromotionRunner).onPoint = (at) => {
      if (at === 'published') throw new GatehouseError('task.claim_lost', 'killed');
    };
    await expect(plane.run(row.id)).rejects.toThrow('killed');
    plane.app.get(PromotionRunner).onPoint = undefined;
    hub.as('alice').closePull(ofSession(row)[0]!);
    await plane.run(row.id);
    expect(await plane.promotions.find(row.id)).toMatchObject({
      state: 'failed',
      reason: { code: 'pull_request.closed' },
    });
    expect(ofSession(row)).toHaveLength(1);
  });

  it('is made where its repository went to, and never where another has its name by now', async () => {
    const row = await asked();
    await plane.query('UPDATE repositories SET forge_id = $2 WHERE id = $1', [
      ...[row.repositoryId, hub.repository(widgets).id],
    ]);
    hub.renameRepository(widgets, 'gears');
    await hub.addRepository({ owner: 'acme', name: 'widgets', files: { a: '' }, private: false });
    await expect(plane.run(row.id)).rejects.toThrow('forge.replaced');
    expect((await plane.promotions.find(row.id)).reason?.message).toContain('another repository');
    expect([...(await hub.branches(widgets)).keys()]).toEqual(['main']);
    // The engine is asked to look for it.
    expect(await plane.waiting()).toContain(`repository.fetch:${row.repositoryId}`);
    await plane.app.get(RepositoryService).refresh(row.repositoryId);
    await plane.run(row.id);
    const { result } = await plane.promotions.find(row.id);
    expect((await hub.branches('acme/gears')).get(result!.branch!)).toBe(result!.commit);
    expect([hub.pulls(widgets), [...(await hub.branches(widgets)).keys()]]).toEqual([[], ['main']]);
  });
});

describe('a repository without drafts', () => {
  it('gets neither a branch nor a pull request: the patch is stored', async () => {
    const { hub, plane, stop } = await startBesideForge({ drafts: false });
    try {
      const row = await plane.requested({ level: 'draft_pr' });
      await plane.run(row.id);
      const { state, level, degradedBecause, result } = await plane.promotions.find(row.id);
      expect([state, level, result?.branch, result?.commit]).toEqual(['succeeded', 'patch', null, null]);
      expect(degradedBecause).toContain('draft');
      expect(hub.pulls(widgets)).toEqual([]);
      expect([...(await hub.branches(widgets)).keys()]).toEqual(['main']);
    } finally {
      await stop();
    }
  });
});
