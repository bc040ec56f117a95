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

/** Why this person may not answer; null where they may. The server decides, this only explains beforehand. */
const whyNotAnswer = (
  promotion: Promotion,
  me: Me,
  requesterId: string | undefined,
  now: number,
): string | null => {
  if (!me.permissions.includes('promotions:approve'))
    return `Approving needs the role approver; you have ${me.principal.roles.join(', ')}.`;
  if (me.principal.kind === 'agent') return 'An agent never approves.';
  if (requesterId === undefined) return 'Who asked for this change is still being read.';
  if (requesterId === me.principal.id)
    return 'You asked for this change. Nobody approves their own work, so somebody else has to.';
  const own = promotion.approvals.find(
    (approval) => approval.principal.id === me.principal.id && Date.parse(approval.expiresAt) > now,
  );
  return own === undefined
    ? null
    : `You have already answered: ${own.answer === 'approve' ? 'approved' : 'rejected'}.`;
};

/** The buttons of a promotion, from its state table and from what the reader may do. */
export const allowedOn = (
  promotion: Promotion,
  me: Me,
  requesterId: string | undefined,
  now: number,
): Allowed => {
  const operates = me.permissions.includes('promotions:operate');
  const waits = promotion.state === 'awaiting_approval';
  const why = whyNotAnswer(promotion, me, requesterId, now);
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

/** People whose approvals count now: expired ones do not. */
export const counted = (promotion: Promotion, now: number): number =>
  new Set(
    promotion.approvals
      .filter((approval) => approval.answer === 'approve' && Date.parse(approval.expiresAt) > now)
      .map(({ principal }) => principal.id),
  ).size;

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
