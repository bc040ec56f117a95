import { canaryOf, LeasesRepository } from '@gatehouse/capability';
import type { EffectivePolicy } from '@gatehouse/contracts';
import { ArtifactStore, AttemptLogs } from '@gatehouse/ledger';
import {
  PlaneSettings,
  RepositoriesRepository,
  RepositoryService,
  type AttemptEntity,
  type JobEntity,
  type SessionEntity,
} from '@gatehouse/session';
import { CandidateService, type JudgeInput, type Judgement } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';

export interface Work {
  readonly attempt: AttemptEntity;
  readonly job: JobEntity;
  readonly policy: EffectivePolicy;
}

/** Of each stream, from its beginning and from its end. */
const logBytes = 1024 * 1024;

export interface Judged {
  readonly judgement: Judgement;
  readonly input: JudgeInput;
}

/** Gathers what the gates are told of an attempt's result, and has them asked. */
@Injectable()
export class JudgingService {
  constructor(
    private readonly repositories: RepositoriesRepository,
    private readonly sources: RepositoryService,
    private readonly candidates: CandidateService,
    private readonly artifacts: ArtifactStore,
    private readonly leases: LeasesRepository,
    private readonly logs: AttemptLogs,
    private readonly plane: PlaneSettings,
  ) {}

  async judge(
    { attempt, job, policy }: Work,
    session: SessionEntity,
    result: Extract<NonNullable<AttemptEntity['result']>, { kind: 'patch' }>,
  ): Promise<Judged> {
    const repository = await this.repositories.find(job.repositoryId ?? '');
    const parts: Buffer[] = [];
    for await (const part of this.artifacts.read(result.patch)) parts.push(Buffer.from(part));
    const target = await this.sources.targetOf(
      repository,
      session.target ?? undefined,
      session.baseRef ?? 'HEAD',
    );
    const lease = await this.leaseFacts(attempt, session, result.base);
    const input: JudgeInput = {
      sessionId: session.id,
      attemptId: attempt.id,
      repositoryId: repository.id,
      mirrorDir: this.plane.mirrorDir(repository.id),
      quarantineRoot: this.plane.quarantineDir,
      base: { commit: session.baseCommit ?? '' },
      reachableFrom: target,
      policy,
      specDigest: job.specDigest,
      patch: Buffer.concat(parts),
      patchArtifact: result.patch,
      declaredSha256: result.patch.replace(/^sha256:/, ''),
      declaredTree: result.tree,
      lease,
      harvest: result.report === null ? { made: 'handed_in' } : { made: 'harvested', report: result.report },
      bait: await this.bait(attempt, session),
    };
    return { judgement: await this.candidates.judge(input), input };
  }

  private async bait({ id }: AttemptEntity, session: SessionEntity): Promise<JudgeInput['bait']> {
    const leases = await this.leases.ofAgents(session.id);
    const log: Buffer[] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      const first = await this.logs.read(id, stream, 0, logBytes);
      log.push(first.bytes);
      if (first.next < first.size)
        log.push((await this.logs.read(id, stream, Math.max(first.size - logBytes, 0), logBytes)).bytes);
    }
    return { tokens: leases.flatMap((lease) => Object.values(canaryOf(lease))), log: Buffer.concat(log) };
  }

  private async leaseFacts(
    attempt: AttemptEntity,
    session: SessionEntity,
    base: string,
  ): Promise<JudgeInput['lease']> {
    const generation = attempt.leaseGeneration ?? 0;
    const newest = await this.leases.newestGeneration(session.id, 'agent');
    return {
      generation,
      currentGeneration: newest ?? generation,
      sessionMatches: attempt.sessionId === session.id,
      repositoryMatches: true,
      baseMatches: base === session.baseCommit,
    };
  }
}
