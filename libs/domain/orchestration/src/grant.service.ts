import {
  canaryOf,
  LeaseService,
  limitsOf,
  type Granted,
  type HeldLease,
  type Seeker,
} from '@gatehouse/capability';
import {
  allowedImages,
  GatehouseError,
  type EffectivePolicy,
  type JobSpec,
  type LeaseGrant,
} from '@gatehouse/contracts';
import { packTree, GitRunner, type TreePack } from '@gatehouse/git';
import { PolicyService } from '@gatehouse/policy';
import { sha256Hex } from '@gatehouse/proof';
import {
  JobsRepository,
  PlaneSettings,
  SessionService,
  type JobEntity,
  type SessionEntity,
} from '@gatehouse/session';
import { CandidateService, TestWorkService } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { RuleService } from './rule.service.js';

interface Work {
  readonly session: SessionEntity;
  readonly job: JobEntity;
  readonly policy: EffectivePolicy;
}

/** The image that the job named. Of one that is allowed no more only the name is left, which no worker can run. */
const imageFor = ({ validation: { image } }: JobSpec['spec'], { settings }: PlaneSettings): string | null =>
  image === undefined ? null : (allowedImages(settings, process.versions.node).get(image) ?? image);

export interface ClaimedGrants {
  /** May take work now; the others were drained, disabled or have gone. */
  readonly able: ReadonlySet<Seeker>;
  readonly granted: readonly {
    readonly seeker: Seeker;
    readonly leaseId: string;
    readonly grant: Promise<LeaseGrant>;
  }[];
}

/** Completes a claim with all that the worker needs, and opens to a lease what it may read. */
@Injectable()
export class GrantService {
  constructor(
    private readonly leases: LeaseService,
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly policies: PolicyService,
    private readonly rules: RuleService,
    private readonly candidates: CandidateService,
    private readonly tests: TestWorkService,
    private readonly git: GitRunner,
    private readonly plane: PlaneSettings,
  ) {}

  /** One claim for all who wait. */
  async claim(seekers: readonly Seeker[]): Promise<ClaimedGrants> {
    const { granted, able } = await this.leases.claim(seekers, (change, sessionId, kind) =>
      this.rules.refusesClaim(change, sessionId, kind),
    );
    return {
      able,
      granted: granted.map((each) => ({
        seeker: each.seeker,
        leaseId: each.lease.id,
        grant: this.complete(each),
      })),
    };
  }

  private async complete(granted: Granted): Promise<LeaseGrant> {
    const { lease, kind, attempt } = granted;
    const { session, job, policy } = await this.work(granted.session.id);
    const { spec } = job.spec;
    const validates = attempt.purpose === 'validate';
    const candidate = validates ? await this.candidates.find(attempt.candidateId ?? '', session.id) : null;
    const begins = attempt.startCandidateId;
    const start = begins === null ? null : await this.candidates.find(begins, session.id);
    const limits = limitsOf(spec, policy.limits.executionMinutes);
    return {
      lease,
      attempt: { id: attempt.id, number: attempt.number, purpose: attempt.purpose },
      sessionId: session.id,
      job: { id: job.id, name: job.name, goal: spec.goal },
      feedback: attempt.feedback,
      start: start && { candidateId: start.id, tree: start.tree, patch: start.patch },
      kind,
      image: validates ? imageFor(spec, this.plane) : null,
      limits,
      base:
        session.baseCommit === null || session.baseTree === null
          ? null
          : { commit: session.baseCommit, tree: session.baseTree, ref: session.baseRef ?? 'HEAD' },
      agent: validates ? null : spec.agent,
      // A patch that was handed in was made by nobody whom a canary could have been laid out for.
      ...(!validates &&
        spec.agent.adapter !== 'patch' && {
          canary: canaryOf({ id: lease.id, tokenSha256: sha256Hex(lease.token) }),
        }),
      validate: candidate && {
        candidateId: candidate.id,
        tree: attempt.stack?.tree ?? candidate.tree,
        patch: attempt.stack?.patch ?? candidate.patch,
        setup: policy.setup,
        commands: policy.commands,
        tests:
          attempt.stack === null
            ? await this.tests.workFor(candidate.id, { policy, kind, limits })
            : await this.tests.stackWork({ baseTree: candidate.baseTree, policy, kind, limits }),
      },
    };
  }

  /** The base of a lease as a pack. Throws `lease.gone`, `request.not_found`. */
  async workspace(lease: HeldLease, generation: number): Promise<TreePack> {
    this.leases.check(lease, generation);
    const { session, job } = await this.work(lease.sessionId);
    if (session.baseCommit === null || job.repositoryId === null)
      throw new GatehouseError(
        'request.not_found',
        'This attempt has no repository: its workspace starts empty.',
      );
    return packTree(this.git, this.plane.mirrorDir(job.repositoryId), session.baseCommit);
  }

  /** True where the lease's work needs the artifact: a lease opens nothing else. */
  async mayRead(lease: HeldLease, generation: number, artifact: string): Promise<boolean> {
    this.leases.check(lease, generation);
    const { session, job } = await this.work(lease.sessionId);
    const attempt = await this.sessions.rows.attempt(lease.attemptId);
    if (attempt.stack !== null) return attempt.stack.patch === artifact;
    if (attempt.purpose === 'validate')
      return (await this.candidates.find(attempt.candidateId ?? '', session.id)).patch === artifact;
    const begins = attempt.startCandidateId;
    if (begins !== null && (await this.candidates.find(begins, session.id)).patch === artifact) return true;
    const { agent } = job.spec.spec;
    return agent.adapter === 'patch' && agent.artifact === artifact;
  }

  private async work(sessionId: string): Promise<Work> {
    const session = await this.sessions.rows.find(sessionId);
    const job = await this.jobs.row(session.jobId);
    const policy = await this.policies.byDigest(session.policyDigest ?? '');
    if (!policy)
      throw new GatehouseError('policy.denied', 'The policy of this session is not known any more.');
    return { session, job, policy };
  }
}
