import type { LaneQuery } from '@gatehouse/contracts';
import { personOf } from '@gatehouse/policy';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { overBudget } from '../promotion.budget.js';
import { unstacked, type InLane } from './lane.round.js';
import type { PromotionEntity } from '../promotion.entity.js';

export interface LaneRow {
  readonly id: string;
  readonly state: PromotionEntity['state'];
  readonly level: PromotionEntity['level'];
  readonly target: string;
  readonly quorum: number;
  readonly reason_code: string | null;
  readonly reason_message: string | null;
  readonly created_at: Date;
  readonly repository: string;
  readonly job_id: string;
  readonly job_name: string;
  readonly requested_by: string;
  readonly requester: string;
  readonly generation: number;
  /** In a speculative lane; null where it stands in no stack. */
  readonly stacked: 'waiting' | 'passed' | 'dropped' | null;
}

/** More nobody reads; the oldest are shown. */
const mostShown = 1000;

/** Neither over the budget nor still to be judged with others; the two places hold `overBudget` and `unstacked`. */
const mayGo = (budget: string, stack: string): string =>
  `m.state = 'pending' AND m.reason_code IS DISTINCT FROM ${budget} AND (m.reason_code IS DISTINCT FROM ${stack}
     OR EXISTS (SELECT 1 FROM lane_checks k WHERE k.promotion_id = m.id AND k.state IN ('passed', 'dropped')))`;

/** Publishing of this one opens a pull request: it has none yet. */
const opens = `m.state = 'running' AND m.level = 'draft_pr'
  AND NOT EXISTS (SELECT 1 FROM pull_requests q WHERE q.session_id = m.session_id)`;

/** The jobs of whoever is $3, under all their names. */
const ofThem = `j.requested_by IN (SELECT x.id FROM principals x JOIN principals y ON ${personOf('x')} = ${personOf('y')}
  WHERE y.id = $3)`;

/**
 * The order in lanes and the budget of reviewers. The oldest that may go goes first; what waits for people or for the
 * budget holds nobody up.
 */
@Injectable()
export class LanesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Whoever of the lane may go before this one; undefined where nobody may. */
  async ahead(
    manager: Transaction,
    { repositoryId, target, id }: PromotionEntity,
  ): Promise<string | undefined> {
    return this.first(manager, { repositoryId, target }, id);
  }

  /** Whose turn it is. */
  next(manager: Transaction, lane: InLane): Promise<string | undefined> {
    return this.first(manager, lane, null);
  }

  /** Who runs in its lane or goes before it, of now. */
  async before(row: PromotionEntity): Promise<string[]> {
    const rows = (await this.dataSource.query(
      `SELECT m.id FROM promotions m WHERE m.repository_id = $1 AND m.target = $2 AND m.id <> $3
         AND (m.state = 'running' OR (m.id < $3 AND ${mayGo('$4', '$5')}))
       ORDER BY m.state = 'running' DESC, m.id`,
      [row.repositoryId, row.target, row.id, overBudget, unstacked],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** What runs and waits, by lane, oldest first. */
  active({ repository, target }: LaneQuery): Promise<LaneRow[]> {
    return this.dataSource.query(
      `SELECT m.id, m.state, m.level, m.target, m.quorum, m.reason_code, m.reason_message, m.created_at,
              r.name AS repository, j.id AS job_id, j.name AS job_name, p.id AS requested_by, p.name AS requester,
              coalesce(l.generation, 0) AS generation, k.state AS stacked
       FROM promotions m JOIN repositories r ON r.id = m.repository_id
       JOIN sessions s ON s.id = m.session_id JOIN jobs j ON j.id = s.job_id
       JOIN principals p ON p.id = j.requested_by
       LEFT JOIN lane_checks k ON k.promotion_id = m.id AND k.state <> 'void'
       LEFT JOIN lanes l ON l.repository_id = m.repository_id AND l.target = m.target
       WHERE m.state IN ('pending', 'awaiting_approval', 'running', 'errored')
         AND ($1::text IS NULL OR r.name = $1) AND ($2::text IS NULL OR m.target = $2)
       ORDER BY r.name, m.target, m.id LIMIT $3`,
      [repository ?? null, target ?? null, mostShown],
    );
  }

  private async first(
    manager: Transaction,
    { repositoryId, target }: InLane,
    before: string | null,
  ): Promise<string | undefined> {
    const [row] = (await manager.query(
      `SELECT m.id FROM promotions m WHERE m.repository_id = $1 AND m.target = $2 AND ${mayGo('$3', '$5')}
         AND ($4::text IS NULL OR m.id < $4) ORDER BY m.id LIMIT 1`,
      [repositoryId, target, overBudget, before, unstacked],
    )) as { id: string }[];
    return row?.id;
  }

  /** The oldest one of the repository that waits for the budget, after this one. */
  async heldAfter(manager: Transaction, repositoryId: string, id: string): Promise<string | undefined> {
    const [row] = (await manager.query(
      `SELECT id FROM promotions WHERE repository_id = $1 AND state = 'pending' AND reason_code = $2 AND id > $3
       ORDER BY id LIMIT 1`,
      [repositoryId, overBudget, id],
    )) as { id: string }[];
    return row?.id;
  }

  /** Of each repository the oldest that waits for the budget, where nobody asked again for so long. */
  async heldFor(olderThanMs: number, limit: number): Promise<string[]> {
    const rows = (await this.dataSource.query(
      `SELECT min(id) AS id FROM promotions WHERE state = 'pending' AND reason_code = $1
       GROUP BY repository_id HAVING max(updated_at) < now() - $2 * interval '1 ms' LIMIT $3`,
      [overBudget, olderThanMs, limit],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** What waits for people longer than this. */
  async unanswered(olderThanMs: number, limit: number): Promise<string[]> {
    const rows = (await this.dataSource.query(
      `SELECT id FROM promotions WHERE state = 'awaiting_approval' AND updated_at < now() - $1 * interval '1 ms'
       ORDER BY id LIMIT $2`,
      [olderThanMs, limit],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** One claim at a time looks at the budget: two lanes of a repository must not both take its last place. */
  async lockBudget(manager: Transaction): Promise<void> {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse promotion budget'))`);
  }

  /** What counts against the budget of a promotion; null where its session has a pull request, which opens none. */
  async budget(
    { sessionId, repositoryId }: Pick<PromotionEntity, 'sessionId' | 'repositoryId'>,
    requestedBy: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<{ open: number; asked: number } | null> {
    const [row] = (await manager.query(
      `SELECT EXISTS (SELECT 1 FROM pull_requests WHERE session_id = $1) AS has,
              (SELECT count(*)::int FROM pull_requests WHERE repository_id = $2 AND state = 'open')
                + (SELECT count(*)::int FROM promotions m WHERE m.repository_id = $2 AND ${opens}) AS open,
              (SELECT count(*)::int FROM pull_requests p JOIN sessions s ON s.id = p.session_id
                 JOIN jobs j ON j.id = s.job_id
                 WHERE ${ofThem} AND p.opened_at > now() - interval '1 hour')
                + (SELECT count(*)::int FROM promotions m JOIN sessions s ON s.id = m.session_id
                     JOIN jobs j ON j.id = s.job_id WHERE ${ofThem} AND ${opens}) AS asked`,
      [sessionId, repositoryId, requestedBy],
    )) as [{ has: boolean; open: number; asked: number }];
    return row.has ? null : { open: row.open, asked: row.asked };
  }
}
