import { durationMs, GatehouseError } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { AccessService, PolicyService } from '@gatehouse/policy';
import { PromotionService, PullRequestService } from '@gatehouse/promotion';
import { JobsRepository, SessionService, type Caller, type SessionEntity } from '@gatehouse/session';
import { CandidatesRepository } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';

/** A loop of requests ends somewhere. */
const mostAttempts = 20;
const mostText = 8_000;

export interface ChangeRequest {
  readonly text: string;
  /** Who said it. */
  readonly by: Caller;
  /** Reviews there, by a role or by the forge's word; else only who asked for the job may ask on. */
  readonly isReviewer: boolean;
  /** Where it was said, e.g. the address of a comment. */
  readonly source: string;
}

/** People ask for a change of what was published: a further attempt, from there on, on the same branch. */
@Injectable()
export class ChangeRequestService {
  constructor(
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly policies: PolicyService,
    private readonly access: AccessService,
    private readonly promotions: PromotionService,
    private readonly pulls: PullRequestService,
    private readonly candidates: CandidatesRepository,
  ) {}

  /**
   * Queues an attempt that begins with the tree that was published last and is told `text`. Throws
   * `session.not_found`, `session.state_conflict` where nothing is open or an attempt is at work, `auth.forbidden`,
   * `policy.denied`.
   */
  async request(
    change: Change,
    sessionId: string,
    { text, by, isReviewer, source }: ChangeRequest,
  ): Promise<SessionEntity> {
    const { manager } = change;
    const session = await this.sessions.lock(change, sessionId);
    const pull = await this.pulls.rows.ofSession(sessionId, manager);
    const no = (why: string): GatehouseError => new GatehouseError('session.state_conflict', why);
    if (pull?.state !== 'open')
      throw no(`Session ${sessionId} has no open pull request. Submit a new job instead.`);
    const attempts = await this.sessions.rows.attemptsOf(sessionId, manager);
    const open = await this.sessions.rows.openAttempts(manager, sessionId);
    if (session.state !== 'idle' || open.length > 0)
      throw no(`Session ${sessionId} is at work already (${session.state}). Ask again when it is done.`);
    if (attempts.length >= mostAttempts)
      throw no(`Session ${sessionId} has had ${attempts.length} attempts. Submit a new job instead.`);
    const job = await this.jobs.row(session.jobId, manager);
    if (!isReviewer && !(await this.access.areOne(job.requestedBy, by.id, manager)))
      throw new GatehouseError(
        'auth.forbidden',
        'Only who asked for a job, or who reviews it, may ask for a change of it.',
      );
    const { spec } = job.spec;
    if (spec.agent.adapter === 'patch')
      throw no('The change was handed in as a patch, so there is no agent to ask. Submit a new job instead.');
    const policy = await this.policies.byDigest(session.policyDigest ?? '', manager);
    const last = attempts.findLast(({ purpose }) => purpose === 'agent');
    const kinds = last?.wantedKinds.filter((kind) => policy?.capabilities.includes(kind)) ?? [];
    if (policy === undefined || last === undefined || kinds.length === 0)
      throw new GatehouseError(
        'policy.denied',
        'No capability that policy still permits can run this agent. Submit a new job instead.',
      );
    const { candidateId: startCandidateId } = await this.promotions.row(pull.promotionId, manager);
    // What waits for people is about an older wish.
    await this.promotions.cancelForSession(change, sessionId, by.id, 'Another change was asked for.');
    const { base: baseCommit, baseTree } = await this.candidates.row(startCandidateId);
    // A later change may have been brought onto a newer base and refused there: this one goes on from what is published.
    const from = { baseCommit, baseTree, candidateId: null };
    await this.sessions.set(change, session, { ...from, reasonCode: null, reasonMessage: null });
    await this.sessions.move(change, session, 'running', { actor: by.id });
    const told = text.trim().slice(0, mostText);
    const attemptId = await this.sessions.queueAttempt(change, session, {
      purpose: 'agent',
      wantedKinds: kinds,
      wantedLabels: last.wantedLabels,
      feedback: told,
      startCandidateId,
      scheduleToStartMs: durationMs(spec.limits.scheduleToStart),
      actor: by.id,
    });
    change.record({
      streamId: sessionId,
      type: 'session.change_requested',
      actor: by.id,
      payload: { attemptId, text: told, source, startCandidateId },
    });
    return session;
  }
}
