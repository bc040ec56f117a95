import { promotionStates, type ApprovalCause, type Promotion } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';
import { counted } from './promotion.allowed.js';

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

/** Where a promotion stands, in a sentence. */
export const promotionSentence = (promotion: Promotion, now: number): string => {
  const { state, reason, result, quorum } = promotion;
  if (state === 'awaiting_approval') {
    const missing = Math.max(1, quorum - counted(promotion, now));
    return `Nothing is published yet: ${count(missing, 'more approval is', 'more approvals are')} needed.`;
  }
  if (state === 'succeeded')
    return result?.branch
      ? `Published as the branch ${result.branch}, read back and found equal. ${promotion.target} was not touched.`
      : 'The patch is stored. Nothing was written to the repository.';
  if (state === 'discarded' && promotion.supersededBy !== null)
    return reason?.message ?? 'A newer candidate of the same session took its place.';
  return reason?.message ?? `${promotionStates.states[state].summary}.`;
};
