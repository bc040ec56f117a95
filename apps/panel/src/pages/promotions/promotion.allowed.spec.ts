import { describe, expect, it } from '@jest/globals';
import { promotionStates, statesOf, type Me, type Permission } from '@gatehouse/contracts';
import { aPromotion, requester } from '../../testing.js';
import { allowedOn, counted, inQueue } from './promotion.allowed.js';

const now = Date.parse('2026-01-01T01:00:00.000Z');
const later = '2026-01-02T00:00:00.000Z';
const earlier = '2026-01-01T00:30:00.000Z';
const me = (
  change: Partial<Me['principal']> = {},
  permissions: Permission[] = ['promotions:approve'],
): Me => ({
  principal: {
    id: 'prn_01K0000000000000000000000M',
    name: 'ada',
    kind: 'user',
    roles: ['approver'],
    disabled: false,
    createdAt: earlier,
    ...change,
  },
  permissions,
});
const waiting = aPromotion({ state: 'awaiting_approval', quorum: 1 });
const approval = (expiresAt: string, by = me().principal) => ({
  id: 'apr_01K00000000000000000000000',
  promotionId: waiting.id,
  principal: { id: by.id, name: by.name },
  answer: 'approve' as const,
  reason: '',
  createdAt: earlier,
  expiresAt,
});

describe('allowedOn', () => {
  it('lets an approver answer what somebody else asked for', () => {
    const { approve, reject } = allowedOn(waiting, me(), requester.id, now);
    expect([approve, reject]).toEqual([
      { shown: true, why: null },
      { shown: true, why: null },
    ]);
  });

  it('tells the requester that nobody approves their own work', () => {
    const { approve } = allowedOn(waiting, me({ id: requester.id }), requester.id, now);
    expect(approve).toMatchObject({ shown: true, why: expect.stringMatching(/own work/) });
  });

  it('stays closed while it does not know who asked', () => {
    expect(allowedOn(waiting, me(), undefined, now).approve).toMatchObject({ why: expect.any(String) });
  });

  it('refuses agents and people without the permission, each with the reason', () => {
    expect(allowedOn(waiting, me({ kind: 'agent' }), requester.id, now).approve).toMatchObject({
      why: expect.stringMatching(/agent/i),
    });
    expect(allowedOn(waiting, me({ roles: ['viewer'] }, []), requester.id, now).approve).toMatchObject({
      why: expect.stringMatching(/viewer/),
    });
  });

  it('takes one answer of each person, until it expires', () => {
    const given = aPromotion({ ...waiting, quorum: 2, approvals: [approval(later)] });
    expect(allowedOn(given, me(), requester.id, now).approve).toMatchObject({ why: expect.any(String) });
    const over = aPromotion({ ...waiting, quorum: 2, approvals: [approval(earlier)] });
    expect(allowedOn(over, me(), requester.id, now).approve).toEqual({ shown: true, why: null });
    expect([counted(given, now), counted(over, now)]).toEqual([1, 0]);
  });

  it('shows abort and retry exactly where the state table has the move', () => {
    const operator = me({}, ['promotions:operate']);
    const shown = (key: 'abort' | 'retry') =>
      statesOf(promotionStates).filter(
        (state) => allowedOn(aPromotion({ state }), operator, requester.id, now)[key].shown,
      );
    expect(shown('abort')).toEqual(['pending', 'awaiting_approval']);
    expect(shown('retry')).toEqual(['errored']);
    expect(allowedOn(aPromotion({ state: 'errored' }), me(), requester.id, now).retry.shown).toBe(false);
  });
});

describe('inQueue', () => {
  it('puts what waits for me first, then what waits, then what moves, then what is over', () => {
    const of = (state: Parameters<typeof aPromotion>[0] & object, id: string) => aPromotion({ ...state, id });
    const over = of({ state: 'succeeded' }, 'over');
    const moving = of({ state: 'running' }, 'moving');
    const others = of({ state: 'awaiting_approval' }, 'others');
    const mine = of({ state: 'awaiting_approval', createdAt: '2025-01-01T00:00:00.000Z' }, 'mine');
    const queue = inQueue([over, moving, others, mine], (promotion) => promotion.id === 'mine');
    expect(queue.map((promotion) => promotion.id)).toEqual(['mine', 'others', 'moving', 'over']);
  });
});
