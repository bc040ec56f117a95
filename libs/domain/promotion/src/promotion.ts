import { promotionLevels, type EffectivePolicy, type PromotionLevel } from '@gatehouse/contracts';
import { globSet, rawPathOfText } from '@gatehouse/policy';

export { bindingDigest, type Binding } from '@gatehouse/proof';

export interface LevelRequest {
  readonly requested: PromotionLevel;
  readonly target: string;
  readonly mode: 'staged' | 'live';
  /** The repository lies on a forge that is connected. */
  readonly hasForge: boolean;
  readonly policy: Pick<EffectivePolicy['promotion'], 'maxLevel' | 'targets'> & {
    /** Everything runs, nothing is published. */
    readonly staged: boolean;
  };
  /** Why a rule forbids to publish; null where none does. */
  readonly forbids: string | null;
  /** Staged gates that found something. */
  readonly heldBy: readonly string[];
}

export interface LevelDecision {
  readonly level: PromotionLevel;
  /** One sentence for people; null where nothing was taken away. */
  readonly degradedBecause: string | null;
}

const isAbove = (a: PromotionLevel, b: PromotionLevel): boolean =>
  promotionLevels.indexOf(a) > promotionLevels.indexOf(b);

const words: Readonly<Record<PromotionLevel, string>> = {
  patch: 'the stored patch',
  branch: 'a branch',
  draft_pr: 'a draft pull request',
};

const isTarget = (lists: EffectivePolicy['promotion']['targets'], target: string): boolean =>
  lists.every((globs) => globSet(globs).match(rawPathOfText(target)) !== null);

/**
 * What a promotion may reach: never more than was asked, and the patch where anything stands against publishing (I11).
 * A draft pull request that cannot be made is never a branch instead: a looser policy would publish less.
 */
export const decideLevel = ({
  requested,
  target,
  mode,
  hasForge,
  policy,
  heldBy,
  forbids,
}: LevelRequest): LevelDecision => {
  if (requested === 'patch') return { level: 'patch', degradedBecause: null };
  const toPatch = (because: string): LevelDecision => ({ level: 'patch', degradedBecause: because });
  if (mode === 'staged')
    return toPatch(
      'The repository is staged: everything runs and nothing is published. Set its mode to live.',
    );
  if (policy.staged) return toPatch('Policy stages this work: everything runs and nothing is published.');
  if (heldBy.length > 0)
    return toPatch(
      `The staged ${heldBy.length === 1 ? 'gate' : 'gates'} ${heldBy.join(', ')} would have held this change up, so nothing is published. Look at what was found.`,
    );
  if (forbids !== null) return toPatch(forbids);
  if (!isTarget(policy.targets, target))
    return toPatch(`Policy does not allow ${target} as a target, so nothing is published.`);
  if (requested === 'draft_pr' && !hasForge)
    return toPatch(
      'The repository lies on no forge that is connected, so a draft pull request cannot be made. The patch is stored.',
    );
  return isAbove(requested, policy.maxLevel)
    ? {
        level: policy.maxLevel,
        degradedBecause: `Policy allows ${words[policy.maxLevel]} at most, not ${words[requested]}.`,
      }
    : { level: requested, degradedBecause: null };
};

/** Approvals needed. The stored patch publishes nothing, so nobody is asked. */
export const quorumOf = (level: PromotionLevel, policyQuorum: number, approvalsNeeded: boolean): number =>
  level === 'patch' ? 0 : Math.max(policyQuorum, approvalsNeeded ? 1 : 0);

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '') || 'job';

/** The one branch of a session, without `refs/heads/`. */
export const branchOf = (sessionId: string, jobName: string): string =>
  `gatehouse/${sessionId.toLowerCase()}-${slugOf(jobName)}`;
