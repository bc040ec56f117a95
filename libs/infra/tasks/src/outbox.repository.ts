import { runQuery } from '@gatehouse/database';
import type { DataSource } from 'typeorm';

/** A task on its way to the queue. */
export interface Relayed {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  /** Counts the times it was put into the queue; each gives the queue's job an id of its own. */
  readonly relays: number;
}

export interface Sweep {
  readonly relayed: readonly Relayed[];
  /** How many were taken past the queue. */
  readonly taken: number;
  /** Milliseconds until the next task is due or the next claim runs out; null when nothing waits. */
  readonly nextMs: number | null;
  /** Some have been queued for so long that the queue may have lost them. */
  readonly overdue: boolean;
}

/** The queries that move tasks between the table and the queue; any number of processes may run them at once. */
export class OutboxRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Sends back what a dead process held, then takes what is due. Rows become `queued` before the queue knows of
   * them: a crash between the two leaves a row that `lost` finds. `take` is called where something is due, and may
   * claim of it what is run at once.
   */
  async sweep(
    queues: readonly string[],
    lostAfterMs: number,
    limit: number,
    take: () => Promise<number> = () => Promise.resolve(0),
  ): Promise<Sweep> {
    const [row] = await this.query<{ work: boolean; overdue: boolean; next_ms: number | null }>(
      // One cheap look, so that an idle process costs one read-only statement per poll and no commit.
      `SELECT COALESCE(due <= now OR expires <= now, false) AS work,
         COALESCE(queued <= now - $2 * interval '1 ms', false) AS overdue,
         (extract(epoch FROM LEAST(due, expires) - now) * 1000)::float8 AS next_ms
       FROM (SELECT clock_timestamp() AS now,
         (SELECT min(run_at) FROM tasks WHERE state = 'pending' AND queue = ANY($1::text[])) AS due,
         (SELECT min(claimed_until) FROM tasks WHERE state = 'running' AND queue = ANY($1::text[])) AS expires,
         (SELECT min(updated_at) FROM tasks WHERE state = 'queued' AND queue = ANY($1::text[])) AS queued) AS look`,
      [queues, lostAfterMs],
    );
    const overdue = row?.overdue ?? false;
    if (!row?.work) return { relayed: [], taken: 0, nextMs: row?.next_ms ?? null, overdue };
    await this.expire(queues);
    const taken = await take();
    return { relayed: await this.take(queues, limit), taken, nextMs: 0, overdue };
  }

  private async expire(queues: readonly string[]): Promise<void> {
    // A task that takes its process down each time must not do so for ever: crashes count as attempts. Of twins, with
    // the same dedupe key, one stands for all: that which waits, else the newest of those that ran.
    await this.query(
      `WITH gone AS MATERIALIZED (
         SELECT id, dedupe_key, attempts >= max_attempts AS spent FROM tasks
         WHERE state = 'running' AND claimed_until <= clock_timestamp() AND queue = ANY($1::text[])
         FOR UPDATE SKIP LOCKED),
       next AS (
         SELECT id, spent,
           EXISTS (SELECT FROM tasks twin WHERE twin.dedupe_key = gone.dedupe_key
             AND twin.state IN ('pending', 'queued'))
           OR row_number() OVER (PARTITION BY COALESCE(dedupe_key, id), spent ORDER BY id DESC) > 1 AS stands_for
         FROM gone)
       UPDATE tasks t SET claim = NULL, claimed_until = NULL, updated_at = clock_timestamp(),
         run_at = clock_timestamp(),
         last_error = 'The process that ran this task stopped or froze.',
         state = CASE WHEN spent THEN 'dead' WHEN stands_for THEN 'done' ELSE 'pending' END,
         finished_at = CASE WHEN spent OR stands_for THEN clock_timestamp() END
       FROM next WHERE t.id = next.id`,
      [queues],
    );
  }

  private async take(queues: readonly string[], limit: number): Promise<Relayed[]> {
    const [rows] = (await this.query(
      `UPDATE tasks t SET state = 'queued', relays = relays + 1, updated_at = clock_timestamp()
       FROM (SELECT id FROM tasks WHERE state = 'pending' AND run_at <= clock_timestamp() AND queue = ANY($2::text[])
             ORDER BY run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
       WHERE t.id = due.id RETURNING t.id, t.queue, t.type, t.relays`,
      [limit, queues],
    )) as unknown as [Relayed[], number];
    return rows;
  }

  /** Queued for so long that the queue may have lost them. Each is answered once per `olderThanMs`. */
  async lost(queues: readonly string[], olderThanMs: number, limit: number): Promise<Relayed[]> {
    const [rows] = (await this.query(
      `UPDATE tasks t SET updated_at = clock_timestamp()
       FROM (SELECT id FROM tasks
             WHERE state = 'queued' AND updated_at < clock_timestamp() - $1 * interval '1 ms'
               AND queue = ANY($3::text[])
             ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS old
       WHERE t.id = old.id RETURNING t.id, t.queue, t.type, t.relays`,
      [olderThanMs, limit, queues],
    )) as unknown as [Relayed[], number];
    return rows;
  }

  /** The job that stood for these tasks is stuck; the next one needs another id. */
  async renumber(ids: readonly string[]): Promise<Relayed[]> {
    const [rows] = (await this.query(
      `UPDATE tasks SET relays = relays + 1 WHERE id = ANY($1::text[]) AND state = 'queued'
       RETURNING id, queue, type, relays`,
      [ids],
    )) as unknown as [Relayed[], number];
    return rows;
  }

  /** Removes what is done for longer than `days`; dead tasks stay until somebody looked at them. */
  async prune(days: number): Promise<number> {
    const [, affected] = (await this.query(
      `DELETE FROM tasks WHERE state = 'done' AND finished_at < clock_timestamp() - $1 * interval '1 day'`,
      [days],
    )) as unknown as [unknown[], number];
    return affected;
  }

  private query<R>(sql: string, parameters: unknown[]): Promise<R[]> {
    return runQuery(this.dataSource, sql, parameters);
  }
}
