import { limitsOf } from '@gatehouse/capability';
import {
  durationMs,
  type AttemptState,
  type CommandOutcome,
  type SessionOutcome,
  type TestRuns,
} from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { PromotionService } from '@gatehouse/promotion';
import {
  JobsRepository,
  PlaneSettings,
  RepositoriesRepository,
  SessionService,
  type AttemptEntity,
  type Reason,
  type SessionEntity,
} from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import {
  CandidateService,
  CandidatesRepository,
  TestWorkService,
  type CandidateEntity,
  type Judgement,
} from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { changeOf, handedIn, isStopped } from './handed-in.js';
import { JudgingService, type Judged, type Work } from './judging.service.js';
import { RuleService } from './rule.service.js';
import { pauseBeforeRetry } from './retry.js';
import { SessionEnding } from './session.ending.js';
import { SuspensionService } from './suspension.service.js';

/** What a validate attempt handed in. */
interface Ran {
  readonly commands: readonly CommandOutcome[];
  readonly image?: string | null;
  readonly tests?: TestRuns | null | undefined;
}

const lost: readonly AttemptState[] = ['errored', 'fenced'];

/** Tasks `candidate.assess` and `candidate.conclude`: what becomes of an attempt that is over. */
@Injectable()
export class AssessService {
  constructor(
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly policies: PolicyService,
    private readonly rules: RuleService,
    private readonly judging: JudgingService,
    private readonly candidates: CandidateService,
    private readonly candidateRows: CandidatesRepository,
    private readonly tests: TestWorkService,
    private readonly promotions: PromotionService,
    private readonly suspensions: SuspensionService,
    private readonly endings: SessionEnding,
    private readonly changes: Changes,
    private readonly plane: PlaneSettings,
  ) {}

  async run(attemptId: string, context: TaskContext): Promise<void> {
    const attempt = await this.sessions.rows.attempt(attemptId);
    const found = await this.sessions.rows.find(attempt.sessionId);
    if (isStopped(found)) return;
    const job = await this.jobs.row(found.jobId);
    const policy = await this.policies.byDigest(found.policyDigest ?? '');
    const work = policy && { attempt, job, policy };
    const patch = attempt.state === 'succeeded' ? changeOf(attempt) : undefined;
    const judged =
      work && patch && found.cancelReason === null && found.candidateId === null
        ? await this.judging.judge(work, found, patch)
        : undefined;
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, found.id);
      if (!isStopped(session))
        if (work === undefined)
          await this.end(change, session, 'errored', {
            code: 'policy.denied',
            message: 'Its policy is not known.',
          });
        else await this.next(change, session, work, judged);
      await context.complete(change.manager);
    });
  }

  private async next(
    change: Change,
    session: SessionEntity,
    work: Work,
    judged: Judged | undefined,
  ): Promise<void> {
    const { attempt } = work;
    const reason = { code: attempt.reasonCode ?? attempt.state, message: attempt.reasonMessage ?? '' };
    if (session.cancelReason !== null)
      return this.end(change, session, 'cancelled', { code: 'job.cancelled', message: session.cancelReason });
    if (lost.includes(attempt.state)) return this.again(change, session, work, reason, 'infra');
    if (attempt.state === 'failed') return this.again(change, session, work, reason, 'app');
    if (attempt.state === 'cancelled') return this.end(change, session, 'cancelled', reason);
    if (attempt.state === 'noop') return this.end(change, session, 'noop');
    if (attempt.result?.kind === 'files') return this.end(change, session, 'succeeded');
    if (!judged || session.candidateId !== null) return undefined;
    return this.take(change, session, work, judged);
  }

  /** Makes a candidate of what was judged, and goes on with it. The caller has locked the session. */
  async take(
    change: Change,
    session: SessionEntity,
    work: Work,
    { judgement, input }: Judged,
  ): Promise<void> {
    const { attempt } = work;
    if (judgement.tree === null || judgement.baseTree === null)
      return this.suspensions.refuseWhole(change, session, attempt.id, judgement.results);
    if (await this.endings.isPublished(change, session.id, judgement.tree))
      return this.end(change, session, 'noop');
    const candidate = await this.candidates.save(change, {
      sessionId: session.id,
      attemptId: attempt.id,
      repositoryId: input.repositoryId,
      base: input.base.commit,
      baseTree: judgement.baseTree,
      tree: judgement.tree,
      patchArtifact: input.patchArtifact,
      patchBytes: input.patch.length,
      files: judgement.files,
      specDigest: input.specDigest,
      patchShape: judgement.patch,
    });
    await this.sessions.set(change, session, { candidateId: candidate.id });
    if (judgement.passedSoFar && !judgement.noop && judgement.commands.length > 0) {
      await this.candidates.learn(change, judgement);
      return this.validate(change, session, work, candidate);
    }
    return this.decide(change, session, work, candidate, judgement, null);
  }

  /** Runs the required commands in a fresh sandbox of the other trust zone. */
  async validate(
    change: Change,
    session: SessionEntity,
    { job, policy }: Work,
    candidate: CandidateEntity,
    tries: { infraTries?: number; delayMs?: number } = {},
  ): Promise<void> {
    const { spec } = job.spec;
    await this.sessions.queueAttempt(change, session, {
      purpose: 'validate',
      wantedKinds: (spec.requires.kinds ?? ['docker_sandbox', 'process_sandbox']).filter((kind) =>
        policy.capabilities.includes(kind),
      ),
      wantedLabels: {},
      candidateId: candidate.id,
      scheduleToStartMs: durationMs(spec.limits.scheduleToStart),
      actor: 'engine',
      ...tries,
    });
  }

  /** Task `candidate.conclude`: a validate attempt is over. */
  async conclude(attemptId: string, context: TaskContext): Promise<void> {
    const attempt = await this.sessions.rows.attempt(attemptId);
    const found = await this.sessions.rows.find(attempt.sessionId);
    if (isStopped(found) || found.candidateId === null) return;
    const job = await this.jobs.row(found.jobId);
    const policy = await this.policies.byDigest(found.policyDigest ?? '');
    const made = handedIn(await this.sessions.rows.attemptsOf(found.id));
    const patch = changeOf(made);
    if (!policy || made === undefined || patch === undefined) return;
    const judged = await this.judging.judge({ attempt: made, job, policy }, found, patch);
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, found.id);
      const candidate = await this.candidateRows.row(session.candidateId ?? '');
      const work = { attempt, job, policy };
      if (isStopped(session)) {
        // Stopped meanwhile: nothing is left to conclude.
      } else if (session.cancelReason !== null)
        await this.end(change, session, 'cancelled', {
          code: 'job.cancelled',
          message: session.cancelReason,
        });
      else if (
        lost.includes(attempt.state) &&
        attempt.infraTries < this.plane.settings.GATEHOUSE_INFRA_RETRIES
      )
        await this.validate(change, session, work, candidate, {
          infraTries: attempt.infraTries + 1,
          delayMs: pauseBeforeRetry(attempt.infraTries),
        });
      else if (attempt.state === 'cancelled') await this.end(change, session, 'cancelled');
      else {
        const ran = attempt.result?.kind === 'commands' ? attempt.result : null;
        await this.decide(change, session, work, candidate, judged.judgement, ran);
      }
      await context.complete(change.manager);
    });
  }

  /** Adds the answers up, and asks for the promotion or ends the session. */
  async decide(
    change: Change,
    session: SessionEntity,
    { job, policy, attempt }: Work,
    candidate: CandidateEntity,
    judgement: Judgement,
    ran: Ran | null,
  ): Promise<void> {
    const { spec } = job.spec;
    const limits = limitsOf(spec, policy.limits.executionMinutes);
    if (ran?.tests && attempt.kind !== null) {
      const place = { baseTree: candidate.baseTree, policy, kind: attempt.kind, limits };
      await this.tests.keepBaseline(change, place, ran.image ?? null, ran.tests);
    }
    const verdict = await this.candidates.decide(change, {
      candidate,
      sessionId: session.id,
      policy,
      judgement,
      outcomes: ran?.commands ?? null,
      testRuns: ran?.tests ?? null,
      regressions: (spec.validation.regressions ?? []).map(({ command }) => command),
      ranIn: ran && { image: ran.image ?? null, limits },
      ...(attempt.purpose === 'validate' &&
        attempt.state !== 'succeeded' && {
          commandsNotRunBecause: attempt.reasonMessage ?? `the validate attempt is ${attempt.state}`,
        }),
    });
    if (verdict.outcome === 'noop') return this.end(change, session, 'noop');
    if (verdict.outcome !== 'pass') {
      const outcome = verdict.outcome === 'fail' ? 'failed' : 'errored';
      return this.suspensions.refuse(change, session, outcome, verdict.gates);
    }
    const repository = await this.repositories.find(candidate.repositoryId, change.manager);
    const target = session.target ?? repository.defaultBranch ?? 'main';
    const attempts = await this.sessions.rows.attemptsOf(session.id, change.manager);
    const kinds = [...new Set(attempts.flatMap(({ kind }) => kind ?? []))];
    const standing = await this.rules.standing(
      job,
      { sessionId: session.id, policy, kinds, target },
      change.manager,
    );
    await this.promotions.request(change, {
      candidate,
      session,
      verdict,
      repository,
      target,
      requestedLevel: spec.promotion.level,
      policy,
      forbids: standing.forbids,
      asks: standing.asks,
      actor: 'engine',
    });
  }

  /** One more try where one is left, else the end. */
  async again(
    change: Change,
    session: SessionEntity,
    { attempt, job, policy }: Work,
    reason: Reason,
    why: 'infra' | 'app',
    told: Pick<AttemptEntity, 'feedback' | 'startCandidateId'> = attempt,
  ): Promise<void> {
    const { spec } = job.spec;
    const infraTries = attempt.infraTries + (why === 'infra' ? 1 : 0);
    const appTries = attempt.appTries + (why === 'app' ? 1 : 0);
    if (
      why === 'infra'
        ? infraTries > this.plane.settings.GATEHOUSE_INFRA_RETRIES
        : appTries > spec.limits.appRetries
    )
      return this.end(change, session, why === 'infra' ? 'errored' : 'failed', reason);
    await this.sessions.queueAttempt(change, session, {
      purpose: 'agent',
      wantedKinds: attempt.wantedKinds.filter((kind) => policy.capabilities.includes(kind)),
      wantedLabels: attempt.wantedLabels,
      feedback: told.feedback,
      startCandidateId: told.startCandidateId,
      infraTries,
      appTries,
      delayMs: pauseBeforeRetry(why === 'infra' ? attempt.infraTries : 0),
      scheduleToStartMs: durationMs(spec.limits.scheduleToStart),
      actor: 'engine',
    });
  }

  end(change: Change, session: SessionEntity, outcome: SessionOutcome, reason?: Reason): Promise<void> {
    return this.endings.end(change, session, outcome, { actor: 'engine', reason });
  }
}
