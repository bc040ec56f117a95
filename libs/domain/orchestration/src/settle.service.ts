import {
  isTerminal,
  promotionStates,
  type PullRequestState,
  type SessionOutcome,
} from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { PromotionService, PullRequestService, type PromotionEntity } from '@gatehouse/promotion';
import { SessionService, type Reason } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';

type Pull = { readonly state: PullRequestState; readonly number: number };

const outcomeOf = (
  promotion: PromotionEntity,
  pull: Pull | undefined,
): { outcome: SessionOutcome; reason?: Reason } => {
  if (pull?.state === 'merged') return { outcome: 'succeeded' };
  if (pull?.state === 'closed')
    return {
      outcome: 'failed',
      reason: {
        code: 'pull_request.closed',
        message: `Pull request #${pull.number} was closed and not merged.`,
      },
    };
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

/** Task `session.settle`: ends a session whose promotion is over, and its pull request with it. */
@Injectable()
export class SettleService {
  constructor(
    private readonly sessions: SessionService,
    private readonly promotions: PromotionService,
    private readonly pulls: PullRequestService,
    private readonly changes: Changes,
  ) {}

  async run(sessionId: string, context: TaskContext): Promise<void> {
    const promotion = await this.promotions.latestFor(sessionId);
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      // What was discarded is followed by another promotion, or by the end that the new verdict brings.
      const over =
        isTerminal(promotionStates, promotion?.state ?? 'pending') && promotion?.state !== 'discarded';
      const pull = await this.pulls.rows.ofSession(sessionId, change.manager);
      // An open pull request is with people, whatever came of a later promotion: its end is the end of the session.
      if (session.state !== 'ended' && promotion && over && pull?.state !== 'open') {
        const { outcome, reason } = outcomeOf(promotion, pull);
        await this.sessions.end(change, session, outcome, { actor: 'engine', reason });
      }
      await context.complete(change.manager);
    });
  }
}
