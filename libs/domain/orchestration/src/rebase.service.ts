import { GatehouseError } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { PromotionService, targetMoved, type PromotionEntity } from '@gatehouse/promotion';
import {
  JobsRepository,
  RepositoryService,
  SessionService,
  type AttemptEntity,
  type JobEntity,
  type SessionEntity,
} from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import {
  CandidateRebaser,
  CandidatesRepository,
  type CandidateEntity,
  type Onto,
  type Rebased,
} from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { AssessService } from './assess.service.js';
import { changeOf, handedIn, isStopped } from './handed-in.js';
import { JudgingService, type Judged, type Work } from './judging.service.js';
import { everyKind } from './requester.js';
import { RuleService, type InForce } from './rule.service.js';
import { named } from './speculation/speculation.words.js';
import { TargetHead } from './target.head.js';

/** Enough to see what is the matter; an event holds no more. */
const maxPaths = 100;

/** A change whose target moved, and what came of bringing it onto the new head. */
interface Round {
  readonly promotion: PromotionEntity;
  readonly candidate: CandidateEntity;
  readonly attempt: AttemptEntity;
  readonly job: JobEntity;
  readonly now: InForce;
  /** Null where the target is gone, or no longer holds the base. */
  readonly onto: Onto | null;
  readonly rebased: Rebased | null;
  readonly judged: Judged | undefined;
  readonly work: Work | false;
}

/**
 * Task `session.rebase`: the target moved between the verdict and the publishing. The trees are merged with its new
 * head, and what comes of that is a candidate like any other: every gate answers anew (I5, I8).
 */
@Injectable()
export class RebaseService {
  constructor(
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly sources: RepositoryService,
    private readonly heads: TargetHead,
    private readonly rules: RuleService,
    private readonly judging: JudgingService,
    private readonly assess: AssessService,
    private readonly rebaser: CandidateRebaser,
    private readonly candidateRows: CandidatesRepository,
    private readonly promotions: PromotionService,
    private readonly changes: Changes,
  ) {}

  async run(sessionId: string, context: TaskContext): Promise<void> {
    const found = await this.sessions.rows.find(sessionId);
    const round = await this.prepare(found);
    if (round === undefined) return;
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      const latest = await this.promotions.latestFor(sessionId, change);
      // Another run was quicker, or people ended it: then nothing is left to do.
      if (isDrift(session, latest) && latest.id === round.promotion.id)
        await this.conclude(change, session, round);
      await context.complete(change.manager);
    });
  }

  /** All that needs git; undefined where there is nothing to bring anywhere. */
  private async prepare(found: SessionEntity): Promise<Round | undefined> {
    const promotion = await this.promotions.latestFor(found.id);
    const attempt = handedIn(await this.sessions.rows.attemptsOf(found.id));
    const before = changeOf(attempt);
    if (!isDrift(found, promotion) || attempt === undefined || before === undefined) return undefined;
    const job = await this.jobs.row(found.jobId);
    const now = await this.rules.inForce(job, { target: found.target, kinds: everyKind });
    const { policy, refuses } = now;
    const work = policy !== null && refuses === null && { attempt, job, policy };
    const candidate = await this.candidateRows.row(promotion.candidateId);
    const onto = await this.headOf(promotion, candidate.base);
    const rebased = onto && (await this.rebaser.rebase(candidate, onto));
    const known = { promotion, candidate, attempt, job, now, work, onto, rebased };
    if (!work || onto === null || rebased?.outcome !== 'clean') return { ...known, judged: undefined };
    const { tree, patch } = rebased;
    const change = { ...before, base: onto.commit, tree, patch };
    const onHead = { ...found, baseCommit: onto.commit, baseTree: onto.tree };
    return { ...known, judged: await this.judging.judge(work, onHead, change) };
  }

  private async headOf(promotion: PromotionEntity, base: string): Promise<Onto | null> {
    const pinned = await this.heads.of(promotion);
    const mirror = this.sources.mirror(promotion.repositoryId);
    return pinned !== undefined && (await mirror.isAncestor(base, pinned.commit)) ? pinned : null;
  }

  private async conclude(change: Change, session: SessionEntity, round: Round): Promise<void> {
    const { promotion, candidate, attempt, job, now, onto, rebased, judged, work } = round;
    await this.rules.note(change, session.id, job, now);
    if (!work) return this.assess.end(change, session, 'failed', now.refuses ?? undefined);
    if (onto === null || rebased === null)
      return this.assess.end(change, session, 'failed', {
        code: 'promotion.base_rewritten',
        message: `${promotion.target} was rewritten or is gone: ${candidate.base}, on which the change was judged, is not in its history any more. Submit the job again.`,
      });
    change.record({
      streamId: session.id,
      type: 'session.rebased',
      actor: 'engine',
      payload: {
        candidateId: candidate.id,
        alias: candidate.alias,
        promotionId: promotion.id,
        target: promotion.target,
        from: candidate.base,
        to: onto.commit,
        outcome: rebased.outcome,
        tree: rebased.outcome === 'conflict' ? null : rebased.tree,
        paths: rebased.outcome === 'conflict' ? rebased.paths.slice(0, maxPaths) : [],
      },
    });
    if (rebased.outcome === 'already_there')
      return this.assess.end(change, session, 'noop', {
        code: 'promotion.already_there',
        message: `${promotion.target} has all of this change already, at ${onto.commit}.`,
      });
    if (rebased.outcome === 'conflict')
      return this.conflict(change, session, { ...round, onto }, rebased.paths);
    await this.bringTo(change, session, round, onto);
    const { tree, patch } = rebased;
    const set = { rebased: { base: onto.commit, patch, tree } };
    const row = await this.sessions.rows.attempt(attempt.id, change.manager);
    if (judged === undefined || !(await this.sessions.rows.updateAttempt(change.manager, row, set)))
      throw new GatehouseError(
        'attempt.state_conflict',
        `Attempt ${attempt.id} has moved on. Read it again.`,
      );
    return this.assess.take(change, session, work, judged);
  }

  /** From here on the session is about the new head. */
  private async bringTo(
    change: Change,
    session: SessionEntity,
    { promotion: { target }, work }: Round,
    { commit, tree }: Onto,
  ): Promise<void> {
    const policyDigest = work === false ? session.policyDigest : work.policy.digest;
    await this.sessions.set(change, session, {
      ...{ baseCommit: commit, baseTree: tree, candidateId: null, policyDigest },
    });
    change.record({
      streamId: session.id,
      type: 'session.base_pinned',
      actor: 'engine',
      payload: { ref: session.baseRef, commit, tree, target },
    });
  }

  /** Whoever made the change makes it anew, where a try is left: nobody else knows what was meant. */
  private async conflict(
    change: Change,
    session: SessionEntity,
    round: Round & { readonly onto: Onto },
    paths: readonly string[],
  ): Promise<void> {
    const { promotion, candidate, attempt, job, onto, work } = round;
    const { target } = promotion;
    const both = `${target} moved from ${candidate.base} to ${onto.commit}, and both it and this change touch ${named(paths)}`;
    const reason = {
      code: 'promotion.rebase_required',
      message: `${both}. Submit the job again on the present head.`,
    };
    const { agent, limits } = job.spec.spec;
    // The same patch would meet the same conflict.
    if (!work || agent.adapter === 'patch' || attempt.appTries >= limits.appRetries)
      return this.assess.end(change, session, 'failed', reason);
    await this.bringTo(change, session, round, onto);
    await this.sessions.move(change, session, 'running', { actor: 'engine', reason });
    await this.sessions.set(change, session, { reasonCode: null, reasonMessage: null });
    const before = attempt.feedback === null ? '' : `\n\nWhat you were told before:\n${attempt.feedback}`;
    const feedback = `Your change passed, but ${both} in ways that cannot be merged. You are on the new state of ${target} now: make the whole change anew, so that it fits with what is there.${before}`;
    // What was published stands on the base of before: the new try begins with the new one alone.
    return this.assess.again(change, session, work, reason, 'app', { feedback, startCandidateId: null });
  }
}

const isDrift = (
  session: SessionEntity,
  promotion: PromotionEntity | undefined,
): promotion is PromotionEntity =>
  !isStopped(session) &&
  session.cancelReason === null &&
  promotion?.state === 'discarded' &&
  promotion.reasonCode === targetMoved &&
  promotion.supersededBy === null &&
  // Brought on already: the session has another candidate since, or none as long as one is being made.
  promotion.candidateId === session.candidateId;
