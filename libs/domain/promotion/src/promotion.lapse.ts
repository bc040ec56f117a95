import { PolicyService } from '@gatehouse/policy';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import type { PromotionEntity } from './promotion.entity.js';
import type { PromotionFacts } from './promotion.facts.repository.js';
import { PromotionsRepository } from './promotion.repository.js';
import { quorumOf } from './promotion.js';
import { errored, type Published } from './published.js';

export const policyChanged = 'policy.changed';

/** What may fall between the claim of a lane and the push: a run that takes over may come days after the claim. */
@Injectable()
export class PromotionLapse {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly policies: PolicyService,
  ) {}

  /** A verdict of another policy than the one in force publishes nothing, however long ago the policy changed (I8). */
  async hasOtherPolicy(row: PromotionEntity, facts: PromotionFacts, manager?: Transaction): Promise<boolean> {
    const { spec, specDigest, verdictPolicyDigest } = facts;
    return (
      (await this.policies.digestNow(row.repositoryId, specDigest, spec, manager)) !== verdictPolicyDigest
    );
  }

  /** What is missing of the quorum, in a sentence; undefined where nothing is (I7). */
  async isShort(
    row: PromotionEntity,
    facts: PromotionFacts,
    manager?: Transaction,
  ): Promise<{ readonly quorum: number; readonly message: string } | undefined> {
    const quorum = quorumOf(row.level, row.quorum, facts.verdictApprovalsNeeded === true);
    if (quorum === 0) return undefined;
    const count = await this.rows.countApprovals(row, facts.requestedBy, manager);
    return count >= quorum
      ? undefined
      : { quorum, message: `Only ${count} of ${quorum} approvals still count.` };
  }

  /** Undefined where policy and approvals are still those under which the lane was taken. */
  async of(row: PromotionEntity, facts: PromotionFacts): Promise<Published | undefined> {
    if (await this.hasOtherPolicy(row, facts))
      return {
        state: 'discarded',
        reason: {
          code: policyChanged,
          message: 'The policy changed while the candidate was being published, so it is judged again.',
        },
      };
    const short = await this.isShort(row, facts);
    return short && errored('approval.expired', short.message);
  }
}
