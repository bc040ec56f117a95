import { saidOf } from './proof.history.js';
import { personOf, type Predicate } from './statement.js';

type Given = Predicate['approvals']['given'][number];

/** Instants of events have microseconds, others milliseconds; the shorter text of the two is compared. */
const isAfter = (one: string, other: string): boolean => {
  const digits = Math.min(one.length, other.length) - 1;
  return one.slice(0, digits) > other.slice(0, digits);
};

const faultOf = ({ principal, at, expiresAt, bindingDigest }: Given, predicate: Predicate) => {
  const { job, approvals, promotion, history } = predicate;
  const who = `${principal.name} (${principal.id})`;
  if (personOf(principal) === personOf(job.requestedBy))
    return `${who} approved it and had asked for the job.`;
  if (principal.kind === 'agent' || principal.kind === 'worker')
    return `${who} approved it and is no person: kind ${principal.kind}.`;
  if (bindingDigest !== approvals.bindingDigest)
    return `${who} approved something else: another repository, target, level, tree or policy.`;
  if (!isAfter(expiresAt, promotion.at))
    return `The approval of ${who} had run out at ${expiresAt}, before it was published at ${promotion.at}.`;
  if (isAfter(at, promotion.at))
    return `${who} approved at ${at}, after it was published at ${promotion.at}.`;
  // Of an earlier promotion of the session it holds too, where that was about just the same.
  const same = saidOf(history.session, 'approval.answered').filter(
    ({ payload }) => payload.bindingDigest === bindingDigest,
  );
  const rejected = same.findLast(({ payload }) => payload.answer === 'reject')?.event.seq ?? 0;
  const isKnown = same.some(
    ({ event, payload }) =>
      event.actor === principal.id &&
      event.at === at &&
      payload.answer === 'approve' &&
      (payload.promotionId === promotion.id || event.seq > rejected),
  );
  return isKnown ? undefined : `The history of the session does not know the approval of ${who}.`;
};

/** Nobody approves their own work, and enough others did, of exactly this, in time (I7). */
export const approvalFault = (predicate: Predicate): string | undefined => {
  const { approvals, promotion, verdict, history } = predicate;
  for (const given of approvals.given) {
    const fault = faultOf(given, predicate);
    if (fault !== undefined) return fault;
  }
  const answered = saidOf(history.session, 'approval.answered');
  const rejected = answered.find(
    ({ payload }) => payload.promotionId === promotion.id && payload.answer === 'reject',
  );
  if (rejected !== undefined) return `${rejected.event.actor} rejected it.`;
  const asked = saidOf(history.session, 'promotion.requested').find(
    ({ payload }) => payload.promotionId === promotion.id,
  );
  const quorum = Math.max(asked?.payload.quorum ?? 0, verdict.approvalsNeeded ? 1 : 0);
  if (approvals.quorum < quorum)
    return `The statement asks for ${approvals.quorum} approvals, the history for ${quorum}.`;
  const people = new Set(approvals.given.map(({ principal }) => personOf(principal))).size;
  return people < approvals.quorum
    ? `${people} of ${approvals.quorum} approvals that were asked for were given.`
    : undefined;
};
