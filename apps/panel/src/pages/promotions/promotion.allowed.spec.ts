import { describe, expect, it } from '@jest/globals';
import { promotionStates, statesOf, type Me, type Permission } from '@gatehouse/contracts';
import { aPromotion } from '../../testing.js';
import { allowedOn, inQueue } from './promotion.allowed.js';

const me = (permissions: Permission[] = ['promotions:approve']): Me => ({
  principal: {
    id: 'prn_01K0000000000000000000000M',
    name: 'ada',
    kind: 'user',
    roles: ['approver'],
    disabled: false,
    createdAt: '2026-01-01T00:30:00.000Z',
  },
  permissions,
});
const waiting = aPromotion({ state: 'awaiting_approval', quorum: 1 });

describe('allowedOn', () => {
  it('lets an approver answer where the server would take it', () => {
    const { approve, reject } = allowedOn(waiting, me());
    expect([approve, reject]).toEqual([
      { shown: true, why: null },
      { shown: true, why: null },
    ]);
  });

  it('has the words of the server where it would refuse, whoever that is for', () => {
    const message = 'You asked for this job, under this name or another.';
    const own = aPromotion({ ...waiting, answerRefused: { code: 'approval.own_work', message } });
    const { approve, reject } = allowedOn(own, me());
    expect([approve, reject]).toEqual([
      { shown: true, why: message },
      { shown: true, why: message },
    ]);
  });

  it('shows no answer on what waits for nobody', () => {
    const states = statesOf(promotionStates).filter(
      (state) => allowedOn(aPromotion({ state }), me()).approve.shown,
    );
    expect(states).toEqual(['awaiting_approval']);
  });

  it('shows abort and retry exactly where the state table has the move', () => {
    const operator = me(['promotions:operate']);
    const shown = (key: 'abort' | 'retry') =>
      statesOf(promotionStates).filter((state) => allowedOn(aPromotion({ state }), operator)[key].shown);
    expect(shown('abort')).toEqual(['pending', 'awaiting_approval']);
    expect(shown('retry')).toEqual(['errored']);
    expect(allowedOn(aPromotion({ state: 'errored' }), me()).retry.shown).toBe(false);
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
