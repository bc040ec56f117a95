import 'reflect-metadata';
import { GatehouseError } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import {
  PromotionPublisher,
  PromotionRunner,
  PromotionView,
  type PromotionEntity,
  type PromotionPoint,
} from '@gatehouse/promotion';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

interface Names {
  readonly account: string;
  readonly person: string;
}

describe('approvals', () => {
  let plane: PromotionFixture;

  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(() => plane?.query('DELETE FROM tasks'));
  afterAll(() => plane?.stop());

  const stateOf = async ({ id }: PromotionEntity) => {
    const { state, reason } = await plane.promotions.find(id);
    return [state, reason?.code ?? null];
  };
  const answer = async (
    row: PromotionEntity,
    id: string,
    given: { answer?: 'approve' | 'reject'; reason?: string; candidateId?: string; kind?: 'agent' } = {},
  ) => {
    const { kind, ...rest } = given;
    const caller = { id, name: 'x', kind: kind ?? ('user' as const), roles: ['approver' as const] };
    await plane.app
      .get(Changes)
      .run((change) =>
        plane.promotions.answer(change, caller, row.id, { answer: 'approve', reason: '', ...rest }),
      );
  };

  /** What would refuse an answer, as it is shown; tried besides where something would. */
  const refused = async (row: PromotionEntity, id: string, kind: 'user' | 'agent' = 'user') => {
    const reader = { id, name: 'x', kind, roles: ['approver' as const] };
    const { answerRefused } = await plane.app.get(PromotionView).find(row.id, reader);
    if (answerRefused !== null)
      await expect(answer(row, id, kind === 'agent' ? { kind } : {})).rejects.toMatchObject(answerRefused);
    return answerRefused?.code ?? null;
  };

  it('put a promotion into its lane when there are enough, of other people', async () => {
    const row = await plane.requested({ quorum: 2 });
    expect(await plane.waiting()).toEqual([]);
    const [{ requested_by: requester }] = (await plane.query<{ requested_by: string }>(
      'SELECT j.requested_by FROM jobs j JOIN sessions s ON s.job_id = j.id WHERE s.id = $1',
      [row.sessionId],
    )) as [{ requested_by: string }];
    const [one, two, agent] = [
      await plane.principal(),
      await plane.principal(),
      await plane.principal('agent'),
    ];
    await expect(answer(row, requester)).rejects.toMatchObject({ code: 'approval.own_work' });
    await expect(answer(row, agent, { kind: 'agent' })).rejects.toMatchObject({
      code: 'approval.own_work',
    });
    await expect(answer(row, one, { candidateId: `cnd_${'0'.repeat(64)}` })).rejects.toMatchObject({
      code: 'promotion.state_conflict',
    });
    expect([await refused(row, requester), await refused(row, agent, 'agent')]).toEqual([
      'approval.own_work',
      'approval.own_work',
    ]);
    expect(await refused(row, one)).toBe(null);
    await answer(row, one);
    expect([await refused(row, one), await refused(row, two)]).toEqual(['approval.already_given', null]);
    await expect(answer(row, one)).rejects.toMatchObject({ code: 'approval.already_given' });
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', null]);
    await answer(row, two, { reason: 'good', candidateId: row.candidateId });
    expect(await plane.waiting()).toEqual([`promotion.run:${row.id}`]);
    expect(await refused(row, two)).toBe('approval.not_waiting');
    await plane.run(row.id);
    const done = await plane.promotions.find(row.id);
    expect(done.state).toBe('succeeded');
    expect(done.approvals.map(({ principal, reason }) => [principal.id, reason])).toEqual([
      [one, ''],
      [two, 'good'],
    ]);
  });

  it('are refused beforehand where the policy in force forbids them', async () => {
    const row = await plane.requested({ quorum: 1 });
    const one = await plane.principal();
    expect(await refused(row, one)).toBe(null);
    await plane.policy(row.repositoryId, {
      rules: [{ id: 'nobody', effect: 'forbid', actions: ['approval.give'] }],
    });
    expect(await refused(row, one)).toBe('policy.denied');
  });

  it('count only as long as their giver may approve, and are counted where people look', async () => {
    const row = await plane.requested({ quorum: 1 });
    const [one, two] = [await plane.principal(), await plane.principal()];
    const seen = async () => {
      const { quorum, approvalsGiven, jobName, requestedBy } = await plane.promotions.find(row.id);
      return [quorum, approvalsGiven, jobName, requestedBy.name === requestedBy.id.toLowerCase()];
    };
    expect(await seen()).toEqual([1, 0, 'fix-typo', true]);
    await answer(row, one);
    expect(await seen()).toEqual([1, 1, 'fix-typo', true]);
    await plane.query(`UPDATE principals SET roles = '{viewer}' WHERE id = $1`, [one]);
    expect(await seen()).toEqual([1, 0, 'fix-typo', true]);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
    await answer(row, two);
    await plane.query('UPDATE principals SET disabled = true WHERE id = $1', [two]);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
  });

  it.each([
    ['to something else', `binding_digest = 'other'`],
    [
      'by who asked for the job',
      `principal_id = (SELECT j.requested_by FROM promotions m JOIN sessions s ON s.id = m.session_id
                       JOIN jobs j ON j.id = s.job_id WHERE m.id = $1)`,
    ],
  ])('given %s do not count, however they came to be there', async (_, change) => {
    const row = await plane.requested({ quorum: 1 });
    await answer(row, await plane.principal());
    await plane.query(`UPDATE approvals SET ${change} WHERE promotion_id = $1`, [row.id]);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
  });

  describe('of one person under two names', () => {
    const twoNames = async () => {
      const [account, person] = [await plane.principal(), await plane.principal()];
      const link = () =>
        plane.query('UPDATE principals SET stands_for = $2 WHERE id = $1', [account, person]);
      return { account, person, link };
    };

    it.each([
      ['the person what the account', ({ account, person }: Names) => [account, person] as const],
      ['the account what the person', ({ account, person }: Names) => [person, account] as const],
    ])('do not count: %s asked for', async (_, of) => {
      const names = await twoNames();
      const [requester, approver] = of(names);
      const [row, other] = [
        await plane.requested({ quorum: 1, requester }),
        await plane.requested({ quorum: 1, requester }),
      ];
      await answer(row, approver);
      await names.link();
      expect((await plane.promotions.find(row.id)).approvalsGiven).toBe(0);
      await plane.run(row.id);
      expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
      expect(await refused(other, approver)).toBe('approval.own_work');
      expect(await refused(other, await plane.principal())).toBe(null);
    });

    it('are one', async () => {
      const { account, person, link } = await twoNames();
      const row = await plane.requested({ quorum: 2 });
      await answer(row, account);
      await answer(row, person);
      await link();
      expect((await plane.promotions.find(row.id)).approvalsGiven).toBe(1);
      await plane.run(row.id);
      expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
      await answer(row, await plane.principal());
      await plane.run(row.id);
      expect(await stateOf(row)).toEqual(['succeeded', null]);
    });
  });

  it('of one who rejects end it', async () => {
    const row = await plane.requested({ quorum: 1 });
    await answer(row, await plane.principal(), { answer: 'reject', reason: 'no' });
    expect(await stateOf(row)).toEqual(['aborted', 'approval.rejected']);
    expect(await plane.waiting()).toEqual([`session.settle:${row.sessionId}`]);
  });

  it('that run out in the lane are asked for again, and given again by the same person', async () => {
    const row = await plane.requested({ quorum: 1 });
    const one = await plane.principal();
    await answer(row, one);
    await plane.query(`UPDATE approvals SET expires_at = now() - interval '1 s' WHERE promotion_id = $1`, [
      row.id,
    ]);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
    await answer(row, one);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
  });

  it('that fall in the moment before the proof are asked for again, and one that counts again is proven', async () => {
    const row = await plane.requested({ quorum: 1 });
    const [first, second] = [await plane.principal(), await plane.principal()];
    type Lapse = { readonly lapse: { of(...asked: unknown[]): Promise<unknown> } };
    const { lapse } = plane.app.get(PromotionPublisher) as unknown as Lapse;
    const look = lapse.of.bind(lapse);
    const looks = jest.spyOn(lapse, 'of');
    const roles = (id: string, given: string) =>
      plane.query('UPDATE principals SET roles = $2 WHERE id = $1', [id, given]);
    const fallsAfter = (id: string) =>
      looks.mockImplementationOnce(async (...asked) => {
        const found = await look(...asked);
        await roles(id, '{}');
        return found;
      });
    await answer(row, first);
    fallsAfter(first);
    await expect(plane.run(row.id)).rejects.toThrow('Only 0 of 1 approvals still count.');
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
    await answer(row, second);
    fallsAfter(second).mockImplementationOnce(async (...asked) => {
      await roles(second, '{approver}');
      return look(...asked);
    });
    await plane.run(row.id);
    looks.mockRestore();
    expect(await stateOf(row)).toEqual(['succeeded', null]);
  });

  describe('and the policy, of a run that died with its lane', () => {
    const runner = () => plane.app.get(PromotionRunner);
    afterEach(() => {
      runner().onPoint = undefined;
    });
    const approved = async () => {
      const row = await plane.requested({ quorum: 1 });
      const who = await plane.principal();
      await answer(row, who);
      return { row, who };
    };
    const dies = async (row: PromotionEntity, point: PromotionPoint): Promise<void> => {
      runner().onPoint = (at) => {
        if (at === point) throw new GatehouseError('task.claim_lost', 'killed');
      };
      await expect(plane.run(row.id)).rejects.toThrow('killed');
      runner().onPoint = undefined;
    };
    const branchOf = ({ sessionId }: PromotionEntity) =>
      plane.git('for-each-ref', `refs/heads/gatehouse/${sessionId.toLowerCase()}*`);
    const runOut = ({ id }: PromotionEntity) =>
      plane.query(`UPDATE approvals SET expires_at = now() WHERE promotion_id = $1`, [id]);
    const changed = ({ repositoryId }: PromotionEntity) =>
      plane.policy(repositoryId, { promotion: { approvals: { quorum: 2 } } });

    it.each<PromotionPoint>(['claimed', 'proven'])(
      'are looked at once more by who takes over from one that died at %s',
      async (point) => {
        const { row, who } = await approved();
        await dies(row, point);
        await runOut(row);
        await expect(plane.run(row.id)).rejects.toThrow('approval.expired');
        await plane.run(row.id);
        expect(await stateOf(row)).toEqual(['awaiting_approval', 'approval.expired']);
        expect(branchOf(row)).toBe('');
        await answer(row, who);
        await plane.run(row.id);
        expect(await stateOf(row)).toEqual(['succeeded', null]);

        const other = (await approved()).row;
        await dies(other, point);
        await changed(other);
        await plane.run(other.id);
        expect(await stateOf(other)).toEqual(['discarded', 'policy.changed']);
        expect(branchOf(other)).toBe('');
        expect(await plane.waiting()).toContain(`session.rejudge:${other.id}`);
      },
    );

    it('take nothing back that it had published', async () => {
      const { row } = await approved();
      await dies(row, 'pushed');
      await runOut(row);
      await changed(row);
      await plane.run(row.id);
      expect(await stateOf(row)).toEqual(['succeeded', null]);
    });
  });
});
