import 'reflect-metadata';
import { GatehouseError } from '@gatehouse/contracts';
import { LaneView, PromotionPreflight, PromotionRunner } from '@gatehouse/promotion';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

describe('what people see of lanes', () => {
  let plane: PromotionFixture;
  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(() => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    plane.git('update-ref', 'refs/heads/main', plane.base);
  });
  afterAll(() => plane?.stop());

  const against = async (id: string) => {
    const { ok, checks } = await plane.app.get(PromotionPreflight).check(id);
    const failed = checks.filter((check) => check.ok === false);
    expect(ok).toBe(failed.length === 0);
    for (const { fix } of failed) expect(fix).toMatch(/\w/);
    return failed.map(({ check }) => check);
  };

  it('is who runs, who is next, and why the others wait', async () => {
    const repository = await plane.repository();
    const [runs, next, then] = [
      await plane.requested({}, repository),
      await plane.requested({}, repository),
      await plane.requested({}, repository),
    ];
    plane.app.get(PromotionRunner).onPoint = () => {
      throw new GatehouseError('task.claim_lost', 'killed');
    };
    await expect(plane.run(runs.id)).rejects.toThrow('killed');
    const [lane, ...others] = await plane.app.get(LaneView).list({ repository });
    expect(others).toEqual([]);
    expect(lane).toMatchObject({
      ...{ repository, target: 'main', generation: 1 },
      running: { promotionId: runs.id, why: 'It is being published.', position: null },
      waiting: [
        { promotionId: next.id, position: 1, why: '1 goes before it.' },
        { promotionId: then.id, position: 2, why: '2 go before it.' },
      ],
    });
    expect(await plane.app.get(LaneView).list({ repository, target: 'other' })).toEqual([]);
    expect(await against(next.id)).toEqual(['lane']);
  });

  it('is each thing that stands against a promotion, and what to do', async () => {
    const row = await plane.requested();
    expect(await against(row.id)).toEqual([]);
    const asked = await plane.requested({ quorum: 2 });
    expect(await against(asked.id)).toEqual(['approvals']);
    await plane.policy(asked.repositoryId, { promotion: { approvals: { quorum: 3 } } });
    await plane.query(`UPDATE verdicts SET outcome = 'fail' WHERE session_id = $1`, [asked.sessionId]);
    await plane.query(`UPDATE repositories SET mode = 'staged' WHERE id = $1`, [asked.repositoryId]);
    await plane.query(`UPDATE sessions SET state = 'ended' WHERE id = $1`, [asked.sessionId]);
    plane.git('commit', '--allow-empty', '-qm', 'on');
    expect(await against(asked.id)).toEqual([
      ...['session', 'verdict', 'policy', 'approvals', 'repository', 'target'],
    ]);
    plane.git('branch', '-m', 'main', 'away');
    expect(await against(row.id)).toEqual(['target']);
    plane.git('branch', '-m', 'away', 'main');
    plane.git('update-ref', 'refs/heads/main', plane.base);
    await plane.run(row.id);
    expect(await against(row.id)).toEqual(['state']);
    const staged = await plane.requested({ mode: 'staged' });
    expect(await against(staged.id)).toEqual(['level']);
  });

  it('is the budget of reviewers, and that the forge is asked later', async () => {
    const repository = await plane.repository();
    await plane.query(`UPDATE repositories SET forge = 'github' WHERE id = $1`, [repository]);
    const row = await plane.requested({ level: 'draft_pr', budget: { openPullRequests: 0 } }, repository);
    expect(await against(row.id)).toEqual(['budget']);
    const { checks } = await plane.app.get(PromotionPreflight).check(row.id);
    expect(checks.find(({ check }) => check === 'forge')).toMatchObject({ ok: null, fix: null });
    await plane.run(row.id);
    const [lane] = await plane.app.get(LaneView).list({ repository });
    expect(lane!.waiting).toMatchObject([{ position: null, why: expect.stringMatching(/policy allows 0/) }]);
  });
});
