import { laneStream } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import {
  LaneRoundsRepository,
  nextStep,
  PromotionMover,
  windowAfter,
  type InLane,
  type LaneCheck,
  type LaneRoundRow,
  type PrefixAnswer,
  type Stack,
} from '@gatehouse/promotion';
import { SessionService, type Reason } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import type { Onto } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { SpeculationProbe } from './speculation.probe.js';
import { SpeculationRound } from './speculation.round.js';
import { failedBecause } from './speculation.words.js';
import { TargetHead } from '../target.head.js';

interface Settled {
  readonly passed: readonly LaneCheck[];
  readonly dropped: LaneCheck | undefined;
  readonly reason: Reason | null;
  readonly rest: readonly LaneCheck[];
}

/**
 * Task `lane.speculate`: changes that wait in a lane are judged on top of one another before any of them is published
 * (RFC 11). Each step is one transaction and leads to the next, so it may be killed and begun again anywhere.
 */
@Injectable()
export class SpeculationService {
  constructor(
    private readonly rounds: LaneRoundsRepository,
    private readonly heads: TargetHead,
    private readonly begins: SpeculationRound,
    private readonly probe: SpeculationProbe,
    private readonly mover: PromotionMover,
    private readonly sessions: SessionService,
    private readonly changes: Changes,
  ) {}

  async run({ repositoryId, target }: InLane, context: TaskContext): Promise<void> {
    const lane = { repositoryId, target };
    const head = await this.heads.of(lane);
    do context.signal.throwIfAborted();
    while (await this.step(lane, head));
    await this.changes.run((change) => context.complete(change.manager));
  }

  /** False where nothing can be done before something else happens. */
  private async step(lane: InLane, head: Onto | undefined): Promise<boolean> {
    const round = await this.rounds.open(lane);
    if (round === undefined) return this.begins.begin(lane, head);
    const checks = await this.rounds.checks(round.id);
    const changed = await this.changedSince(round, checks, head);
    if (head === undefined || changed !== undefined) {
      await this.changes.run((change) => this.dissolve(change, round, changed ?? ''));
      return true;
    }
    const step = nextStep(stackOf(round, checks));
    if (step.kind === 'probe') return this.probe.begin(round, checks, step.position, head);
    await this.changes.run((change) => this.settle(change, round, outcomeOf(round, checks, step)));
    return true;
  }

  /** What makes the round say nothing any more; undefined where it is about what is there. */
  private async changedSince(
    round: LaneRoundRow,
    checks: readonly LaneCheck[],
    head: Onto | undefined,
    change?: Change,
  ): Promise<string | undefined> {
    if (head?.commit !== round.head)
      return `${round.target} moved from ${round.head} to ${head?.commit ?? 'nothing'}.`;
    return this.leftSince(round, checks, change);
  }

  private async leftSince(
    round: LaneRoundRow,
    checks: readonly LaneCheck[],
    change?: Change,
  ): Promise<string | undefined> {
    const ids = checks.map(({ promotionId }) => promotionId);
    const left = await this.rounds.stillWait(ids, change?.manager);
    const gone = ids.find((id) => !left.includes(id));
    if (gone !== undefined) return `${gone} does not wait any more.`;
    const ground = await this.rounds.ground(round, round.head, 'coming', change?.manager);
    return ground.length === round.before.length &&
      ground.every((each, i) => each.promotionId === round.before[i])
      ? undefined
      : 'What it stands on is not what stands there now.';
  }

  /** Its answers are worth nothing any more; the window stays, since nobody failed. */
  private async dissolve(change: Change, round: LaneRoundRow, why: string): Promise<void> {
    const { manager } = change;
    const window = await this.rounds.lock(manager, round);
    const now = await this.rounds.open(round, manager);
    if (now?.id !== round.id) return;
    for (const check of await this.rounds.checks(round.id, manager))
      await this.rounds.setCheck(manager, check, 'void');
    for (const { outcome, attemptId } of now.probes)
      if (outcome === 'judging' && attemptId !== null) await this.takeBack(change, attemptId, why);
    await this.end(change, now, { state: 'void', windowAfter: window, why });
  }

  /** One that runs already ends by itself, and nobody asks what it says. */
  private async takeBack(change: Change, attemptId: string, why: string): Promise<void> {
    const { sessionId } = await this.sessions.rows.attempt(attemptId, change.manager);
    await this.sessions.lock(change, sessionId);
    const attempt = await this.sessions.rows.attempt(attemptId, change.manager);
    if (attempt.state !== 'queued') return;
    const reason = { code: 'attempt.not_needed', message: why };
    await this.sessions.moveAttempt(change, attempt, 'cancelled', { actor: 'engine', reason });
  }

  private async settle(change: Change, round: LaneRoundRow, settled: Settled): Promise<void> {
    const { manager } = change;
    const { passed, dropped, reason, rest } = settled;
    const window = await this.rounds.lock(manager, round);
    const now = await this.rounds.open(round, manager);
    if (now?.id !== round.id) return;
    // Somebody left between the question and the lock: the next step says so.
    if (await this.leftSince(round, [...passed, ...(dropped ? [dropped] : []), ...rest], change)) return;
    for (const check of passed) await this.rounds.setCheck(manager, check, 'passed');
    if (dropped !== undefined) await this.rounds.setCheck(manager, dropped, 'dropped', reason);
    for (const check of rest) await this.rounds.setCheck(manager, check, 'void');
    const outcome = dropped === undefined ? 'passed' : 'failed';
    const size = windowAfter(window, round.largest, outcome);
    await this.rounds.setWindow(manager, round, size);
    await this.end(change, now, { state: outcome, windowAfter: size, why: reason?.message ?? null }, settled);
    for (const { promotionId: id } of [...passed, ...(dropped ? [dropped] : [])])
      await this.mover.enqueueRun(change, { id });
  }

  private async end(
    change: Change,
    round: LaneRoundRow,
    end: { state: 'passed' | 'failed' | 'void'; windowAfter: number; why: string | null },
    { passed, dropped, reason }: Partial<Settled> = {},
  ): Promise<void> {
    await this.rounds.end(change.manager, round.id, end);
    change.record({
      streamId: laneStream(round.repositoryId, round.target),
      type: 'lane.round_ended',
      actor: 'engine',
      payload: {
        ...{ roundId: round.id, number: round.number, outcome: end.state },
        passed: (passed ?? []).map(({ promotionId }) => promotionId),
        dropped:
          dropped && reason
            ? {
                ...{ promotionId: dropped.promotionId, candidateId: dropped.candidateId },
                ...{ position: dropped.position, reason: { ...reason } },
              }
            : null,
        probes: round.probes.map(({ position }) => position),
        windowBefore: round.windowBefore,
        windowAfter: end.windowAfter,
        ...(end.state === 'void' && end.why !== null && { why: end.why }),
      },
    });
  }
}

const countOf = ({ refused }: LaneRoundRow, checks: readonly LaneCheck[]): number =>
  checks.length - (refused === null ? 0 : 1);

const stackOf = (round: LaneRoundRow, checks: readonly LaneCheck[]): Stack => {
  const answers = new Map<number, PrefixAnswer>();
  for (const { position, outcome } of round.probes)
    // What is unclear is asked again: it is no fail, and no pass.
    if (outcome === 'pass' || outcome === 'fail') answers.set(position, outcome);
  return { count: countOf(round, checks), blocked: round.refused !== null, answers };
};

const outcomeOf = (
  round: LaneRoundRow,
  checks: readonly LaneCheck[],
  { passed, culprit }: { passed: number; culprit: number | null },
): Settled => {
  const dropped = culprit === null ? undefined : checks[culprit - 1];
  const failed = round.probes.findLast(({ position, outcome }) => position === culprit && outcome === 'fail');
  return {
    passed: checks.slice(0, passed),
    dropped,
    reason:
      dropped === undefined
        ? null
        : failed === undefined
          ? round.refused
          : failedBecause(failed.why, dropped.before, round.target),
    rest: checks.slice(culprit ?? passed),
  };
};
