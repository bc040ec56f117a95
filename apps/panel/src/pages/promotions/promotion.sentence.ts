import { promotionStates, type ApprovalCause, type Promotion } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';

/** The quorum is not about anything in the change, which its rule cannot say in words of its own. */
const quorumRule = 'promotion.approvals.quorum';

export const causeReason = ({ rule, reason }: ApprovalCause): string =>
  rule === quorumRule ? 'Policy wants a person to agree to whatever is published.' : reason;

/** Whose word it is that a person has to look, and at what. */
export const causeWords = ({ rule, layer, gate, code, paths, morePaths }: ApprovalCause): string => {
  const whose = [
    ...(rule === null ? [] : [`rule ${rule}`]),
    ...(layer === null ? [] : [`${layer.layer} policy ${layer.name}`]),
    ...(gate === null ? [] : [`gate ${gate}`]),
    ...(code === null ? [] : [code]),
  ].join(', ');
  const more = morePaths === 0 ? '' : ` and ${morePaths} more`;
  return paths.length === 0 ? whose : `${whose}: ${paths.join(', ')}${more}`;
};

/** How many more approvals one that waits needs; the server counts people, whatever their names. */
export const missingOf = ({ quorum, approvalsGiven }: Promotion): number =>
  Math.max(1, quorum - approvalsGiven);

/** Where a promotion stands, in a sentence. */
export const promotionSentence = (promotion: Promotion): string => {
  const { state, reason, result } = promotion;
  if (state === 'awaiting_approval') {
    return `Nothing is published yet: ${count(missingOf(promotion), 'more approval is', 'more approvals are')} needed.`;
  }
  if (state === 'succeeded' && promotion.pullRequest !== null) {
    const { number, state: pull, draft } = promotion.pullRequest;
    if (pull === 'merged') return `A person merged it into ${promotion.target}, as pull request ${number}.`;
    if (pull === 'closed') return `A person closed its pull request ${number} without merging it.`;
    return `Published as the ${draft ? 'draft ' : ''}pull request ${number}, read back and found equal. ${promotion.target} was not touched.`;
  }
  if (state === 'succeeded')
    return result?.branch
      ? `Published as the branch ${result.branch}, read back and found equal. ${promotion.target} was not touched.`
      : 'The patch is stored. Nothing was written to the repository.';
  if (state === 'discarded' && promotion.supersededBy !== null)
    return reason?.message ?? 'A newer candidate of the same session took its place.';
  return reason?.message ?? `${promotionStates.states[state].summary}.`;
};

/** Why it stands in the queue: what asks for a person, or where it is. */
export const queueReason = (promotion: Promotion): string => {
  const [first, ...others] = promotion.askedBecause;
  if (promotion.state !== 'awaiting_approval' || first === undefined) return promotionSentence(promotion);
  const reason = causeReason(first);
  return others.length === 0 ? reason : `${reason} And ${count(others.length, 'more reason')}.`;
};
