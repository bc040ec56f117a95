import {
  GatehouseError,
  type Candidate,
  type CandidateQuery,
  type Page,
  type Verdict,
} from '@gatehouse/contracts';
import { pageOfRows } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { CandidateEntity } from './candidate.entity.js';

interface CandidateRow {
  /** Of `session_candidates`: pages go by it, since one candidate can come out of many sessions. */
  id: string;
  candidate_id: string;
  alias: string;
  session_id: string;
  job_id: string;
  repository: string;
  base: string;
  base_tree: string;
  tree: string;
  patch: string;
  patch_bytes: string;
  files: number;
  spec_digest: string;
  created_at: Date;
  verdict_id: string | null;
  outcome: Verdict['outcome'];
  approvals_needed: boolean;
  policy_digest: string;
  gate_set_digest: string;
  static_digest: string;
  cached: boolean;
  gates: Verdict['gates'];
  repair: NonNullable<Verdict['repair']> | null;
  decided_at: Date;
}

const select = `
  SELECT l.id, l.candidate_id, c.alias, l.session_id, s.job_id, r.name AS repository, c.base, c.base_tree, c.tree,
         c.patch, c.patch_bytes, c.files, c.spec_digest, l.created_at, v.id AS verdict_id, v.outcome,
         v.approvals_needed, v.policy_digest, v.gate_set_digest, v.static_digest, v.cached, v.gates, v.repair,
         v.decided_at
  FROM session_candidates l
  JOIN candidates c ON c.id = l.candidate_id
  JOIN sessions s ON s.id = l.session_id
  JOIN repositories r ON r.id = c.repository_id
  LEFT JOIN LATERAL (
    SELECT * FROM verdicts WHERE session_id = l.session_id AND candidate_id = l.candidate_id
    ORDER BY id DESC LIMIT 1) v ON true`;

const toVerdict = (row: CandidateRow): Verdict | null =>
  row.verdict_id === null
    ? null
    : {
        id: row.verdict_id,
        candidateId: row.candidate_id,
        sessionId: row.session_id,
        outcome: row.outcome,
        approvalsNeeded: row.approvals_needed,
        policyDigest: row.policy_digest,
        gateSetDigest: row.gate_set_digest,
        staticDigest: row.static_digest,
        cached: row.cached,
        gates: row.gates,
        repair: row.repair,
        decidedAt: row.decided_at.toISOString(),
      };

const toCandidate = (row: CandidateRow): Candidate => {
  const verdict = toVerdict(row);
  return {
    id: row.candidate_id,
    alias: row.alias,
    sessionId: row.session_id,
    jobId: row.job_id,
    repository: row.repository,
    base: row.base,
    baseTree: row.base_tree,
    tree: row.tree,
    patch: row.patch,
    patchBytes: Number(row.patch_bytes),
    files: row.files,
    specDigest: row.spec_digest,
    state: verdict?.outcome ?? 'judging',
    verdict,
    createdAt: row.created_at.toISOString(),
  };
};

const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

@Injectable()
export class CandidatesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Answers the row that is there, whoever came first. */
  async insert(manager: Transaction, row: Omit<CandidateEntity, 'createdAt'>): Promise<CandidateEntity> {
    await manager.createQueryBuilder().insert().into(CandidateEntity).values(row).orIgnore().execute();
    return manager.findOneByOrFail(CandidateEntity, { id: row.id });
  }

  /** True where the session did not have the candidate before. */
  async link(
    manager: Transaction,
    { candidateId, sessionId, attemptId }: { candidateId: string; sessionId: string; attemptId: string },
  ): Promise<boolean> {
    const rows = (await manager.query(
      `INSERT INTO session_candidates (id, candidate_id, session_id, attempt_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (session_id, candidate_id) DO NOTHING RETURNING id`,
      [ulid(), candidateId, sessionId, attemptId],
    )) as unknown[];
    return rows.length > 0;
  }

  /** Throws `candidate.not_found`. */
  async row(id: string): Promise<CandidateEntity> {
    const row = await this.dataSource.manager.findOneBy(CandidateEntity, { id });
    if (!row) throw new GatehouseError('candidate.not_found', `There is no candidate ${id}.`);
    return row;
  }

  /** As the wire shows it; without a session, as it last came out of one. Throws `candidate.not_found`. */
  async find(id: string, sessionId?: string): Promise<Candidate> {
    const [row] = await this.rows({ id, sessionId, limit: 1 });
    if (row) return toCandidate(row);
    const where = sessionId === undefined ? '' : ` of session ${sessionId}`;
    throw new GatehouseError('candidate.not_found', `There is no candidate ${id}${where}.`);
  }

  async page({ cursor, limit, sessionId, jobId }: CandidateQuery): Promise<Page<Candidate>> {
    if (cursor !== undefined && !ulidPattern.test(cursor))
      throw new GatehouseError(
        'cursor.invalid',
        'Take the cursor from `next` of the page before, unchanged.',
      );
    const rows = await this.rows({ cursor, sessionId, jobId, limit: limit + 1 });
    const { items, next } = pageOfRows(rows, limit);
    return { items: items.map(toCandidate), next };
  }

  private async rows(query: {
    id?: string;
    cursor?: string | undefined;
    sessionId?: string | undefined;
    jobId?: string | undefined;
    limit: number;
  }): Promise<CandidateRow[]> {
    return (await this.dataSource.query(
      `${select}
       WHERE ($1::text IS NULL OR l.candidate_id = $1) AND ($2::text IS NULL OR l.id < $2)
         AND ($3::text IS NULL OR l.session_id = $3) AND ($4::text IS NULL OR s.job_id = $4)
       ORDER BY l.id DESC LIMIT $5`,
      [query.id ?? null, query.cursor ?? null, query.sessionId ?? null, query.jobId ?? null, query.limit],
    )) as CandidateRow[];
  }
}
