import { isTerminal, sessionStates, type SessionOutcome } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { PromotionService, PullRequestService } from '@gatehouse/promotion';
import { SessionService, type Reason, type SessionEntity } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';

/** How a session comes to its end, or to rest beside what it has published. */
@Injectable()
export class SessionEnding {
  constructor(
    private readonly sessions: SessionService,
    private readonly pulls: PullRequestService,
    private readonly promotions: PromotionService,
  ) {}

  /** True where this very tree is what the open pull request shows already. */
  async isPublished(change: Change, sessionId: string, tree: string): Promise<boolean> {
    const pull = await this.pulls.rows.ofSession(sessionId, change.manager);
    if (pull?.state !== 'open') return false;
    return (await this.promotions.row(pull.promotionId, change.manager)).publishedTree === tree;
  }

  /**
   * Ends a locked session. One with an open pull request rests instead, whatever came of a further attempt: that is
   * with people, and ends with them. Only a cancel ends it before.
   */
  async end(
    change: Change,
    session: SessionEntity,
    outcome: SessionOutcome,
    move: { actor: string; reason?: Reason | undefined },
  ): Promise<void> {
    const pull = await this.pulls.rows.ofSession(session.id, change.manager);
    const rests = pull?.state === 'open' && outcome !== 'cancelled';
    if (!rests || isTerminal(sessionStates, session.state))
      return this.sessions.end(change, session, outcome, move);
    if (session.state !== 'idle') await this.sessions.move(change, session, 'idle', { actor: move.actor });
    const { reason = nothingNew } = move;
    await this.sessions.set(change, session, {
      reasonCode: reason.code,
      reasonMessage: `The pull request is as it was. ${reason.message}`,
    });
    await this.pulls.enqueueSync(change, pull);
  }
}

const nothingNew: Reason = { code: 'session.nothing_new', message: 'The attempt changed nothing.' };
