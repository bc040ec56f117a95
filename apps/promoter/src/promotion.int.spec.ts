import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { GatehouseError, laneStream, payloadOf } from '@gatehouse/contracts';
import { ensureLogins, grantRights } from '@gatehouse/database';
import { Changes, LedgerService } from '@gatehouse/ledger';
import { PromotionRunner, PromotionView, type PromotionEntity } from '@gatehouse/promotion';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

describe('promotion', () => {
  let plane: PromotionFixture;
  let mainBefore: string;

  beforeAll(async () => {
    plane = await PromotionFixture.start();
    mainBefore = plane.git('rev-parse', 'main');
  });
  afterEach(async () => {
    if (plane === undefined) return;
    plane.app.get(PromotionRunner).onPoint = undefined;
    await plane.query('DELETE FROM tasks');
    // Whatever happened, the target was not touched and no throwaway repository is left.
    expect(plane.git('rev-parse', 'main')).toBe(mainBefore);
    expect(readdirSync(join(plane.dir, 'data', 'quarantine'))).toEqual([]);
  });
  afterAll(() => plane?.stop());

  const branchesOf = ({ sessionId }: PromotionEntity): string[] =>
    plane
      .git('for-each-ref', '--format=%(refname:short)', `refs/heads/gatehouse/${sessionId.toLowerCase()}*`)
      .split('\n')
      .filter((line) => line !== '');
  const stateOf = async ({ id }: PromotionEntity) => {
    const { state, reason } = await plane.promotions.find(id);
    return [state, reason?.code ?? null];
  };
  const die = () => {
    throw new GatehouseError('task.claim_lost', 'killed');
  };

  it('is asked for with the rights that the engine has in the database, and no more', async () => {
    const prefix = `t${randomBytes(4).toString('hex')}`;
    const each = (word: string) => ({
      api: `${prefix}_api_${word}`,
      engine: `${prefix}_engine_${word}`,
      promoter: `${prefix}_promoter_${word}`,
    });
    const logins = each('login');
    const { dataSource } = plane.database;
    await ensureLogins(dataSource, logins, each('password'));
    await grantRights(dataSource, logins);
    try {
      expect(await stateOf(await plane.requested({ login: logins.engine }))).toEqual(['pending', null]);
      await expect(plane.requested({ login: logins.api })).rejects.toThrow(/permission denied/);
    } finally {
      for (const login of Object.values(logins)) {
        await dataSource.query(`drop owned by ${login}`);
        await dataSource.query(`drop role ${login}`);
      }
    }
  });

  it('publishes a branch on the base, with the tree that was judged, and says so', async () => {
    const row = await plane.requested({ title: 'Fix typo [skip ci]' });
    expect(await plane.waiting()).toEqual([`promotion.run:${row.id}`]);
    await plane.run(row.id);
    const done = await plane.promotions.find(row.id);
    expect(done).toMatchObject({ state: 'succeeded', level: 'branch', degradedBecause: null, reason: null });
    const { branch, commit, tree } = done.result!;
    expect(branchesOf(row)).toEqual([branch]);
    expect(plane.git('rev-parse', branch!, `${branch}^`, `${branch}^{tree}`).split('\n')).toEqual([
      commit,
      plane.base,
      tree,
    ]);
    expect(plane.git('show', `${branch}:README.md`)).toBe('the first line');
    expect(plane.git('log', '-1', '--format=%an <%ae> %cn <%ce> %at %ct', branch!)).toBe(
      'Gatehouse <gatehouse@localhost> Gatehouse <gatehouse@localhost> 1767323045 1767323045',
    );
    expect(plane.git('log', '-1', '--format=%s', branch!)).toBe('Fix typo');
    expect(plane.git('log', '-1', '--format=%(trailers:key=Gatehouse-Session,valueonly)', branch!)).toBe(
      row.sessionId,
    );
    const events = ['promotion.requested', 'pending → running', 'running → succeeded', 'promotion.published'];
    expect(await plane.events(row.sessionId)).toEqual(events);
    expect(await plane.events(laneStream(row.repositoryId, 'main'))).toEqual(events);
    // An auditor sees from the ledger alone why it was allowed, and which commit came of it.
    const { items } = await plane.app
      .get(LedgerService)
      .readPage(laneStream(row.repositoryId, 'main'), { after: 0, limit: 10 });
    const { verdictId, bindingDigest } = row;
    const { digest: policyDigest } = await plane.policy(row.repositoryId, {
      promotion: { approvals: { quorum: 0 } },
    });
    expect(payloadOf('promotion.requested', items[0]!)).toMatchObject({ verdictId, bindingDigest });
    expect(payloadOf('promotion.published', items.at(-1)!)).toMatchObject({
      ...{ verdictId, bindingDigest, policyDigest, branch, commit, tree },
      candidateId: row.candidateId,
      sessionId: row.sessionId,
    });
    expect(await plane.waiting()).toContain(`session.settle:${row.sessionId}`);
    // A task that comes a second time changes nothing.
    await plane.run(row.id);
    expect(await plane.events(row.sessionId)).toEqual(events);
  });

  it('lets a run that froze change nothing after another took over', async () => {
    const runner = plane.app.get(PromotionRunner);
    const row = await plane.requested();
    let thaw: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => {
      runner.onPoint = async (at) => {
        if (at !== 'published') return;
        runner.onPoint = undefined;
        resolve();
        await new Promise<void>((go) => (thaw = go));
      };
    });
    const first = plane.run(row.id);
    await frozen;
    await plane.run(row.id);
    const events = await plane.events(row.sessionId);
    thaw();
    await first;
    expect(await plane.events(row.sessionId)).toEqual(events);
    expect(events.at(-1)).toBe('promotion.published');
  });

  it('runs one promotion of a lane at a time, and the next when that one ends', async () => {
    const runner = plane.app.get(PromotionRunner);
    const repository = await plane.repository();
    const [first, second] = [await plane.requested({}, repository), await plane.requested({}, repository)];
    await plane.query('DELETE FROM tasks');
    runner.onPoint = (at) => (at === 'claimed' ? die() : undefined);
    await expect(plane.run(first.id)).rejects.toThrow('killed');
    runner.onPoint = undefined;
    await plane.run(second.id);
    expect(await stateOf(second)).toEqual(['pending', null]);
    await plane.run(first.id);
    expect(await plane.waiting()).toEqual([
      `promotion_log.export:${repository}:main`,
      `session.settle:${first.sessionId}`,
      `promotion.run:${second.id}`,
    ]);
    await plane.run(second.id);
    expect([await stateOf(first), await stateOf(second)]).toEqual([
      ['succeeded', null],
      ['succeeded', null],
    ]);
  });

  it('stores the patch of a staged repository and writes nothing', async () => {
    const row = await plane.requested({ mode: 'staged', quorum: 2 });
    await plane.run(row.id);
    const { state, level, degradedBecause, quorum, result } = await plane.promotions.find(row.id);
    expect({ state, level, quorum }).toEqual({ state: 'succeeded', level: 'patch', quorum: 0 });
    expect(degradedBecause).toContain('staged');
    expect(result).toMatchObject({ branch: null, commit: null });
    expect(branchesOf(row)).toEqual([]);
  });

  it.each([
    ['promotion.tree_mismatch', { tree: 'a'.repeat(40) }, () => Promise.resolve()],
    [
      'promotion.repository_staged',
      {},
      (row: PromotionEntity) =>
        plane.query(`UPDATE repositories SET mode = 'staged' WHERE id = $1`, [row.repositoryId]),
    ],
    [
      'promotion.verdict_changed',
      {},
      (row: PromotionEntity) =>
        plane.query(`UPDATE verdicts SET outcome = 'fail' WHERE id = $1`, [row.verdictId]),
    ],
    [
      'promotion.binding_changed',
      {},
      (row: PromotionEntity) =>
        plane.query(`UPDATE candidates SET base_tree = $2 WHERE id = $1`, [row.candidateId, 'b'.repeat(40)]),
    ],
    [
      'promotion.branch_moved',
      {},
      async (row: PromotionEntity) => {
        plane.git('branch', `gatehouse/${row.sessionId.toLowerCase()}-fix-typo`, 'main');
      },
    ],
  ] as const)('fails with %s and publishes nothing', async (code, wanted, spoil) => {
    const row = await plane.requested(wanted);
    await spoil(row);
    const before = branchesOf(row).map((branch) => plane.git('rev-parse', branch));
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['failed', code]);
    expect(branchesOf(row).map((branch) => plane.git('rev-parse', branch))).toEqual(before);
    expect(await plane.waiting()).toContain(`session.settle:${row.sessionId}`);
  });

  it('is judged again and publishes nothing where the policy changed after the verdict', async () => {
    const row = await plane.requested();
    await plane.policy(row.repositoryId, { forbiddenPaths: ['README.md'] });
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['discarded', 'policy.changed']);
    expect(branchesOf(row)).toEqual([]);
    const waiting = await plane.waiting();
    expect(waiting).toContain(`session.rejudge:${row.id}`);
    expect(waiting).not.toContain(`session.settle:${row.sessionId}`);
  });

  it('is errored while the repository cannot be read, gives the lane free, and gets through later', async () => {
    const row = await plane.requested();
    const away = `${plane.source}.away`;
    renameSync(plane.source, away);
    try {
      await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'git.failed', fault: 'outage' });
      expect(await stateOf(row)).toEqual(['errored', 'repository.url_refused']);
    } finally {
      renameSync(away, plane.source);
    }
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
    expect(existsSync(away)).toBe(false);
  });

  it('publishes nothing after the target moved on, and has the change brought onto its head', async () => {
    const row = await plane.requested();
    plane.git('commit', '--allow-empty', '-qm', 'meanwhile');
    mainBefore = plane.git('rev-parse', 'main');
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['discarded', 'promotion.target_moved']);
    expect(branchesOf(row)).toEqual([]);
    const waiting = await plane.waiting();
    expect(waiting).toContain(`session.rebase:${row.id}`);
    expect(waiting).not.toContain(`session.settle:${row.sessionId}`);
    plane.git('update-ref', 'refs/heads/main', plane.base);
    mainBefore = plane.base;
  });

  it('counts as published what was pushed before the target moved on', async () => {
    const row = await plane.requested();
    const runner = plane.app.get(PromotionRunner);
    runner.onPoint = (at) => {
      if (at === 'pushed') die();
    };
    await expect(plane.run(row.id)).rejects.toThrow('killed');
    runner.onPoint = undefined;
    plane.git('commit', '--allow-empty', '-qm', 'meanwhile');
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
    plane.git('update-ref', 'refs/heads/main', plane.base);
  });

  it('publishes nothing for a session that is over', async () => {
    const row = await plane.requested();
    await plane.query(`UPDATE sessions SET state = 'terminating' WHERE id = $1`, [row.sessionId]);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['aborted', 'session.ended']);
    expect(branchesOf(row)).toEqual([]);
  });

  it('can be aborted before it runs, retried where it is errored, and listed', async () => {
    const caller = { id: await plane.principal(), name: 'op' };
    const changes = plane.app.get(Changes);
    const row = await plane.requested();
    await expect(
      changes.run((change) => plane.promotions.retry(change, caller, row.id)),
    ).rejects.toMatchObject({
      code: 'promotion.state_conflict',
    });
    await changes.run((change) => plane.promotions.abort(change, caller, row.id, 'not now'));
    expect(await stateOf(row)).toEqual(['aborted', 'promotion.aborted']);
    const other = await plane.requested();
    expect(
      await changes.run((change) =>
        plane.promotions.cancelForSession(change, other.sessionId, caller.id, 'x'),
      ),
    ).toBe('aborted');
    expect(
      await changes.run((change) =>
        plane.promotions.cancelForSession(change, other.sessionId, caller.id, 'x'),
      ),
    ).toBe('none');
    const view = plane.app.get(PromotionView);
    const reader = { ...caller, kind: 'user', roles: [] } as const;
    const page = await view.page({ limit: 1, repository: other.repositoryId, state: 'aborted' }, reader);
    expect(page).toMatchObject({ items: [{ id: other.id }], next: null });
    const first = await view.page({ limit: 1 }, reader);
    const second = await view.page({ limit: 1, cursor: first.next! }, reader);
    expect([first.items[0]!.id, second.items[0]!.id]).toEqual([other.id, row.id]);
    expect((await plane.app.get(LedgerService).verifyStream(row.sessionId)).faults).toEqual([]);
  });
});
