import type { PromotionState } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { SessionsRepository } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { PromotionMover } from '../promotion.mover.js';
import { PromotionsRepository } from '../promotion.repository.js';

/** What was approved is published, or never will be. One that gave way to another may have handed its approvals on. */
const settled: readonly PromotionState[] = ['succeeded', 'failed', 'aborted'];

export interface Withdrawn {
  /** Name of whose approval it is. */
  readonly principal: string;
  readonly message: string;
  readonly actor: string;
}

/** Takes back what somebody approved. */
@Injectable()
export class ApprovalWithdrawal {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly sessions: SessionsRepository,
    private readonly mover: PromotionMover,
  ) {}

  /**
   * From now on the approval counts no more, as if it had run out: what waits in its lane asks people again when it is
   * its turn, and what is being published looks once more before it pushes. Answers false where it is published, or
   * the approval counted for nothing any more.
   */
  async withdraw(change: Change, promotionId: string, withdrawn: Withdrawn): Promise<boolean> {
    const { manager } = change;
    const { sessionId } = await this.rows.row(promotionId, manager);
    await this.sessions.lock(manager, sessionId);
    const row = await this.rows.lock(manager, promotionId);
    const { principal, message, actor } = withdrawn;
    if (settled.includes(row.state) || !(await this.rows.endApproval(manager, row, principal))) return false;
    const reason = { code: 'approval.withdrawn', message };
    this.mover.record(change, row, 'approval.withdrawn', actor, {
      ...{ principal, reason, bindingDigest: row.bindingDigest },
    });
    return true;
  }
}
