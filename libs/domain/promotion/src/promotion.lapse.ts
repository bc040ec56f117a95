import { PolicyService } from '@gatehouse/policy';
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

  /** Undefined where policy and approvals are still those under which the lane was taken (I7, I8). */
  async of(row: PromotionEntity, facts: PromotionFacts): Promise<Published | undefined> {
    const now = await this.policies.digestNow(row.repositoryId, facts.specDigest, facts.spec);
    if (now !== facts.verdictPolicyDigest)
      return {
        state: 'discarded',
        reason: {
          code: policyChanged,
          message: 'The policy changed while the candidate was being published, so it is judged again.',
        },
      };
    const quorum = quorumOf(row.level, row.quorum, facts.verdictApprovalsNeeded === true);
    const count = quorum === 0 ? 0 : await this.rows.countApprovals(row, facts.requestedBy);
    return count >= quorum
      ? undefined
      : errored('approval.expired', `Only ${count} of ${quorum} approvals still count.`);
  }
}
