import { Changes } from '@gatehouse/ledger';
import { IssuePromotionsRepository, PromotionService } from '@gatehouse/promotion';
import { SessionService } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';

/**
 * Task `promotion.supersede`: a candidate of an issue passed, so what still waits of older jobs of that issue gives way
 * to it. Apart from the verdict, because it locks other sessions.
 */
@Injectable()
export class SupersedeService {
  constructor(
    private readonly issues: IssuePromotionsRepository,
    private readonly promotions: PromotionService,
    private readonly sessions: SessionService,
    private readonly changes: Changes,
  ) {}

  async run(promotionId: string, context: TaskContext): Promise<void> {
    for (const superseded of await this.issues.superseded(promotionId))
      await this.changes.run(async (change) => {
        const row = await this.promotions.supersede(change, superseded);
        if (row === undefined) return;
        const session = await this.sessions.lock(change, row.sessionId);
        const reason = { code: 'promotion.superseded', message: superseded.message };
        await this.sessions.end(change, session, 'cancelled', { actor: 'engine', reason });
      });
    await this.changes.run(({ manager }) => context.complete(manager));
  }
}
