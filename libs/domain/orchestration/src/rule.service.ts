import type { CapabilityKind, EffectivePolicy } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import {
  AccessService,
  approvalsOf,
  askPromotion,
  decide,
  denialsOf,
  forbiddenOf,
  PolicyService,
  PolicyTrialService,
  type Ask,
  type Decision,
  type Denial,
  type Requester,
} from '@gatehouse/policy';
import { JobsRepository, SessionsRepository, type JobEntity, type Reason } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { allAsksOf, requesterOf, type Submitter } from './requester.js';
import type { Prepared } from './submit.service.js';

/** What the rules say of a change that is about to be published. */
export interface Standing {
  /** Why it must not be; null where no rule forbids it. */
  readonly forbids: string | null;
  /** The rules by which somebody has to approve it. */
  readonly asks: readonly Decision[];
}

/** What the policy in force comes to for one job. */
export interface InForce {
  /** Null where its layers contradict each other, which permits nothing. */
  readonly policy: EffectivePolicy | null;
  readonly asks: readonly Ask[];
  /** Why the job must not go on; null where it may. */
  readonly refuses: Reason | null;
}

const denialsUnder = (
  { spec }: JobEntity,
  requester: Requester,
  policy: EffectivePolicy,
  kinds: readonly CapabilityKind[],
): Denial[] => [...denialsOf(spec, policy, requester.target), ...forbiddenOf(spec, requester, policy, kinds)];

/** The rules of all layers at the later steps of a job: one may have joined since it was submitted. */
@Injectable()
export class RuleService {
  constructor(
    private readonly access: AccessService,
    private readonly policies: PolicyService,
    private readonly trials: PolicyTrialService,
    private readonly jobs: JobsRepository,
    private readonly sessions: SessionsRepository,
  ) {}

  async requester(job: JobEntity, target: string | null, manager?: Transaction): Promise<Requester> {
    return requesterOf(await this.access.principal(job.requestedBy, manager), job.spec, target);
  }

  /** Keeps what the policy said to a job that it refused: there is no session to keep it with. */
  async noteRefusal({ manager }: Change, caller: Submitter, prepared: Prepared): Promise<void> {
    const { spec, repository, target } = prepared;
    const repositoryId = repository?.id ?? null;
    const above = await this.policies.effectiveOf(repositoryId, manager, spec);
    if (!above.ok) return;
    const asks = allAsksOf(spec, requesterOf(caller, spec, target), above.policy);
    await this.trials.record(manager, { sessionId: null, repositoryId }, above.policy, asks);
  }

  /** What the policy in force says to a job that was accepted under another one. */
  async inForce(
    job: JobEntity,
    { target, kinds }: { readonly target: string | null; readonly kinds: readonly CapabilityKind[] },
    manager?: Transaction,
  ): Promise<InForce> {
    const now = await this.policies.effectiveFor(job.repositoryId, job.specDigest, job.spec, manager);
    const requester = await this.requester(job, target, manager);
    const policy = now.ok ? now.policy : null;
    const [first] = policy === null ? [] : denialsUnder(job, requester, policy, kinds);
    const because = now.ok ? first && `${first.field}: ${first.message}` : now.message;
    const asks = policy === null ? [] : allAsksOf(job.spec, requester, policy, kinds);
    if (because === undefined) return { policy, asks, refuses: null };
    const message = `The policy has changed and refuses this job: ${because}`;
    return { policy, asks, refuses: { code: 'policy.denied', message } };
  }

  /** Keeps what the policy in force said, with the change that followed from it. */
  async note(
    { manager }: Change,
    sessionId: string,
    job: JobEntity,
    { policy, asks }: InForce,
  ): Promise<void> {
    if (policy === null) return;
    await this.trials.record(manager, { sessionId, repositoryId: job.repositoryId }, policy, asks);
  }

  /**
   * Why a job must not be given to a worker any more, by the policy in force; null where it may. Under the policy that
   * it was accepted under nothing is decided: its answers are kept since then.
   */
  async refusesClaim(change: Change, sessionId: string, kind: CapabilityKind): Promise<Reason | null> {
    const { manager } = change;
    const { jobId, policyDigest, target } = await this.sessions.lock(manager, sessionId);
    const job = await this.jobs.row(jobId, manager);
    const { repositoryId, specDigest, spec } = job;
    if ((await this.policies.digestNow(repositoryId, specDigest, spec, manager)) === policyDigest)
      return null;
    const now = await this.inForce(job, { target, kinds: [kind] }, manager);
    await this.note(change, sessionId, job, now);
    return now.refuses;
  }

  /** For a change that is about to be published; `kinds` are those it ran in. */
  async standing(
    job: JobEntity,
    {
      sessionId,
      policy,
      kinds,
      target,
    }: {
      readonly sessionId: string;
      readonly policy: EffectivePolicy;
      readonly kinds: readonly CapabilityKind[];
      readonly target: string;
    },
    manager: Transaction,
  ): Promise<Standing> {
    const requester = await this.requester(job, target, manager);
    const ask = askPromotion(job.spec, requester, target);
    const asked = decide(policy, ask);
    await this.trials.record(manager, { sessionId, repositoryId: job.repositoryId }, policy, [ask]);
    return {
      forbids: asked.effect === 'forbid' ? asked.reason : null,
      asks: approvalsOf(job.spec, requester, policy, kinds),
    };
  }
}
