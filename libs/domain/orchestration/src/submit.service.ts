import {
  allowedImages,
  durationMs,
  GatehouseError,
  isTerminal,
  sessionStates,
  type EffectivePolicy,
  type Job,
  type JobSpec,
  type Problem,
} from '@gatehouse/contracts';
import { ArtifactStore, type Change } from '@gatehouse/ledger';
import {
  AccessService,
  denialsOf,
  forbiddenOf,
  kindsFor,
  layerOfJob,
  PolicyService,
  PolicyTrialService,
  wideningsOf,
  type Requester,
} from '@gatehouse/policy';
import { PromotionService, PullRequestService } from '@gatehouse/promotion';
import { digestOf } from '@gatehouse/proof';
import {
  JobsRepository,
  newId,
  PlaneSettings,
  RepositoriesRepository,
  RepositoryService,
  SessionService,
  type Caller,
  type PinnedBase,
  type RepositoryEntity,
  type SessionEntity,
} from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { gates, requiredGates } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { allAsksOf, everyKind, requesterOf, taintOf, type Submitter } from './requester.js';

const fullCommit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** A spec that was held against repository and policy, before anything is written. */
export interface Prepared {
  readonly spec: JobSpec;
  readonly specDigest: string;
  readonly repository: RepositoryEntity | null;
  /** Undefined where the mirror must fetch first: intake pins it then. */
  readonly base: PinnedBase | undefined;
  readonly target: string | null;
}

interface Work {
  readonly spec: JobSpec;
  readonly policy: EffectivePolicy;
  readonly requester: Requester;
}

/** From a JobSpec to a job with its session, and back out again by a cancel. */
@Injectable()
export class SubmitService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly sources: RepositoryService,
    private readonly sessions: SessionService,
    private readonly policies: PolicyService,
    private readonly access: AccessService,
    private readonly trials: PolicyTrialService,
    private readonly promotions: PromotionService,
    private readonly pulls: PullRequestService,
    private readonly artifacts: ArtifactStore,
    private readonly tasks: Tasks,
    private readonly plane: PlaneSettings,
  ) {}

  /** Reads only. Throws what is wrong with the spec here and now: `repository.not_found`, `artifact.not_found`, … */
  async prepare(spec: JobSpec): Promise<Prepared> {
    const { repository: name, base, agent, promotion, validation } = spec.spec;
    const images = allowedImages(this.plane.settings, process.versions.node);
    if (validation.image !== undefined && !images.has(validation.image))
      throw invalid(
        'spec.validation.image',
        `${validation.image} is not an allowed image; choose one of ${[...images.keys()].join(', ')}, or have GATEHOUSE_SANDBOX_IMAGES name it`,
      );
    if (agent.adapter === 'patch') {
      if (name === undefined) throw invalid('spec.repository', 'a patch needs the repository it is made for');
      await this.artifacts.stat(agent.artifact);
    }
    const specDigest = digestOf(JSON.parse(JSON.stringify(spec)));
    if (name === undefined) return { spec, specDigest, repository: null, base: undefined, target: null };
    const repository = await this.repositories.findByName(name);
    if (!repository)
      throw new GatehouseError(
        'repository.not_found',
        `There is no repository ${name}. Add it with gatehouse repo add.`,
      );
    const fresh =
      fullCommit.test(base) ||
      (repository.mirrorFetchedAt !== null &&
        Date.now() - repository.mirrorFetchedAt.getTime() < this.plane.settings.GATEHOUSE_MIRROR_FRESH);
    const pinned = fresh ? await this.sources.pin(repository, base) : undefined;
    const target = await this.sources.targetOf(repository, promotion.target, base);
    // A target that is not there yet, or no more, is for the intake to find out, which looks into the repository itself.
    const isKnown = target !== null || promotion.target === undefined;
    return { spec, specDigest, repository, base: isKnown ? pinned : undefined, target };
  }

  /**
   * The policy a spec runs under. Throws `policy.denied` with the exact fields where it asks for more, and with rule
   * and layer where a rule forbids it.
   */
  async policyFor(caller: Submitter, prepared: Prepared, change?: Change): Promise<EffectivePolicy> {
    const { spec, repository, target } = prepared;
    const manager = change?.manager;
    const requester = requesterOf(caller, spec, target);
    const above = await this.policies.effectiveOf(repository?.id ?? null, manager, spec);
    if (!above.ok) throw new GatehouseError('policy.denied', above.message);
    const wider = wideningsOf(layerOfJob('job', spec).rules, above.policy).map(({ field, message }) => ({
      path: field,
      message,
    }));
    const refuses = [
      ...denialsOf(spec, above.policy, target),
      ...forbiddenOf(spec, requester, above.policy, everyKind),
    ];
    refuse([...wider, ...refuses.map(({ field, ...why }) => ({ path: field, ...why }))]);
    const effective = await this.policies.effectiveFor(
      repository?.id ?? null,
      prepared.specDigest,
      spec,
      manager,
    );
    if (!effective.ok) throw new GatehouseError('policy.denied', effective.message);
    const { policy } = effective;
    // What the job itself added: rules of its own, and gates.
    const own = forbiddenOf(spec, requester, policy, everyKind);
    refuse(own.map(({ field, ...why }) => ({ path: field, ...why })));
    const known = gates.map(({ id }) => id);
    refuse(
      requiredGates(gates, policy.gates)
        .filter((id) => !known.includes(id))
        .map((id) => ({
          path: 'gates',
          message: `The policy names the gate ${id}, which is not there: nothing could pass. Mend the name in the policy.`,
        })),
    );
    return policy;
  }

  /** Writes job and session; with a pinned base (or without a repository) the first attempt is queued at once. */
  async accept(change: Change, caller: Submitter, prepared: Prepared): Promise<Job> {
    const { spec, specDigest, repository, base } = prepared;
    const policy = await this.policyFor(caller, prepared, change);
    const jobId = newId('job');
    const sessionId = newId('session');
    const { name, labels } = spec.metadata;
    await this.jobs.insert(change.manager, {
      id: jobId,
      name,
      labels,
      spec,
      specDigest,
      repositoryId: repository?.id ?? null,
      requestedBy: caller.id,
    });
    await this.sessions.rows.insertSession(change.manager, {
      id: sessionId,
      jobId,
      parentId: null,
      rootId: sessionId,
      path: `/${name}`,
      depth: 0,
      state: 'created',
      baseRef: repository === null ? null : spec.spec.base,
      target: prepared.target,
      policyDigest: policy.digest,
      leaseGeneration: 0,
      version: 0,
    });
    change.record({
      streamId: sessionId,
      type: 'job.accepted',
      actor: caller.id,
      payload: { jobId, name, specDigest, repository: repository?.name ?? null, policyDigest: policy.digest },
    });
    change.record({
      streamId: sessionId,
      type: 'session.created',
      actor: caller.id,
      payload: { jobId, path: `/${name}` },
    });
    const taint = taintOf(spec).map(({ source, reason }) => ({
      source,
      ...(reason !== undefined && { reason }),
    }));
    if (taint.length > 0)
      change.record({ streamId: sessionId, type: 'session.tainted', actor: caller.id, payload: { taint } });
    const session = await this.sessions.lock(change, sessionId);
    const work = { spec, policy, requester: requesterOf(caller, spec, prepared.target) };
    if (repository === null) await this.spawn(change, session, work);
    else if (base !== undefined) await this.pinned(change, session, work, base);
    else await this.tasks.enqueue(change.manager, { type: 'session.intake', payload: { sessionId } });
    return this.jobs.find(jobId, change.manager);
  }

  /** The base is known: note it and queue the first attempt. */
  async pinned(change: Change, session: SessionEntity, work: Work, base: PinnedBase): Promise<void> {
    await this.sessions.set(change, session, { baseCommit: base.commit, baseTree: base.tree });
    change.record({
      streamId: session.id,
      type: 'session.base_pinned',
      actor: 'engine',
      payload: { ref: session.baseRef, commit: base.commit, tree: base.tree, target: session.target },
    });
    await this.spawn(change, session, work);
  }

  private async spawn(
    change: Change,
    session: SessionEntity,
    { spec, policy, requester }: Work,
  ): Promise<void> {
    await this.sessions.move(change, session, 'spawning', { actor: 'engine' });
    const { repositoryId } = await this.jobs.row(session.jobId, change.manager);
    const place = { sessionId: session.id, repositoryId };
    await this.trials.record(change.manager, place, policy, allAsksOf(spec, requester, policy));
    await this.sessions.queueAttempt(change, session, {
      purpose: 'agent',
      wantedKinds: kindsFor(spec, requester, policy, everyKind),
      wantedLabels: spec.spec.requires.labels,
      scheduleToStartMs: durationMs(spec.spec.limits.scheduleToStart),
      actor: 'engine',
    });
  }

  /** Ends a job: what waits is dropped at once, what runs is told by its next heartbeat and killed. */
  async cancel(
    change: Change,
    caller: Caller & { roles: readonly string[] },
    jobId: string,
    reason: string,
  ): Promise<void> {
    const job = await this.jobs.row(jobId, change.manager);
    if (
      !(await this.access.areOne(job.requestedBy, caller.id, change.manager)) &&
      !caller.roles.some((role) => role === 'operator' || role === 'admin')
    )
      throw new GatehouseError('auth.forbidden', 'Only who asked for a job, or an operator, may cancel it.');
    const { id } = await this.sessions.rows.ofJob(jobId, change.manager);
    const session = await this.sessions.lock(change, id);
    if (isTerminal(sessionStates, session.state))
      throw new GatehouseError('job.ended', `The job has ended already: ${session.outcome ?? 'unknown'}.`);
    if (session.cancelReason !== null) return;
    const promotion = await this.promotions.cancelForSession(change, session.id, caller.id, reason);
    if (promotion === 'running')
      throw new GatehouseError(
        'session.state_conflict',
        'Its promotion is being published right now: too late to cancel.',
      );
    await this.sessions.set(change, session, { cancelReason: reason });
    change.record({
      streamId: id,
      type: 'job.cancel_requested',
      actor: caller.id,
      payload: { jobId, reason },
    });
    const open = await this.sessions.rows.openAttempts(change.manager, id);
    for (const attempt of open)
      if (attempt.state === 'queued')
        await this.sessions.moveAttempt(change, attempt, 'cancelled', {
          actor: caller.id,
          reason: { code: 'job.cancelled', message: reason },
        });
    // The promoter closes what it opened.
    const pull = await this.pulls.rows.ofSession(id, change.manager);
    if (pull?.state === 'open') await this.pulls.enqueueSync(change, pull);
    const atWork = open.some(({ state }) => state !== 'cancelled');
    if (atWork) await this.sessions.move(change, session, 'terminating', { actor: caller.id });
    else
      await this.sessions.end(change, session, 'cancelled', {
        actor: caller.id,
        reason: { code: 'job.cancelled', message: reason },
      });
  }
}

const refuse = (errors: NonNullable<Problem['errors']>): void => {
  const [first] = errors;
  if (first === undefined) return;
  throw new GatehouseError('policy.denied', `Policy refuses this job: ${first.path}: ${first.message}`, {
    details: { errors },
  });
};

const invalid = (path: string, message: string): GatehouseError =>
  new GatehouseError('request.invalid', `${path}: ${message}.`, { details: { errors: [{ path, message }] } });
