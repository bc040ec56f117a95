import { canMove, promotionStates, type Me, type Promotion } from '@gatehouse/contracts';

/** What a button may be: absent, usable, or visible with the reason why it is not usable. */
export type Answer = { readonly shown: false } | { readonly shown: true; readonly why: string | null };

export interface Allowed {
  readonly approve: Answer;
  readonly reject: Answer;
  readonly abort: Answer;
  readonly retry: Answer;
}

const hidden: Answer = { shown: false };
const shown = (why: string | null): Answer => ({ shown: true, why });

/** The buttons of a promotion, from its state table, from what the server would answer, and from the reader's rights. */
export const allowedOn = (promotion: Promotion, me: Me): Allowed => {
  const operates = me.permissions.includes('promotions:operate');
  const waits = promotion.state === 'awaiting_approval';
  const why = promotion.answerRefused?.message ?? null;
  return {
    approve: waits ? shown(why) : hidden,
    reject: waits ? shown(why) : hidden,
    abort: operates && canMove(promotionStates, promotion.state, 'aborted') ? shown(null) : hidden,
    retry:
      operates && promotion.state === 'errored' && canMove(promotionStates, promotion.state, 'pending')
        ? shown(null)
        : hidden,
  };
};

const order = ['awaiting_approval', 'errored', 'running', 'pending'];

/** The queue: what waits for me, then what waits for others, then what moves, then what is over; newest first. */
export const inQueue = (
  promotions: readonly Promotion[],
  waitsForMe: (promotion: Promotion) => boolean,
): Promotion[] => {
  const rank = (promotion: Promotion) => {
    if (waitsForMe(promotion)) return -1;
    const at = order.indexOf(promotion.state);
    return at === -1 ? order.length : at;
  };
  return promotions.toSorted((a, b) => rank(a) - rank(b) || (a.createdAt < b.createdAt ? 1 : -1));
};
