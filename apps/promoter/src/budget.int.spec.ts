import 'reflect-metadata';
import { GatehouseError } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { LaneService, PromotionRunner, PullRequestService, type PromotionEntity } from '@gatehouse/promotion';
import { newId } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture, type Wanted } from './promotion.fixture.js';

describe('a lane', () => {
  let plane: PromotionFixture;
  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(async () => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    await plane.query('DELETE FROM tasks');
  });
  afterAll(() => plane?.stop());

  const stateOf = async ({ id }: Pick<PromotionEntity, 'id'>) => {
    const { state, reason } = await plane.promotions.find(id);
    return [state, reason?.code ?? null];
  };
  const onForge = async (): Promise<string> => {
    const id = await plane.repository();
    await plane.query(`UPDATE repositories SET forge = 'github' WHERE id = $1`, [id]);
    return id;
  };
  /** This process is connected to no forge: what has a place in the budget gets as far as that. */
  const goes = async (row: Pick<PromotionEntity, 'id'>): Promise<void> => {
    await expect(plane.run(row.id)).rejects.toThrow('forge.unauthorized');
    expect(await stateOf(row)).toEqual(['errored', 'forge.unauthorized']);
  };
  const waits = async (row: Pick<PromotionEntity, 'id'>): Promise<void> => {
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['pending', 'promotion.budget']);
  };
  /** A pull request of a promotion that was published before. */
  const opened = async (repository: string, requester?: string): Promise<string> => {
    const row = await plane.requested({ ...(requester !== undefined && { requester }) }, repository);
    await plane.query(`UPDATE promotions SET state = 'aborted' WHERE id = $1`, [row.id]);
    const id = newId('pullRequest');
    await plane.query(
      `INSERT INTO pull_requests (id, session_id, repository_id, promotion_id, number, url, branch, target, head, state, draft)
       VALUES ($1, $2, $3, $4, (SELECT count(*) + 1 FROM pull_requests), 'u', 'b', 'main', $5, 'open', true)`,
      [id, row.sessionId, repository, row.id, plane.base],
    );
    return id;
  };
  const close = (id: string): Promise<unknown> =>
    plane.app.get(Changes).run(async (change) => {
      const pulls = plane.app.get(PullRequestService);
      const row = await pulls.rows.find(id, change.manager);
      return pulls.see(change, row!, { state: 'closed', draft: true, mergedCommit: null }, null);
    });
  const request = (repository: string, wanted: Wanted = {}) =>
    plane.requested({ level: 'draft_pr', ...wanted }, repository);

  it('gives way to the oldest that may go, whoever asks', async () => {
    const repository = await plane.repository();
    const rows = [];
    for (let i = 0; i < 3; i += 1) rows.push(await plane.requested({}, repository));
    const [first, second, third] = rows as [PromotionEntity, PromotionEntity, PromotionEntity];
    await plane.run(third.id);
    expect(await stateOf(third)).toEqual(['pending', null]);
    await plane.run(second.id);
    await plane.run(first.id);
    expect(await Promise.all(rows.map(stateOf))).toEqual([
      ['succeeded', null],
      ['pending', null],
      ['pending', null],
    ]);
    expect(await plane.waiting()).toContain(`promotion.run:${second.id}`);
    // What is errored, or waits for people, holds nobody up.
    await plane.query(`UPDATE promotions SET state = 'errored' WHERE id = $1`, [second.id]);
    await plane.run(third.id);
    expect(await stateOf(third)).toEqual(['succeeded', null]);
  });

  it('leaves its place to whoever gave way to it, where it is taken back before it runs', async () => {
    const repository = await plane.repository();
    const [first, second] = [await plane.requested({}, repository), await plane.requested({}, repository)];
    await plane.run(second.id);
    expect(await stateOf(second)).toEqual(['pending', null]);
    await plane.query(`UPDATE tasks SET state = 'done', finished_at = now() WHERE type = 'promotion.run'`);
    const caller = { id: await plane.principal(), kind: 'user', name: 'ann', roles: ['admin'] } as const;
    await plane.app.get(Changes).run((change) => plane.promotions.abort(change, caller, first.id, 'not now'));
    expect(await plane.waiting()).toContain(`promotion.run:${second.id}`);
  });

  it('holds back the sixth pull request of a repository until one is closed, and lets others go', async () => {
    const repository = await onForge();
    const open: string[] = [];
    for (let i = 0; i < 5; i += 1) open.push(await opened(repository));
    const [held, next] = [await request(repository), await request(repository)];
    const branch = await plane.requested({}, repository);
    await waits(held);
    await waits(next);
    expect((await plane.promotions.find(held.id)).reason?.message).toMatch(
      /^5 draft pull requests of .* are open, and policy allows 5\./,
    );
    await goes(branch);
    await plane.query('DELETE FROM tasks');
    await close(open[0]!);
    expect(await plane.waiting()).toContain(`promotion.run:${held.id}`);
    expect(await plane.waiting()).not.toContain(`promotion.run:${next.id}`);
    await goes(held);
    // It passes the word on; by then there is no place again.
    expect(await plane.waiting()).toContain(`promotion.run:${next.id}`);
    await opened(repository);
    await waits(next);
  });

  it('holds back the fourth of an hour for one requester, under whatever name, in whatever repository, until the hour is over', async () => {
    const [one, other] = [await onForge(), await onForge()];
    const [requester, account] = [await plane.principal(), await plane.principal()];
    await plane.query('UPDATE principals SET stands_for = $2 WHERE id = $1', [account, requester]);
    for (const name of [requester, account, requester]) await opened(one, name);
    const row = await request(other, { requester });
    await waits(row);
    await goes(await request(other));
    await plane.query(`UPDATE pull_requests SET opened_at = now() - interval '61 minutes'`);
    await plane.query('DELETE FROM tasks');
    const sweep = () => plane.app.get(LaneService).sweep({ waitMs: 1e9, askAgainMs: 30_000 });
    await sweep();
    expect(await plane.waiting()).toEqual([]);
    await plane.query(`UPDATE promotions SET updated_at = now() - interval '31 s' WHERE id = $1`, [row.id]);
    await sweep();
    expect(await plane.waiting()).toEqual([`promotion.run:${row.id}`]);
    await goes(row);
  });

  it.each(['openPullRequests', 'requestsPerHour'] as const)(
    'obeys promotion.%s of a policy',
    async (name) => {
      await waits(await request(await onForge(), { budget: { [name]: 0 } }));
    },
  );

  it('asks nothing of a session whose pull request is open already', async () => {
    const repository = await onForge();
    const row = await request(repository, { budget: { openPullRequests: 1 } });
    const id = await opened(repository);
    await plane.query('UPDATE pull_requests SET session_id = $2 WHERE id = $1', [id, row.sessionId]);
    await plane.policy(repository, { promotion: { openPullRequests: 1, approvals: { quorum: 0 } } });
    await goes(row);
  });

  it('gives the last place to one of two lanes that race for it', async () => {
    const repository = await onForge();
    plane.git('branch', '-f', 'release', 'main');
    const budget = { openPullRequests: 1 };
    const rows = [
      await request(repository, { budget }),
      await request(repository, { budget, target: 'release' }),
    ];
    const runner = plane.app.get(PromotionRunner);
    let claimed = 0;
    runner.onPoint = async (at) => {
      if (at !== 'claimed') return;
      claimed += 1;
      // Until the other one has asked too.
      await plane.query('SELECT pg_sleep(0.3)');
      throw new GatehouseError('task.claim_lost', 'killed');
    };
    await Promise.allSettled(rows.map(({ id }) => plane.run(id)));
    expect(claimed).toBe(1);
    expect((await Promise.all(rows.map(stateOf))).sort()).toEqual([
      ['pending', 'promotion.budget'],
      ['running', null],
    ]);
  });

  it('takes back what nobody answered', async () => {
    const row = await plane.requested({ quorum: 1 });
    const sweep = () => plane.app.get(LaneService).sweep({ waitMs: 604_800_000, askAgainMs: 30_000 });
    await sweep();
    expect(await stateOf(row)).toEqual(['awaiting_approval', null]);
    await plane.query(`UPDATE promotions SET updated_at = now() - interval '8 days' WHERE id = $1`, [row.id]);
    await sweep();
    expect(await stateOf(row)).toEqual(['aborted', 'promotion.expired']);
    expect((await plane.promotions.find(row.id)).reason?.message).toMatch(/^Nobody answered for 7 days/);
    expect(await plane.waiting()).toContain(`session.settle:${row.sessionId}`);
  });
});
