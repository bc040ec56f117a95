import { promotionLevels, type PromotionState } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PromotionEntity } from './promotion.entity.js';

/** A promotion in whose place a newer one of the same issue is to come. */
export interface Superseded {
  readonly id: string;
  readonly by: string;
  /** Why, for people. */
  readonly message: string;
}

interface OfIssue {
  readonly id: string;
  readonly job_id: string;
  readonly state: PromotionState;
  readonly level: PromotionEntity['level'];
  readonly number: number;
  /** A person closed its pull request, or something else ended it. */
  readonly failed: boolean;
  readonly is_open: boolean;
}

/** Nothing of it is at the forge. */
export const waits = ({ state }: Pick<PromotionEntity, 'state'>): boolean =>
  state === 'pending' || state === 'awaiting_approval';

/** Its candidate has passed, and nobody said no to it. */
export const stands = ({ state }: Pick<PromotionEntity, 'state'>): boolean =>
  state === 'pending' || state === 'awaiting_approval' || state === 'running' || state === 'succeeded';

/** Which promotions are about the same issue: of jobs that triggers made of it, for one target. */
@Injectable()
export class IssuePromotionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async isOfIssue(manager: Transaction, jobId: string): Promise<boolean> {
    const rows = (await manager.query(`SELECT 1 FROM trigger_firings WHERE job_id = $1`, [
      jobId,
    ])) as unknown[];
    return rows.length > 0;
  }

  /** Those that wait though a newer job of the issue has come to a candidate that passed, for no lower a level. */
  async superseded(promotionId: string): Promise<Superseded[]> {
    const rows = (await this.dataSource.query(
      `SELECT m.id, s.job_id, m.state, m.level, f.number, s.outcome IS NOT DISTINCT FROM 'failed' AS failed,
              EXISTS (SELECT 1 FROM pull_requests q WHERE q.session_id = s.id AND q.state = 'open') AS is_open
       FROM promotions own JOIN sessions t ON t.id = own.session_id
       JOIN trigger_firings g ON g.job_id = t.job_id
       JOIN trigger_firings f ON f.repository_id = g.repository_id AND f.number = g.number
       JOIN sessions s ON s.job_id = f.job_id AND s.parent_id IS NULL
       JOIN promotions m ON m.session_id = s.id AND m.repository_id = own.repository_id AND m.target = own.target
       WHERE own.id = $1 ORDER BY s.job_id DESC, m.id DESC`,
      [promotionId],
    )) as OfIssue[];
    const newest = rows.find((row) => stands(row) && !row.failed);
    if (newest === undefined) return [];
    const rank = ({ level }: OfIssue): number => promotionLevels.indexOf(level);
    return rows
      .filter((row) => waits(row) && row.job_id < newest.job_id && rank(row) <= rank(newest) && !row.is_open)
      .map(({ id, number }) => ({
        id,
        by: newest.id,
        message: `A newer candidate for issue ${number} took its place, of job ${newest.job_id}.`,
      }));
  }
}
