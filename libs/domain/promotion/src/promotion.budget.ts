import type { EffectivePolicy } from '@gatehouse/contracts';

export const overBudget = 'promotion.budget';

/** What reviewers have before them; promotions under way count as what they are about to open. */
export interface BudgetFacts {
  readonly repository: string;
  readonly requester: string;
  /** Draft pull requests of the repository that are open. */
  readonly open: number;
  /** Opened for the requester within the last hour, in any repository. */
  readonly asked: number;
}

/** Why one more pull request would be too many now; undefined where it would not. */
export const overBudgetBecause = (
  {
    openPullRequests,
    requestsPerHour,
  }: Pick<EffectivePolicy['promotion'], 'openPullRequests' | 'requestsPerHour'>,
  { repository, requester, open, asked }: BudgetFacts,
): string | undefined => {
  if (open >= openPullRequests)
    return `${opened(open)} of ${repository} ${open === 1 ? 'is' : 'are'} open, and policy allows ${openPullRequests}. It goes on when one is merged or closed.`;
  if (asked >= requestsPerHour)
    return `${opened(asked)} ${asked === 1 ? 'was' : 'were'} opened for ${requester} within the last hour, and policy allows ${requestsPerHour}. It goes on when that hour is over.`;
  return undefined;
};

const opened = (number: number): string => `${number} draft pull ${number === 1 ? 'request' : 'requests'}`;
