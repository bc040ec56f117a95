import type { Attempt, Repository, Session } from '@gatehouse/contracts';
import type { AttemptEntity } from './attempt.entity.js';
import type { RepositoryEntity } from './repository.entity.js';
import type { SessionEntity } from './session.entity.js';

const reasonOf = (row: { reasonCode: string | null; reasonMessage: string | null }): Session['reason'] =>
  row.reasonCode === null ? null : { code: row.reasonCode, message: row.reasonMessage ?? '' };

export const toSession = (row: SessionEntity): Session => ({
  id: row.id,
  jobId: row.jobId,
  parentId: row.parentId,
  path: row.path,
  state: row.state,
  outcome: row.outcome,
  suspendedBecause: row.state === 'suspended' ? row.suspendedBecause : null,
  reason: reasonOf(row),
  base:
    row.baseCommit === null || row.baseTree === null ? null : { commit: row.baseCommit, tree: row.baseTree },
  candidateId: row.candidateId,
  createdAt: row.createdAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});

/** `workerName` is what the capability room knows the worker by. */
export const toAttempt = (row: AttemptEntity, workerName: string | null): Attempt => ({
  id: row.id,
  sessionId: row.sessionId,
  number: row.number,
  purpose: row.purpose,
  state: row.state,
  reason: reasonOf(row),
  capability: row.kind,
  worker: workerName,
  leaseGeneration: row.leaseGeneration,
  candidateId: row.candidateId,
  feedback: row.feedback,
  startCandidateId: row.startCandidateId,
  exitCode: row.exitCode,
  report: row.report,
  files: row.result?.kind === 'files' ? row.result.files : [],
  createdAt: row.createdAt.toISOString(),
  startedAt: row.startedAt?.toISOString() ?? null,
  endedAt: row.endedAt?.toISOString() ?? null,
});

export const toRepository = (row: RepositoryEntity): Repository => ({
  id: row.id,
  name: row.name,
  source: row.source,
  sourceKind: row.sourceKind,
  forge: row.forge,
  mode: row.mode,
  defaultBranch: row.defaultBranch,
  mirror: {
    fetchedAt: row.mirrorFetchedAt?.toISOString() ?? null,
    warnings: row.mirrorWarnings,
    error: row.mirrorError,
  },
  createdAt: row.createdAt.toISOString(),
});
