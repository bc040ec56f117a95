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
  type Decision,
  type Denial,
  type Requester,
} from '@gatehouse/policy';
import { JobsRepository, SessionsRepository, type JobEntity, type Reason } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { allAsksOf, everyKind, requesterOf, type Submitter } from './requester.js';
import type { Prepared } from './submit.service.js';

/** What the rules say of a change that is about to be published. */
export interface Standing {
  /** Why it must not be; null where no rule forbids it. */
  readonly forbids: string | null;
  /** The rules by which somebody has to approve it. */
  readonly asks: readonly Decision[];
}

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

  /** What this policy does not permit of a job that was accepted under another one. */
  async denials(
    job: JobEntity,
    policy: EffectivePolicy,
    { target, kinds = everyKind }: { target: string | null; kinds?: readonly CapabilityKind[] },
    manager?: Transaction,
  ): Promise<Denial[]> {
    const requester = await this.requester(job, target, manager);
    return [...denialsOf(job.spec, policy, target), ...forbiddenOf(job.spec, requester, policy, kinds)];
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

  /** Why a job must not be given to a worker any more, by the policy in force; null where it may. */
  async refusesClaim({ manager }: Change, sessionId: string, kind: CapabilityKind): Promise<Reason | null> {
    const { jobId, policyDigest, target } = await this.sessions.lock(manager, sessionId);
    const job = await this.jobs.row(jobId, manager);
    const { repositoryId, specDigest, spec } = job;
    if ((await this.policies.digestNow(repositoryId, specDigest, spec, manager)) === policyDigest)
      return null;
    const now = await this.policies.effectiveFor(repositoryId, specDigest, spec, manager);
    const [first] = now.ok ? await this.denials(job, now.policy, { target, kinds: [kind] }, manager) : [];
    const because = now.ok ? first && `${first.field}: ${first.message}` : now.message;
    return because === undefined
      ? null
      : { code: 'policy.denied', message: `The policy has changed and refuses this job: ${because}` };
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
