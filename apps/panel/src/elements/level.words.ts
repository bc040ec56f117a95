import type { PromotionLevel } from '@gatehouse/contracts';

/** How far a change goes, as people say it. */
export const levelWords: Readonly<Record<PromotionLevel, string>> = {
  patch: 'a stored patch',
  branch: 'a branch of its own',
  draft_pr: 'a draft pull request',
};
