import { GatehouseError, type Page, type Task, type TaskQuery } from '@gatehouse/contracts';
import { isUniqueViolation, runQuery, translate } from '@gatehouse/database';
import type { DataSource, EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { defaultMaxAttempts, payloadText, queueOf, type NewTask } from './task.js';

export interface ClaimedTask {
  readonly id: string;
  readonly type: string;
  readonly payload: Record<string, unknown>;
  /** Counts this try. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** For how long it has met nobody who answers; 0 where its last try was not such a one. */
  readonly outageMs: number;
}

interface TaskRow {
  id: string;
  type: string;
  state: Task['state'];
  payload: Record<string, unknown>;
  attempts: number;
  max_attempts: number;
  run_at: Date;
  last_error: string | null;
  outage_since: Date | null;
  outage_ms: number | null;
  created_at: Date;
  finished_at: Date | null;
}

const columns =
  'id, type, state, payload, attempts, max_attempts, run_at, last_error, outage_since, created_at, finished_at';
const claimed = `id, type, payload, attempts, max_attempts,
  (extract(epoch FROM clock_timestamp() - outage_since) * 1000)::float8 AS outage_ms`;
const free = 'claim = NULL, claimed_until = NULL, updated_at = clock_timestamp()';

const toTask = (row: TaskRow): Task => ({
  id: row.id,
  type: row.type,
  state: row.state,
  payload: row.payload,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  runAt: row.run_at.toISOString(),
  lastError: row.last_error,
  outageSince: row.outage_since?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  finishedAt: row.finished_at?.toISOString() ?? null,
});

const toClaimed = (row: TaskRow): ClaimedTask => ({
  id: row.id,
  type: row.type,
  payload: row.payload,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  outageMs: row.outage_ms ?? 0,
});

/** TypeORM answers an UPDATE with rows and their count. */
type Updated<R = unknown> = [rows: R[], affected: number];

/** An INSERT of the caller's that returns the `id` of each new row. */
export interface RowsBeside {
  /** Of the statement; with the number of tasks it says which one it is. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** node-postgres' pool: TypeORM cannot prepare statements, and planning this one takes longer than running it. */
interface Pool {
  query(query: { name: string; text: string; values: unknown[] }): Promise<{ rows: { id: string }[] }>;
}

/** Every query on one task. Whoever holds a claim names it: a claim that was lost changes nothing. */
export class TasksRepository {
  constructor(readonly dataSource: DataSource) {}

  async insert(manager: EntityManager, task: NewTask<string>): Promise<string> {
    // DO UPDATE, not DO NOTHING: it locks the waiting task, so that it cannot start before this transaction's
    // changes are there to be seen.
    const [row] = (await manager.query(
      `INSERT INTO tasks (id, type, queue, payload, dedupe_key, max_attempts, run_at)
       VALUES ($1, $2, $3, $4, $5, $6, COALESCE($7::timestamptz, clock_timestamp()))
       ON CONFLICT (dedupe_key) WHERE state IN ('pending', 'queued')
       DO UPDATE SET run_at = LEAST(tasks.run_at, EXCLUDED.run_at), updated_at = clock_timestamp()
       RETURNING id`,
      [
        `tsk_${ulid()}`,
        task.type,
        queueOf(task),
        payloadText(task),
        task.dedupeKey ?? null,
        task.maxAttempts ?? defaultMaxAttempts,
        task.runAt?.toISOString() ?? null,
      ],
    )) as [{ id: string }];
    return row.id;
  }

  /**
   * Writes rows of the caller's and their tasks in one statement, and so in one round trip and one commit. `insert`
   * returns the `id` of each new row; one that is there already is not returned, and gets no task. Answers those ids.
   */
  async insertBeside(insert: RowsBeside, tasks: ReadonlyMap<string, NewTask<string>>): Promise<Set<string>> {
    const values: unknown[] = [...insert.parameters];
    const place = (value: unknown): string => `$${values.push(value)}`;
    const rows = [...tasks].map(([id, task]) => {
      const payload = `${place(payloadText(task))}::jsonb`;
      const most = `${place(task.maxAttempts ?? defaultMaxAttempts)}::int`;
      return `(${place(id)}, ${place(`tsk_${ulid()}`)}, ${place(task.type)}, ${place(queueOf(task))}, ${payload}, ${most})`;
    });
    const text = `WITH made AS (${insert.sql}), task AS (
        INSERT INTO tasks (id, type, queue, payload, max_attempts, run_at)
        SELECT t.id, t.type, t.queue, t.payload, t.most, clock_timestamp()
        FROM (VALUES ${rows.join(', ')}) AS t (made, id, type, queue, payload, most) JOIN made ON made.id = t.made)
      SELECT id FROM made`;
    const { master } = this.dataSource.driver as unknown as { readonly master: Pool };
    try {
      const made = await master.query({ name: `${insert.name}_${tasks.size}`, text, values });
      return new Set(made.rows.map(({ id }) => id));
    } catch (error) {
      throw translate(error);
    }
  }

  /** Takes a queued task; undefined where another process has it, or it is over. */
  async claim(id: string, claim: string, ttlMs: number): Promise<ClaimedTask | undefined> {
    return this.claimWhere(`state = 'queued' AND id = $3`, [claim, ttlMs, id]);
  }

  /** Takes the oldest queued task of one type, past the queue. */
  async claimNext(
    queue: string,
    type: string,
    claim: string,
    ttlMs: number,
  ): Promise<ClaimedTask | undefined> {
    return this.claimWhere(
      `state = 'queued' AND id = (SELECT id FROM tasks WHERE state = 'queued' AND queue = $3 AND type = $4
             ORDER BY updated_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)`,
      [claim, ttlMs, queue, type],
    );
  }

  /** Takes the oldest task of one type that is due and that the queue was not told of. */
  async claimDue(
    queue: string,
    type: string,
    claim: string,
    ttlMs: number,
  ): Promise<ClaimedTask | undefined> {
    return this.claimWhere(
      `state = 'pending' AND id = (SELECT id FROM tasks WHERE state = 'pending' AND queue = $3 AND type = $4
             AND run_at <= clock_timestamp() ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)`,
      [claim, ttlMs, queue, type],
    );
  }

  private async claimWhere(where: string, parameters: unknown[]): Promise<ClaimedTask | undefined> {
    const [[row]] = await this.update<TaskRow>(
      `UPDATE tasks SET state = 'running', claim = $1, attempts = attempts + 1, updated_at = clock_timestamp(),
         claimed_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE ${where} RETURNING ${claimed}`,
      parameters,
    );
    return row && toClaimed(row);
  }

  /** Holds on to all claims of this process at once; answers with those that still hold. */
  async renew(ids: readonly string[], claims: readonly string[], ttlMs: number): Promise<Set<string>> {
    const [rows] = await this.update<{ claim: string }>(
      `UPDATE tasks t SET claimed_until = clock_timestamp() + $3 * interval '1 ms'
       FROM unnest($1::text[], $2::text[]) AS mine(id, claim)
       WHERE t.id = mine.id AND t.claim = mine.claim AND t.state = 'running'
         AND t.claimed_until > clock_timestamp() RETURNING t.claim`,
      [ids, claims, ttlMs],
    );
    return new Set(rows.map((row) => row.claim));
  }

  /** False where the claim was lost: somebody else runs, or ran, the task. */
  async complete(
    id: string,
    claim: string,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<boolean> {
    const [, affected] = await this.update(
      `UPDATE tasks SET state = 'done', finished_at = clock_timestamp(), last_error = NULL, outage_since = NULL, ${free}
       WHERE id = $1 AND claim = $2 AND state = 'running'`,
      [id, claim],
      manager,
    );
    return affected === 1;
  }

  /** Back to the outbox, to be relayed again after the pause. A try that does not count belongs to an outage. */
  async retry(
    id: string,
    claim: string,
    { error, pauseMs, counts }: { error: string; pauseMs: number; counts: boolean },
  ): Promise<boolean> {
    const outage = counts
      ? 'outage_since = NULL'
      : 'outage_since = COALESCE(outage_since, clock_timestamp()), attempts = attempts - 1';
    const again = `UPDATE tasks SET state = 'pending', last_error = $3, ${outage}, ${free},
      run_at = clock_timestamp() + $4 * interval '1 ms' WHERE id = $1 AND claim = $2 AND state = 'running'`;
    try {
      return (await this.update(again, [id, claim, error, pauseMs]))[1] === 1;
    } catch (cause) {
      if (!isUniqueViolation(cause, 'tasks_waiting_dedupe')) throw cause;
      return this.complete(id, claim);
    }
  }

  async bury(id: string, claim: string, error: string): Promise<boolean> {
    const [, affected] = await this.update(
      `UPDATE tasks SET state = 'dead', finished_at = clock_timestamp(), last_error = $3, ${free}
       WHERE id = $1 AND claim = $2 AND state = 'running'`,
      [id, claim, error],
    );
    return affected === 1;
  }

  /** Gives a task back untouched, as if it had never been claimed: a process that shuts down does so. */
  async release(id: string, claim: string): Promise<void> {
    const back = `UPDATE tasks SET state = 'pending', attempts = attempts - 1, run_at = clock_timestamp(), ${free}
      WHERE id = $1 AND claim = $2 AND state = 'running'`;
    try {
      await this.update(back, [id, claim]);
    } catch (cause) {
      if (!isUniqueViolation(cause, 'tasks_waiting_dedupe')) throw cause;
      await this.complete(id, claim);
    }
  }

  async reviveDead(id: string): Promise<Task> {
    const revive = `UPDATE tasks SET state = 'pending', attempts = 0, run_at = clock_timestamp(), finished_at = NULL,
      outage_since = NULL, updated_at = clock_timestamp() WHERE id = $1 AND state = 'dead' RETURNING ${columns}`;
    const [[row]] = await this.update<TaskRow>(revive, [id]).catch((cause: unknown) => {
      if (!isUniqueViolation(cause, 'tasks_waiting_dedupe')) throw cause;
      const message = `Another task that does what ${id} would do waits already; see the tasks that are pending or queued.`;
      throw new GatehouseError('task.twin_waits', message, { cause });
    });
    if (row) return toTask(row);
    const task = await this.find(id);
    throw new GatehouseError('task.not_dead', `Task ${id} is ${task.state}; only a dead task is retried.`);
  }

  async find(id: string): Promise<Task> {
    const [row] = (await this.dataSource.query(`SELECT ${columns} FROM tasks WHERE id = $1`, [
      id,
    ])) as TaskRow[];
    if (row) return toTask(row);
    throw new GatehouseError('task.not_found', `There is no task ${id}.`);
  }

  /** Newest first. The cursor is the id of the last task of the page before. */
  async list({ state, type, limit, cursor }: TaskQuery): Promise<Page<Task>> {
    const rows = (await this.dataSource.query(
      `SELECT ${columns} FROM tasks
       WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [state ?? null, type ?? null, cursor ?? null, limit + 1],
    )) as TaskRow[];
    const items = rows.slice(0, limit).map(toTask);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  private update<R>(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Updated<R>> {
    return runQuery(manager, sql, parameters);
  }
}
