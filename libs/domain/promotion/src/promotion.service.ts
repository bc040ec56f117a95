import {
  GatehouseError,
  type AnswerApproval,
  type Approval,
  type EffectivePolicy,
  type PromotionLevel,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import type { Decision } from '@gatehouse/policy';
import {
  newId,
  PlaneSettings,
  SessionsRepository,
  type Caller,
  type RepositoryEntity,
  type SessionEntity,
} from '@gatehouse/session';
import { heldBy, type CandidateEntity, type VerdictEntity } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { causesOf } from './approval/approval.cause.js';
import { alreadyGiven, ApprovalRight, type Approver } from './approval/approval.right.js';
import { IssuePromotionsRepository, stands, waits, type Superseded } from './issue.promotions.repository.js';
import type { PromotionEntity } from './promotion.entity.js';
import { PromotionMover } from './promotion.mover.js';
import { PromotionsRepository, type PromotionForAll } from './promotion.repository.js';
import { bindingDigest, decideLevel, quorumOf } from './promotion.js';

export interface PromotionRequest {
  readonly candidate: CandidateEntity;
  readonly session: SessionEntity;
  readonly verdict: VerdictEntity;
  readonly repository: RepositoryEntity;
  readonly target: string;
  readonly requestedLevel: PromotionLevel;
  readonly policy: EffectivePolicy;
  /** Why a rule forbids to publish; null where none does. */
  readonly forbids: string | null;
  /** The rules that ask for an approval of it. */
  readonly asks: readonly Decision[];
  readonly actor: string;
}

/** What people and the engine want of promotions; publishing itself is the runner's. */
@Injectable()
export class PromotionService {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly sessions: SessionsRepository,
    private readonly mover: PromotionMover,
    private readonly right: ApprovalRight,
    private readonly issues: IssuePromotionsRepository,
    private readonly plane: PlaneSettings,
  ) {}

  /**
   * Puts a passed candidate into its lane, or asks people first. The caller has locked the session. Asking again for
   * the same thing answers with what is under way; a newer candidate takes the place of an older one's promotion.
   * Throws `promotion.state_conflict` while that one is being published, or where the verdict is no pass.
   */
  async request(change: Change, request: PromotionRequest): Promise<PromotionEntity> {
    const { candidate, session, verdict, repository, target, requestedLevel, policy, actor } = request;
    if (verdict.outcome !== 'pass' || verdict.candidateId !== candidate.id)
      throw new GatehouseError(
        'promotion.state_conflict',
        `Candidate ${candidate.id} has no pass (${verdict.outcome}); only a pass is promoted.`,
      );
    const { level, degradedBecause } = decideLevel({
      requested: requestedLevel,
      target,
      mode: repository.mode,
      hasForge: repository.forge !== null,
      policy: { ...policy.promotion, staged: policy.staged },
      heldBy: heldBy(verdict.gates),
      forbids: request.forbids,
    });
    const binding = bindingDigest({
      repositoryId: repository.id,
      target,
      level,
      baseTree: candidate.baseTree,
      tree: candidate.tree,
      policyDigest: verdict.policyDigest,
    });
    const { manager } = change;
    const before = await this.rows.activeOf(manager, session.id);
    if (before?.candidateId === candidate.id && before.bindingDigest === binding) return before;
    const id = newId('promotion');
    const latest = await this.rows.latest(session.id, manager);
    const judgedAgain = latest?.state === 'discarded' && latest.supersededBy === null ? latest : undefined;
    const message = 'A newer candidate of the session took its place.';
    if (before !== undefined) await this.discard(change, before, { supersededBy: id, message, actor });
    const { asks } = request;
    const quorum = quorumOf(level, policy.promotion.quorum, verdict.approvalsNeeded || asks.length > 0);
    const askedBecause =
      quorum === 0 ? [] : causesOf({ quorum: policy.promotion.quorum, asks, gates: verdict.gates });
    const row = await this.rows.insert(manager, {
      id,
      candidateId: candidate.id,
      sessionId: session.id,
      verdictId: verdict.id,
      repositoryId: repository.id,
      target,
      requestedLevel,
      level,
      degradedBecause,
      state: 'pending',
      quorum,
      askedBecause,
      bindingDigest: binding,
      version: 0,
    });
    if (judgedAgain !== undefined) await this.rows.update(manager, judgedAgain, { supersededBy: id });
    const supersedes = (before ?? judgedAgain)?.id;
    this.mover.record(change, row, 'promotion.requested', actor, {
      alias: candidate.alias,
      verdictId: verdict.id,
      requestedLevel,
      level,
      ...(degradedBecause !== null && { degradedBecause }),
      target,
      quorum,
      bindingDigest: binding,
      ...(supersedes !== undefined && { supersedes }),
    });
    if (await this.issues.isOfIssue(manager, session.jobId)) await this.mover.enqueueSupersede(change, row);
    const given = quorum === 0 ? 0 : await this.keep(change, row);
    if (given >= quorum) await this.mover.enqueueRun(change, row);
    else {
      await this.mover.move(change, row, 'awaiting_approval', { actor });
      this.mover.record(change, row, 'approval.requested', actor, {
        alias: candidate.alias,
        quorum,
        because: askedBecause.map(({ reason }) => reason),
      });
    }
    return row;
  }

  /** What people agreed to is the same again, to the last byte and rule: they are not asked twice. Answers how many count. */
  private async keep(change: Change, row: PromotionEntity): Promise<number> {
    const { requestedBy } = await this.rows.facts(row, change.manager);
    const given = await this.rows.countApprovals(row, requestedBy, change.manager);
    const { bindingDigest } = row;
    if (given > 0) this.mover.record(change, row, 'approval.kept', 'engine', { given, bindingDigest });
    return given;
  }

  /**
   * One answer of one person. A rejection ends the promotion; enough approvals put it into its lane. Throws
   * `approval.own_work`, `auth.forbidden`, `approval.not_waiting`, `approval.already_given`, `promotion.state_conflict`.
   */
  async answer(change: Change, caller: Approver, promotionId: string, given: AnswerApproval): Promise<void> {
    const row = await this.lock(change, promotionId);
    const { requestedBy, verdictPolicyDigest } = await this.rows.facts(row, change.manager);
    await this.right.check(caller, row.id, change.manager);
    if (given.candidateId !== undefined && given.candidateId !== row.candidateId)
      throw new GatehouseError(
        'promotion.state_conflict',
        `Promotion ${row.id} is about ${row.candidateId}, not ${given.candidateId}. Look at it again.`,
      );
    const { answer, reason } = given;
    const ttlMs = this.plane.settings.GATEHOUSE_APPROVAL_TTL;
    if (
      !(await this.rows.addApproval(change.manager, row, { principalId: caller.id, answer, reason, ttlMs }))
    )
      throw new GatehouseError(alreadyGiven.code, alreadyGiven.message);
    this.mover.record(change, row, 'approval.answered', caller.id, {
      answer,
      ...(reason !== '' && { reason: { code: `approval.${answer}`, message: reason } }),
      bindingDigest: row.bindingDigest,
      policyDigest: verdictPolicyDigest,
    });
    if (answer === 'reject') {
      const message = reason === '' ? `${caller.name} rejected it.` : `${caller.name} rejected it: ${reason}`;
      await this.mover.move(change, row, 'aborted', {
        actor: caller.id,
        reason: { code: 'approval.rejected', message },
      });
      return this.mover.enqueueSettle(change, row);
    }
    const count = await this.rows.countApprovals(row, requestedBy, change.manager);
    if (count < row.quorum) return;
    await this.mover.move(change, row, 'pending', { actor: caller.id });
    await this.mover.enqueueRun(change, row);
  }

  /** Takes a promotion out of its lane. Throws `promotion.state_conflict` where it runs or is over. */
  async abort(change: Change, caller: Caller, promotionId: string, reason: string): Promise<void> {
    const row = await this.lock(change, promotionId);
    await this.end(change, row, caller.id, { code: 'promotion.aborted', message: reason });
    await this.mover.enqueueSettle(change, row);
  }

  /** Puts an errored promotion back into its lane. Throws `promotion.state_conflict`. */
  async retry(change: Change, caller: Caller, promotionId: string): Promise<void> {
    const row = await this.lock(change, promotionId);
    if (row.state !== 'errored')
      throw new GatehouseError(
        'promotion.state_conflict',
        `Promotion ${row.id} is ${row.state}; only an errored one can be retried.`,
      );
    await this.mover.move(change, row, 'pending', { actor: caller.id });
    await this.mover.enqueueRun(change, row);
  }

  /** Takes what a session has in a lane out of it. The caller has locked the session; what runs is left to end. */
  async cancelForSession(
    change: Change,
    sessionId: string,
    actor: string,
    reason: string,
  ): Promise<'none' | 'aborted' | 'running'> {
    const row = await this.rows.activeOf(change.manager, sessionId);
    if (row === undefined) return 'none';
    if (row.state === 'running') return 'running';
    await this.end(change, row, actor, { code: 'promotion.cancelled', message: reason });
    return 'aborted';
  }

  /** Throws `promotion.not_found`. */
  async find(id: string): Promise<PromotionForAll> {
    const [promotion] = await this.rows.toWire([await this.rows.row(id)]);
    return promotion as PromotionForAll;
  }

  /** Throws `promotion.not_found`. */
  row(id: string, manager?: Change['manager']): Promise<PromotionEntity> {
    return this.rows.row(id, manager);
  }

  latestFor(sessionId: string, change?: Change): Promise<PromotionEntity | undefined> {
    return this.rows.latest(sessionId, change?.manager);
  }

  /** Answers given, oldest first. Throws `promotion.not_found`. */
  async approvals(id: string): Promise<Approval[]> {
    const row = await this.rows.row(id);
    return (await this.rows.approvals([row.id])).get(row.id) ?? [];
  }

  /** Locks the session, then the promotion. */
  private async lock(change: Change, promotionId: string): Promise<PromotionEntity> {
    const { sessionId } = await this.rows.row(promotionId, change.manager);
    await this.sessions.lock(change.manager, sessionId);
    return this.rows.lock(change.manager, promotionId);
  }

  /** From `errored` the table leads over `pending`. Others may have given way to it: they go next. */
  private async end(
    change: Change,
    row: PromotionEntity,
    actor: string,
    reason: { code: string; message: string },
  ): Promise<void> {
    if (row.state === 'errored') await this.mover.move(change, row, 'pending', { actor });
    await this.mover.move(change, row, 'aborted', { actor, reason });
    await this.mover.enqueueNext(change, row);
  }

  /** Where it still may be: what runs, is over or errored stays, since something of it may be at the forge. */
  async supersede(change: Change, { id, by, message }: Superseded): Promise<PromotionEntity | undefined> {
    const row = await this.lock(change, id);
    const newer = await this.rows.lock(change.manager, by);
    if (!waits(row) || !stands(newer)) return undefined;
    await this.discard(change, row, { supersededBy: by, message, actor: 'engine' });
    return row;
  }

  private async discard(
    change: Change,
    row: PromotionEntity,
    { supersededBy, message, actor }: { supersededBy: string; message: string; actor: string },
  ): Promise<void> {
    const reason = { code: 'promotion.superseded', message };
    if (row.state === 'running')
      throw new GatehouseError(
        'promotion.state_conflict',
        `Promotion ${row.id} of this session is being published. Wait for its end.`,
      );
    if (row.state === 'errored') await this.mover.move(change, row, 'pending', { actor });
    await this.mover.move(change, row, 'discarded', { actor, reason, set: { supersededBy } });
    await this.mover.enqueueNext(change, row);
  }
}
