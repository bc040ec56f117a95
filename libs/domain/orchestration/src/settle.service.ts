import { isTerminal, promotionStates, type SessionOutcome } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { PromotionService, type PromotionEntity } from '@gatehouse/promotion';
import { SessionService, type Reason } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';

const outcomeOf = (promotion: PromotionEntity): { outcome: SessionOutcome; reason?: Reason } => {
  if (promotion.state === 'succeeded')
    return promotion.degradedBecause === null
      ? { outcome: 'succeeded' }
      : { outcome: 'succeeded', reason: { code: 'promotion.degraded', message: promotion.degradedBecause } };
  return {
    outcome: 'failed',
    reason: {
      code: promotion.reasonCode ?? `promotion.${promotion.state}`,
      message: promotion.reasonMessage ?? `Its promotion is ${promotion.state}.`,
    },
  };
};

/** Task `session.settle`: ends a session whose promotion is over. */
@Injectable()
export class SettleService {
  constructor(
    private readonly sessions: SessionService,
    private readonly promotions: PromotionService,
    private readonly changes: Changes,
  ) {}

  async run(sessionId: string, context: TaskContext): Promise<void> {
    const promotion = await this.promotions.latestFor(sessionId);
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      // What was discarded is followed by another promotion, or by the end that the new verdict brings.
      const over =
        isTerminal(promotionStates, promotion?.state ?? 'pending') && promotion?.state !== 'discarded';
      if (session.state !== 'ended' && promotion && over) {
        const { outcome, reason } = outcomeOf(promotion);
        await this.sessions.end(change, session, outcome, { actor: 'engine', reason });
      }
      await context.complete(change.manager);
    });
  }
}
