import { durationMs, laneStream } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import {
  LaneRoundsRepository,
  PromotionMover,
  PromotionService,
  type LaneCheck,
  type LaneRoundRow,
  type Probe,
} from '@gatehouse/promotion';
import { JobsRepository, SessionService, type AttemptEntity } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { CandidatesRepository, StackBuilder, type Onto, type StackAnswer } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { isStopped } from '../handed-in.js';
import { pauseBeforeRetry } from '../retry.js';
import { saidBy } from './speculation.words.js';

/** Has one stack of a round judged, by whoever validates; task `lane.probed` hears what came of it. */
@Injectable()
export class SpeculationProbe {
  constructor(
    private readonly rounds: LaneRoundsRepository,
    private readonly promotions: PromotionService,
    private readonly mover: PromotionMover,
    private readonly policies: PolicyService,
    private readonly jobs: JobsRepository,
    private readonly sessions: SessionService,
    private readonly candidates: CandidatesRepository,
    private readonly builder: StackBuilder,
    private readonly changes: Changes,
  ) {}

  /** True where the answer is there at once; else the stack is being judged. */
  async begin(
    round: LaneRoundRow,
    checks: readonly LaneCheck[],
    position: number,
    head: Onto,
  ): Promise<boolean> {
    if (round.probes.some(({ outcome }) => outcome === 'judging')) return false;
    const top = checks[position - 1]!;
    const policy = await this.policies.byDigest(top.policyDigest);
    const known =
      policy?.commands.length === 0
        ? 'No command is required, and the gates that need no sandbox pass on each.'
        : top.before.length === 0
          ? 'Nothing stands before it: its own verdict says it.'
          : undefined;
    if (known !== undefined)
      return this.changes.run((change) =>
        this.note(change, round, top, { position, outcome: 'pass', attemptId: null, why: known }),
      );
    const below = await Promise.all(top.before.map((id) => this.promotions.row(id)));
    const pile = [...below.map(({ candidateId }) => candidateId), top.candidateId];
    const rows = await Promise.all(pile.map((id) => this.candidates.row(id)));
    const patch = await this.builder.patchOf(round.repositoryId, head, rows, top.tree);
    await this.changes.run((change) => this.queue(change, round, top, patch));
    return false;
  }

  private async queue(change: Change, round: LaneRoundRow, top: LaneCheck, patch: string): Promise<void> {
    const { manager } = change;
    const { position, tree, candidateId } = top;
    await this.rounds.lock(manager, round);
    const now = await this.rounds.open(round, manager);
    if (now?.id !== round.id || now.probes.some(({ outcome }) => outcome === 'judging')) return;
    const { sessionId } = await this.promotions.row(top.promotionId, manager);
    const session = await this.sessions.lock(change, sessionId);
    const policy = await this.policies.byDigest(top.policyDigest, manager);
    if (isStopped(session) || policy === undefined) return;
    const { spec } = await this.jobs.row(session.jobId);
    const tries = now.probes.filter((probe) => probe.position === position).length;
    const attemptId = await this.sessions.queueAttempt(change, session, {
      purpose: 'validate',
      wantedKinds: (spec.spec.requires.kinds ?? ['docker_sandbox', 'process_sandbox']).filter((kind) =>
        policy.capabilities.includes(kind),
      ),
      wantedLabels: {},
      candidateId,
      stack: { roundId: round.id, position, tree, patch },
      delayMs: tries === 0 ? 0 : pauseBeforeRetry(tries),
      scheduleToStartMs: durationMs(spec.spec.limits.scheduleToStart),
      actor: 'engine',
    });
    const why = `${position === 1 ? 'It is' : `All ${position} are`} being judged together.`;
    const probe: Probe = { position, outcome: 'judging', attemptId, why };
    await this.rounds.setProbes(manager, round.id, [...now.probes, probe]);
  }

  /** Task `lane.probed`: an attempt that validated a stack is over. */
  async conclude(attemptId: string, context: TaskContext): Promise<void> {
    const attempt = await this.sessions.rows.attempt(attemptId);
    const { stack } = attempt;
    const round = stack === null ? undefined : await this.rounds.round(stack.roundId);
    const top =
      round && (await this.rounds.checks(round.id)).find(({ position }) => position === stack?.position);
    const answer = top && (await this.answerOf(attempt, top));
    await this.changes.run(async (change) => {
      if (round && top && answer)
        await this.note(change, round, top, {
          ...{ position: top.position, outcome: answer.outcome, attemptId },
          why: answer.outcome === 'pass' ? 'All commands pass on it.' : saidBy(answer.results),
        });
      await this.endCancelled(change, attempt.sessionId);
      await context.complete(change.manager);
    });
  }

  /** The cancel of a job waits for what is at work on it. */
  private async endCancelled(change: Change, sessionId: string): Promise<void> {
    const session = await this.sessions.lock(change, sessionId);
    if (isStopped(session) || session.cancelReason === null) return;
    const reason = { code: 'job.cancelled', message: session.cancelReason };
    await this.sessions.end(change, session, 'cancelled', { actor: 'engine', reason });
  }

  private async answerOf(attempt: AttemptEntity, top: LaneCheck): Promise<StackAnswer | undefined> {
    const policy = await this.policies.byDigest(top.policyDigest);
    const { baseTree } = await this.candidates.row(top.candidateId);
    const session = await this.sessions.rows.find(attempt.sessionId);
    const { spec } = await this.jobs.row(session.jobId);
    if (policy === undefined) return undefined;
    const ran = attempt.result?.kind === 'commands' ? attempt.result : null;
    return this.builder.commandAnswer({
      ...{ policy, baseTree, tree: top.tree },
      outcomes: ran?.commands ?? null,
      tests: ran?.tests ?? null,
      regressions: (spec.spec.validation.regressions ?? []).map(({ command }) => command),
      ...(attempt.state !== 'succeeded' && {
        notRunBecause: attempt.reasonMessage ?? `the validate attempt is ${attempt.state}`,
      }),
    });
  }

  /** Writes an answer down where its round waits for it, and has the round go on. */
  private async note(change: Change, round: LaneRoundRow, top: LaneCheck, probe: Probe): Promise<boolean> {
    const { manager } = change;
    await this.rounds.lock(manager, round);
    const now = await this.rounds.open(round, manager);
    const judging = now?.probes.findIndex(({ outcome }) => outcome === 'judging') ?? -1;
    // Of a round that is over, or told twice.
    if (now?.id !== round.id || (now.probes[judging]?.attemptId ?? null) !== probe.attemptId) return true;
    const probes = judging < 0 ? [...now.probes, probe] : now.probes.with(judging, probe);
    await this.rounds.setProbes(manager, round.id, probes);
    const { promotionId, candidateId, tree } = top;
    const { position, outcome, attemptId, why } = probe;
    change.record({
      streamId: laneStream(round.repositoryId, round.target),
      type: 'lane.probed',
      actor: 'engine',
      payload: {
        ...{ roundId: round.id, number: round.number, promotionId, candidateId },
        ...{ position, tree, outcome: outcome === 'judging' ? 'inconclusive' : outcome, attemptId, why },
      },
    });
    if (attemptId !== null) await this.mover.enqueueSpeculate(change, round);
    return true;
  }
}
