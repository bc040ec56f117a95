import { runQuery } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Up to when what was said in a repository is known. */
@Injectable()
export class HearingRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Repositories of the forge where something may be said to us, and that were not asked for `olderThanMs`. */
  async due(olderThanMs: number, limit: number): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT r.id FROM repositories r
       WHERE r.forge IS NOT NULL AND (r.heard_at IS NULL OR r.heard_at < now() - $1 * interval '1 ms')
         AND (EXISTS (SELECT 1 FROM triggers t WHERE t.repository_id = r.id AND t.current AND t.state = 'active')
           OR EXISTS (SELECT 1 FROM pull_requests p WHERE p.repository_id = r.id AND p.state = 'open'))
       ORDER BY r.heard_at NULLS FIRST LIMIT $2`,
      [olderThanMs, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Notes that the forge is asked now; answers up to when all is known, null where it was never asked. */
  async ask(id: string): Promise<Date | null> {
    const [rows] = await runQuery<[{ heard_until: Date | null }[], number]>(
      this.dataSource.manager,
      'UPDATE repositories SET heard_at = now() WHERE id = $1 RETURNING heard_until',
      [id],
    );
    return rows[0]?.heard_until ?? null;
  }

  /** Never goes back. */
  async until(manager: Transaction, id: string, instant: Date): Promise<void> {
    await runQuery(
      manager,
      'UPDATE repositories SET heard_until = $2 WHERE id = $1 AND (heard_until IS NULL OR heard_until < $2)',
      [id, instant],
    );
  }

  /** Numbers of our open pull requests, and whether what somebody approved waits there to be published. */
  async openPulls(repositoryId: string): Promise<ReadonlyMap<number, boolean>> {
    const rows = await this.query<{ number: number; approved: boolean }>(
      `SELECT p.number, EXISTS (SELECT 1 FROM promotions m JOIN approvals a ON a.promotion_id = m.id
           WHERE m.session_id = p.session_id AND m.state IN ('pending', 'awaiting_approval', 'running', 'errored')
             AND a.answer = 'approve' AND a.expires_at > now()) AS approved
       FROM pull_requests p WHERE p.repository_id = $1 AND p.state = 'open'`,
      [repositoryId],
    );
    return new Map(rows.map(({ number, approved }) => [number, approved]));
  }

  private query<R>(sql: string, parameters: unknown[]): Promise<R[]> {
    return this.dataSource.query(sql, parameters);
  }
}
