import { GatehouseError, isTerminal, promotionStates } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { SessionsRepository, type Reason } from '@gatehouse/session';
import { describeError, type TaskContext } from '@gatehouse/tasks';
import { VerdictsRepository } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { causesFound } from './approval/approval.cause.js';
import { LanesRepository } from './lane/lane.repository.js';
import { LaneStack } from './lane/lane.stack.js';
import { overBudget, overBudgetBecause } from './promotion.budget.js';
import type { PromotionEntity } from './promotion.entity.js';
import { PromotionLogWriter } from './log/promotion-log.writer.js';
import { policyChanged, PromotionLapse } from './promotion.lapse.js';
import { PromotionMover } from './promotion.mover.js';
import { PromotionPublisher, type PromotionPoint } from './promotion.publisher.js';
import { retryable, type Published } from './published.js';
import type { PromotionFacts } from './promotion.facts.repository.js';
import { PromotionsRepository } from './promotion.repository.js';
import { bindingDigest } from './promotion.js';
import { PullRequestService } from './pull-request/pull-request.service.js';

/** What a run holds: the row as it was written with its generation, and what it is to publish. */
interface Claim {
  readonly row: PromotionEntity;
  readonly facts: PromotionFacts;
  readonly generation: number;
}

/** What a run needs of its task. */
export type RunContext = Pick<TaskContext, 'signal' | 'complete'>;

const actor = 'promoter';

/**
 * Runs a promotion: takes its lane, publishes, writes down what came of it. At least once and killed anywhere: the
 * lane's generation tells a later run from an earlier one, and publishing twice leads to one branch.
 */
@Injectable()
export class PromotionRunner {
  /** Told of every point that a run passes; tests stop it there by throwing `task.claim_lost`. */
  onPoint: ((point: PromotionPoint) => Promise<void> | void) | undefined;

  constructor(
    private readonly changes: Changes,
    private readonly rows: PromotionsRepository,
    private readonly lanes: LanesRepository,
    private readonly sessions: SessionsRepository,
    private readonly mover: PromotionMover,
    private readonly publisher: PromotionPublisher,
    private readonly policies: PolicyService,
    private readonly lapse: PromotionLapse,
    private readonly verdicts: VerdictsRepository,
    private readonly pullRequests: PullRequestService,
    private readonly log: PromotionLogWriter,
    private readonly stack: LaneStack,
  ) {}

  /** Throws `git.failed`, or what says that others do not answer, where something technical broke: the task runs it again after a pause. */
  async run(promotionId: string, context: RunContext): Promise<void> {
    const at = async (point: PromotionPoint): Promise<void> => {
      context.signal.throwIfAborted();
      await this.onPoint?.(point);
    };
    const claim = await this.changes.run(async (change) => {
      const taken = await this.claim(change, promotionId);
      if (taken === undefined) await done(change, context);
      return taken;
    });
    if (claim === undefined) return;
    await at('claimed');
    let published: Published;
    try {
      published = await this.publish(claim, at);
    } catch (error) {
      if (isStop(error, context)) throw error;
      const reason = { code: codeOf(error), message: describeError(error) };
      await this.changes.run((change) => this.conclude(change, claim, { state: 'errored', reason }));
      throw retryable(reason, error);
    }
    await at('published');
    await this.changes.run(async (change) => {
      await this.conclude(change, claim, published);
      if (published.state !== 'errored') await done(change, context);
    });
    await at('settled');
    if (published.state === 'errored') throw retryable(published.reason);
  }

  /** Takes the lane, where it is free, and looks at everything once more under its lock. */
  private async claim(change: Change, promotionId: string): Promise<Claim | undefined> {
    const { manager } = change;
    const { sessionId } = await this.rows.row(promotionId, manager);
    await this.sessions.lock(manager, sessionId);
    const row = await this.rows.lock(manager, promotionId);
    if (isTerminal(promotionStates, row.state) || row.state === 'awaiting_approval') return undefined;
    await this.rows.lockLane(manager, row);
    const holder = await this.rows.runningIn(manager, row);
    if (holder !== undefined && holder.id !== row.id) return this.waitFor(change, row);
    if (row.state !== 'running' && (await this.givesWay(change, row))) return undefined;
    const facts = await this.rows.facts(row, manager);
    if (row.state === 'errored') await this.mover.move(change, row, 'pending', { actor });
    const generation = await this.rows.raiseLane(manager, row);
    if (row.state === 'running') {
      // Ours, of a run that died: its generation is over, whatever it still does.
      await this.rows.update(manager, row, { laneGeneration: generation });
      row.laneGeneration = generation;
      return { row, facts, generation };
    }
    if (['terminating', 'ended'].includes(facts.sessionState)) {
      const reason = { code: 'session.ended', message: 'Its session is over, so nothing is published.' };
      await this.mover.move(change, row, 'aborted', { actor, reason });
      await this.mover.enqueueSettle(change, row);
      await this.mover.enqueueNext(change, row);
      return undefined;
    }
    if (await this.isJudgedAgain(change, row, facts)) return undefined;
    if (await this.asksAgain(change, row, facts)) return undefined;
    if (await this.isHeld(change, row, facts)) return undefined;
    const stack = await this.stack.answer(change, row, facts);
    if (stack === 'waits') return undefined;
    await this.mover.move(change, row, 'running', { actor, set: { laneGeneration: generation } });
    const against = objection(row, facts) ?? (stack === 'goes' ? undefined : stack.dropped);
    const claim = { row, facts, generation };
    if (against === undefined) return claim;
    await this.conclude(change, claim, { state: 'failed', reason: against });
    return undefined;
  }

  /** Whoever holds the lane runs us when it ends; an errored one waits as pending, where it can be found then. */
  private async waitFor(change: Change, row: PromotionEntity): Promise<undefined> {
    if (row.state === 'errored') await this.mover.move(change, row, 'pending', { actor });
    return undefined;
  }

  /** The oldest that may go goes first, whoever asks for the lane. */
  private async givesWay(change: Change, row: PromotionEntity): Promise<boolean> {
    const id = await this.lanes.ahead(change.manager, row);
    if (id === undefined) return false;
    await this.waitFor(change, row);
    await this.mover.enqueueRun(change, { id });
    return true;
  }

  /** Nobody can review a flood: what is too much for now waits, holds no lane, and lets others go before it. */
  private async isHeld(change: Change, row: PromotionEntity, facts: PromotionFacts): Promise<boolean> {
    const wasHeld = row.reasonCode === overBudget;
    const because = row.level === 'draft_pr' ? await this.overBudget(change, row, facts) : undefined;
    if (because !== undefined) {
      const set = { reasonCode: overBudget, reasonMessage: because };
      await this.rows.update(change.manager, row, set);
      Object.assign(row, set, { version: row.version + 1 });
      await this.mover.enqueueNext(change, row);
    }
    // One after the other, the oldest first: each passes the word on, whether it may go or not.
    if (wasHeld) await this.mover.enqueueHeld(change, row.repositoryId, row.id);
    return because !== undefined;
  }

  private async overBudget(
    { manager }: Change,
    row: PromotionEntity,
    { requestedBy, requester, repository, verdictPolicyDigest }: PromotionFacts,
  ): Promise<string | undefined> {
    const policy = await this.policies.byDigest(verdictPolicyDigest ?? '', manager);
    if (policy === undefined) return undefined;
    await this.lanes.lockBudget(manager);
    const facts = await this.lanes.budget(row, requestedBy, manager);
    return facts === null
      ? undefined
      : overBudgetBecause(policy.promotion, { repository, requester, ...facts });
  }

  private async isJudgedAgain(change: Change, row: PromotionEntity, facts: PromotionFacts): Promise<boolean> {
    if (facts.verdictOutcome !== 'pass') return false;
    if (!(await this.lapse.hasOtherPolicy(row, facts, change.manager))) return false;
    const message = 'The policy changed after the candidate was judged, so it is judged again.';
    await this.mover.move(change, row, 'discarded', { actor, reason: { code: policyChanged, message } });
    await this.mover.enqueueRejudge(change, row);
    await this.mover.enqueueNext(change, row);
    return true;
  }

  /** Approvals that ran out while it waited for the lane say nothing about the content: people are asked again. */
  private async asksAgain(change: Change, row: PromotionEntity, facts: PromotionFacts): Promise<boolean> {
    const short = await this.lapse.isShort(row, facts, change.manager);
    if (short === undefined) return false;
    const { quorum } = short;
    const message = `${short.message} Approve again.`;
    const verdict = await this.verdicts.latest(row.sessionId, row.candidateId, change.manager);
    // What the rules asked stands, since they are those of the verdict's policy; what was found may be found anew.
    const askedBecause = [
      ...row.askedBecause.filter(({ gate }) => gate === null),
      ...causesFound(verdict?.gates ?? []),
    ];
    await this.mover.move(change, row, 'awaiting_approval', {
      actor,
      reason: { code: 'approval.expired', message },
      set: { quorum, askedBecause },
    });
    const because = askedBecause.map(({ reason }) => reason);
    this.mover.record(change, row, 'approval.requested', actor, { alias: facts.alias, quorum, because });
    await this.mover.enqueueNext(change, row);
    return true;
  }

  private async publish(
    { row, facts }: Claim,
    at: (point: PromotionPoint) => Promise<void>,
  ): Promise<Published> {
    // The patch is stored and judged: there is nothing to write to the repository.
    if (row.level === 'patch') return { state: 'succeeded', branch: null, commit: null };
    return this.publisher.publish(row, facts, at);
  }

  /** Writes down the end, unless a newer run has taken over: then this one changes nothing. */
  private async conclude(change: Change, { row, facts, generation }: Claim, end: Published): Promise<void> {
    await this.sessions.lock(change.manager, row.sessionId);
    const now = await this.rows.lock(change.manager, row.id);
    if (now.state !== 'running' || now.laneGeneration !== generation) return;
    await this.rows.lockLane(change.manager, now);
    if (end.state === 'succeeded') {
      const { branch, commit, pull, degradedBecause } = end;
      const level = { level: 'patch', degradedBecause } as const;
      const set = { branch, commit, publishedTree: facts.tree, ...(degradedBecause !== undefined && level) };
      await this.mover.move(change, now, 'succeeded', { actor, set });
      this.mover.record(change, now, 'promotion.published', actor, {
        alias: facts.alias,
        level: now.level,
        ...(branch !== null && commit !== null && { branch, commit }),
        tree: facts.tree,
        verdictId: facts.verdictId ?? now.verdictId,
        policyDigest: facts.verdictPolicyDigest ?? '',
        bindingDigest: now.bindingDigest,
      });
      if (branch !== null && commit !== null) await this.log.append(change, now, facts, { branch, commit });
      if (pull !== undefined && commit !== null) await this.pullRequests.note(change, now, { pull, commit });
    } else await this.mover.move(change, now, end.state, { actor, reason: end.reason });
    const word = end.state === 'discarded' && end.reason.code;
    if (word === policyChanged) await this.mover.enqueueRejudge(change, now);
    else if (word !== false) await this.mover.enqueueRebase(change, now);
    else if (end.state !== 'errored') await this.mover.enqueueSettle(change, now);
    else if (facts.forge !== null && mayHaveMoved(end.reason)) await this.mover.enqueueFetch(change, now);
    await this.mover.enqueueNext(change, now);
  }
}

/** Why something that was passed may not be published any more; undefined where it may. */
const objection = (row: PromotionEntity, facts: PromotionFacts): Reason | undefined => {
  const { verdictOutcome, verdictPolicyDigest, baseTree, tree } = facts;
  if (verdictOutcome !== 'pass' || verdictPolicyDigest === null)
    return {
      code: 'promotion.verdict_changed',
      message: `The latest verdict on the candidate is ${verdictOutcome ?? 'missing'}, no longer a pass.`,
    };
  const { repositoryId, target, level } = row;
  const binding = { repositoryId, target, level, baseTree, tree, policyDigest: verdictPolicyDigest };
  if (bindingDigest(binding) !== row.bindingDigest)
    return {
      code: 'promotion.binding_changed',
      message:
        'The latest verdict is about other trees or another policy than was promoted. Ask for it again.',
    };
  if (level !== 'patch' && facts.mode === 'staged')
    return {
      code: 'promotion.repository_staged',
      message: 'The repository was set to staged, so nothing is published. Set its mode to live.',
    };
  return undefined;
};

/** The engine, which follows repositories, looks where it is now. */
const mayHaveMoved = ({ code }: Reason): boolean =>
  code === 'forge.replaced' || code === 'forge.not_found' || code === 'source.unreachable';

/** The process ends, or another one runs the task: neither says anything about the promotion. */
const isStop = (error: unknown, { signal }: RunContext): boolean => signal.aborted || isClaimLost(error);

const isClaimLost = (error: unknown): boolean =>
  error instanceof GatehouseError && error.code === 'task.claim_lost';

/**
 * The task is over with what it led to. One that was taken over meanwhile stands in nobody's way: what a run may write
 * down is decided by the lane's generation, and the run that took over finds it.
 */
const done = async ({ manager }: Change, context: RunContext): Promise<void> => {
  try {
    await context.complete(manager);
  } catch (error) {
    if (!isClaimLost(error)) throw error;
  }
};

const codeOf = (error: unknown): string =>
  error instanceof GatehouseError ? error.code : 'internal.unexpected';
