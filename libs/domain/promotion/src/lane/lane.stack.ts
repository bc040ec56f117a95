import type { Change } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { SessionsRepository, type Reason } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { isSame } from './lane.bisect.js';
import { LaneRoundsRepository } from './lane.round.repository.js';
import { unstacked, type LaneCheck } from './lane.round.js';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PromotionFacts } from '../promotion.facts.repository.js';
import { PromotionMover } from '../promotion.mover.js';
import { driftWindowMs, maxDrifts } from '../promotion.publisher.js';
import { PromotionsRepository } from '../promotion.repository.js';
import { targetMoved } from '../target.drift.js';

/** What a lane says of one promotion: it may go, it waits to be judged with others, or why it was dropped. */
export type StackAnswer = 'goes' | 'waits' | { readonly dropped: Reason };

/** What a promotion of a speculative lane has to show before it is published (RFC 11). */
@Injectable()
export class LaneStack {
  constructor(
    private readonly rounds: LaneRoundsRepository,
    private readonly rows: PromotionsRepository,
    private readonly sessions: SessionsRepository,
    private readonly policies: PolicyService,
    private readonly mover: PromotionMover,
  ) {}

  /** The caller has locked session, promotion and lane. One that waits is written down as such. */
  async answer(change: Change, row: PromotionEntity, facts: PromotionFacts): Promise<StackAnswer> {
    const now = await this.standing(row, facts, change.manager);
    if (now === null) return 'goes';
    if (now.answer !== 'waits') return now.answer;
    if (now.check !== undefined)
      await this.rounds.setCheck(change.manager, now.check, 'void', {
        code: 'promotion.stack_changed',
        message: 'What it was judged on top of is not what stands there now.',
      });
    const set = {
      reasonCode: unstacked,
      reasonMessage: 'It waits to be judged on top of those before it.',
    };
    await this.rows.update(change.manager, row, set);
    Object.assign(row, set, { version: row.version + 1 });
    await this.mover.enqueueSpeculate(change, row);
    await this.mover.enqueueNext(change, row);
    return 'waits';
  }

  /**
   * The target has moved, or is gone, under one that waits: what becomes of it then is the same as in any other lane.
   * Where it moves faster than the gates answer, the promotion waits here until that is over.
   */
  async moved(change: Change, promotionId: string, head: string | undefined): Promise<void> {
    const { manager } = change;
    const { sessionId } = await this.rows.row(promotionId, manager);
    await this.sessions.lock(manager, sessionId);
    const row = await this.rows.lock(manager, promotionId);
    if (row.state !== 'pending' || row.reasonCode !== unstacked) return;
    if ((await this.rows.driftsOf(sessionId, driftWindowMs)) >= maxDrifts) return;
    const { base } = await this.rows.facts(row, manager);
    const message = `${row.target} moved from ${base} to ${head ?? 'nothing'} after the change was judged. It is merged with that and judged again.`;
    await this.mover.move(change, row, 'discarded', {
      actor: 'engine',
      reason: { code: targetMoved, message },
    });
    await this.mover.enqueueRebase(change, row);
  }

  /** As it is now; null where nobody asks it to be judged with others. */
  async standing(
    row: PromotionEntity,
    facts: PromotionFacts,
    manager?: Transaction,
  ): Promise<{ answer: StackAnswer; check: LaneCheck | undefined } | null> {
    if (!(await this.isAsked(row, facts, manager))) return null;
    const check = await this.rounds.said(row.id, manager);
    if (check === undefined || !(await this.stillHolds(check, row, facts, manager)))
      return { answer: 'waits', check };
    return { answer: check.state === 'passed' ? 'goes' : { dropped: reasonOf(check) }, check };
  }

  facts(row: PromotionEntity): Promise<PromotionFacts> {
    return this.rows.facts(row);
  }

  /** A stored patch publishes nothing, and what has no pass is refused by name elsewhere. */
  async isAsked(
    { level }: PromotionEntity,
    { verdictOutcome, verdictPolicyDigest }: PromotionFacts,
    manager?: Transaction,
  ): Promise<boolean> {
    if (level === 'patch' || verdictOutcome !== 'pass') return false;
    const policy = await this.policies.byDigest(verdictPolicyDigest ?? '', manager);
    return policy === undefined || policy.promotion.speculativeWindow !== null;
  }

  /** About this very candidate on this very base, under this policy, and on top of exactly what stands there now. */
  private async stillHolds(
    check: LaneCheck,
    row: PromotionEntity,
    { base, verdictPolicyDigest }: PromotionFacts,
    manager?: Transaction,
  ): Promise<boolean> {
    if (check.candidateId !== row.candidateId || check.head !== base) return false;
    if (check.policyDigest !== verdictPolicyDigest) return false;
    return isSame(await this.rounds.ground(row, base, 'published', manager), check.before);
  }
}

const reasonOf = ({ reasonCode, reasonMessage }: LaneCheck): Reason => ({
  code: reasonCode ?? 'promotion.stack_failed',
  message: reasonMessage ?? 'It does not pass on top of those before it.',
});
