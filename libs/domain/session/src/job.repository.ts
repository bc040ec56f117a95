import { GatehouseError, type Job, type JobPhase, type JobQuery, type Page } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JobEntity } from './job.entity.js';
import { pageOfRows, pageWhere } from './keyset.repository.js';
import { phaseOf, type PhaseFacts } from './session.js';

interface JobRow {
  id: string;
  name: string;
  labels: Record<string, string>;
  spec: Job['spec'];
  spec_digest: string;
  repository: string | null;
  requested_by: string;
  requester: string;
  session_id: string;
  state: PhaseFacts['state'];
  outcome: PhaseFacts['outcome'];
  reason_message: string | null;
  candidate_id: string | null;
  base_ref: string | null;
  base_commit: string | null;
  handed_in: boolean;
  promotion: PhaseFacts['promotion'];
  level: string | null;
  pull: string | null;
  created_at: Date;
  ended_at: Date | null;
}

const select = `
  SELECT j.id, j.name, j.labels, j.spec, j.spec_digest, r.name AS repository, j.requested_by,
         p.name AS requester, s.id AS session_id, s.state, s.outcome, s.reason_message, s.candidate_id,
         s.base_ref, s.base_commit, coalesce(a.state = 'succeeded', false) AS handed_in, m.state AS promotion, m.level, q.state AS pull,
         j.created_at, s.ended_at
  FROM jobs j
  JOIN principals p ON p.id = j.requested_by
  JOIN sessions s ON s.job_id = j.id AND s.parent_id IS NULL
  LEFT JOIN repositories r ON r.id = j.repository_id
  LEFT JOIN LATERAL (SELECT state FROM attempts WHERE session_id = s.id AND purpose = 'agent'
                     ORDER BY number DESC LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT state, level FROM promotions WHERE session_id = s.id ORDER BY id DESC LIMIT 1) m ON true
  LEFT JOIN pull_requests q ON q.session_id = s.id`;

/** `phaseOf` in the words of the database, so that a list can be asked by phase; a spec holds the two together. */
export const phaseSql = `CASE
  WHEN s.state = 'ended' THEN CASE
    WHEN s.outcome IN ('cancelled', 'errored', 'noop') THEN s.outcome
    WHEN s.outcome = 'succeeded' THEN
      CASE WHEN m.state = 'succeeded' AND m.level IS DISTINCT FROM 'patch' THEN 'promoted' ELSE 'stored' END
    WHEN a.state = 'succeeded' THEN 'refused'
    ELSE 'failed' END
  WHEN s.state = 'suspended' THEN 'suspended'
  WHEN s.state IN ('created', 'spawning') THEN 'pending'
  WHEN m.state = 'awaiting_approval' THEN 'awaiting_approval'
  WHEN q.state = 'open' AND m.state IN ('succeeded', 'failed', 'aborted') AND s.state = 'idle' THEN 'in_review'
  WHEN m.state <> 'discarded' AND NOT (q.state IS NOT DISTINCT FROM 'open' AND m.state IN ('succeeded', 'failed', 'aborted'))
    THEN 'promoting'
  WHEN s.state = 'idle' THEN 'validating'
  ELSE 'running' END`;
const livePhases: readonly JobPhase[] = [
  'pending',
  'running',
  'validating',
  'awaiting_approval',
  'promoting',
  'in_review',
  'suspended',
];

const toJob = (row: JobRow): Job => ({
  id: row.id,
  name: row.name,
  labels: row.labels,
  phase: phaseOf({
    state: row.state,
    outcome: row.outcome,
    handedIn: row.handed_in,
    promotion: row.promotion,
    promotedLevel: row.level,
    isPullOpen: row.pull === 'open',
  }),
  reason: row.reason_message,
  repository: row.repository,
  requestedBy: { id: row.requested_by, name: row.requester },
  base: row.base_ref === null ? null : { ref: row.base_ref, commit: row.base_commit },
  spec: row.spec,
  specDigest: row.spec_digest,
  sessionId: row.session_id,
  createdAt: row.created_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
});

@Injectable()
export class JobsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(manager: Transaction, row: Omit<JobEntity, 'createdAt'>): Promise<void> {
    await manager.insert(JobEntity, row as JobEntity);
  }

  async row(id: string, manager: Transaction = this.dataSource.manager): Promise<JobEntity> {
    const row = await manager.findOneBy(JobEntity, { id });
    if (!row) throw new GatehouseError('job.not_found', `There is no job ${id}.`);
    return row;
  }

  /** As the wire shows it, its phase derived. Throws `job.not_found`. */
  async find(id: string, manager: Transaction = this.dataSource.manager): Promise<Job> {
    const [row] = (await manager.query(`${select} WHERE j.id = $1`, [id])) as JobRow[];
    if (!row) throw new GatehouseError('job.not_found', `There is no job ${id}.`);
    return toJob(row);
  }

  async page(query: JobQuery): Promise<Page<Job>> {
    pageWhere(query, 'job');
    const where: string[] = [];
    const parameters: unknown[] = [];
    const add = (condition: string, value: unknown): void => {
      parameters.push(value);
      where.push(condition.replace('?', `$${parameters.length}`));
    };
    if (query.cursor !== undefined) add('j.id < ?', query.cursor);
    if (query.repository !== undefined) add('r.name = ?', query.repository);
    if (query.name !== undefined) add('j.name = ?', query.name);
    if (query.namePrefix !== undefined) add('starts_with(j.name, ?)', query.namePrefix);
    if (query.requestedBy !== undefined) add('j.requested_by = ?', query.requestedBy);
    if (query.label !== undefined) add('j.labels @> ?::jsonb', JSON.stringify(labelOf(query.label)));
    if (query.createdAfter !== undefined) add('j.created_at >= ?', query.createdAfter);
    if (query.createdBefore !== undefined) add('j.created_at < ?', query.createdBefore);
    if (query.phase !== undefined) {
      add(`${phaseSql} = ?`, query.phase);
      // Implied by the phase, and what an index can answer: few jobs are live at once.
      where.push(`s.ended_at IS ${livePhases.includes(query.phase) ? 'NULL' : 'NOT NULL'}`);
    }
    if (query.live !== undefined) where.push(`s.ended_at IS ${query.live === 'true' ? 'NULL' : 'NOT NULL'}`);
    parameters.push(query.limit + 1);
    const rows = (await this.dataSource.query(
      `${select} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY j.id DESC LIMIT $${parameters.length}`,
      parameters,
    )) as JobRow[];
    const page = pageOfRows(rows, query.limit);
    return { items: page.items.map(toJob), next: page.next };
  }
}

/** `key=value`; the schema has seen the equals sign. */
const labelOf = (label: string): Record<string, string> => {
  const cut = label.indexOf('=');
  return { [label.slice(0, cut)]: label.slice(cut + 1) };
};
