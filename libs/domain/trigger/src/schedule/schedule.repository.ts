import {
  GatehouseError,
  type JobSpec,
  type Page,
  type PageQuery,
  type Schedule,
  type ScheduleQuery,
  type ScheduleRun,
  type ScheduleTimes,
} from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

interface RunRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly due_at: Date;
  readonly state: ScheduleRun['state'];
  readonly job_id: string | null;
  readonly reason_code: string | null;
  readonly reason_message: string | null;
  readonly due_times: number;
  readonly last_due_at: Date;
  readonly triggered_by: string | null;
  readonly created_at: Date;
}

interface ScheduleRow {
  readonly id: string;
  readonly name: string;
  readonly repository: string | null;
  readonly job: JobSpec;
  readonly due_when: ScheduleTimes;
  readonly catch_up: Schedule['catchUp'];
  readonly overlap: Schedule['overlap'];
  readonly state: Schedule['state'];
  readonly reason: string | null;
  readonly next_due: Date | null;
  readonly version: number;
  readonly created_by: string;
  readonly creator: string;
  readonly created_at: Date;
  readonly last_run: string | null;
}

/** What is stored of a schedule beside its id and who made it. */
export type ScheduleWords = Pick<
  Schedule,
  'name' | 'job' | 'when' | 'catchUp' | 'overlap' | 'state' | 'reason' | 'nextDue'
>;

export type NewRun = Omit<ScheduleRun, 'id' | 'createdAt'>;

const select = `
  SELECT c.id, c.name, c.repository, c.job, c.due_when, c.catch_up, c.overlap, c.state, c.reason, c.next_due, c.version,
         c.created_by, p.name AS creator, c.created_at,
         (SELECT id FROM schedule_runs WHERE schedule_id = c.id ORDER BY id DESC LIMIT 1) AS last_run
  FROM schedules c JOIN principals p ON p.id = c.created_by`;
const runColumns = `id, schedule_id, due_at, state, job_id, reason_code, reason_message, due_times, last_due_at,
  triggered_by, created_at`;

const toRun = (row: RunRow): ScheduleRun => ({
  id: row.id,
  scheduleId: row.schedule_id,
  dueAt: row.due_at.toISOString(),
  state: row.state,
  jobId: row.job_id,
  reason: row.reason_code === null ? null : { code: row.reason_code, message: row.reason_message ?? '' },
  times: row.due_times,
  lastDueAt: row.last_due_at.toISOString(),
  triggeredBy: row.triggered_by,
  createdAt: row.created_at.toISOString(),
});

const toSchedule = (row: ScheduleRow, lastRun: ScheduleRun | undefined): Schedule => ({
  id: row.id,
  name: row.name,
  repository: row.repository,
  job: row.job,
  when: row.due_when,
  catchUp: row.catch_up,
  overlap: row.overlap,
  state: row.state,
  reason: row.reason,
  nextDue: row.next_due?.toISOString() ?? null,
  lastRun: lastRun ?? null,
  version: row.version,
  createdBy: { id: row.created_by, name: row.creator },
  createdAt: row.created_at.toISOString(),
});

/** Every query on schedules and their runs. What a person decides upon is locked, and held against `version`. */
@Injectable()
export class SchedulesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By the only clock that counts. In a transaction: when that began. */
  async now(manager?: Transaction): Promise<Date> {
    const [row] = await this.query<{ now: Date }>('SELECT now()', [], manager);
    return row!.now;
  }

  async insert(manager: Transaction, words: ScheduleWords, createdBy: string): Promise<Schedule> {
    const id = newId('schedule');
    await this.query(
      `INSERT INTO schedules (id, name, repository, job, due_when, catch_up, overlap, state, reason, next_due, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [id, ...valuesOf(words), createdBy],
      manager,
    );
    return this.find(id, manager);
  }

  /** Counts the version up. */
  async update(manager: Transaction, id: string, words: ScheduleWords): Promise<Schedule> {
    await this.query(
      `UPDATE schedules SET name = $2, repository = $3, job = $4, due_when = $5, catch_up = $6, overlap = $7,
         state = $8, reason = $9, next_due = $10, version = version + 1 WHERE id = $1`,
      [id, ...valuesOf(words)],
      manager,
    );
    return this.find(id, manager);
  }

  /** Its clock goes on; what people wrote, and so the version, stays. */
  async advance(
    manager: Transaction,
    id: string,
    to: Pick<Schedule, 'state' | 'reason' | 'nextDue'>,
  ): Promise<void> {
    await this.query(
      'UPDATE schedules SET state = $2, reason = $3, next_due = $4 WHERE id = $1',
      [id, to.state, to.reason, to.nextDue],
      manager,
    );
  }

  /** Throws `schedule.not_found`. */
  async find(id: string, manager?: Transaction): Promise<Schedule> {
    const [found] = await this.withRuns(
      await this.query<ScheduleRow>(`${select} WHERE c.id = $1`, [id], manager),
      manager,
    );
    if (found === undefined) throw new GatehouseError('schedule.not_found', `There is no schedule ${id}.`);
    return found;
  }

  /** Waits for whoever holds it. Throws `schedule.not_found`. */
  async lock(id: string, manager: Transaction): Promise<Schedule> {
    await this.query('SELECT FROM schedules WHERE id = $1 FOR UPDATE', [id], manager);
    return this.find(id, manager);
  }

  /** Undefined where it is not due any more, or another engine is at it. */
  async lockDue(id: string, manager: Transaction): Promise<Schedule | undefined> {
    const rows = await this.query<{ id: string }>(
      `SELECT id FROM schedules WHERE id = $1 AND state = 'active' AND next_due <= now() FOR UPDATE SKIP LOCKED`,
      [id],
      manager,
    );
    return rows.length === 0 ? undefined : this.find(id, manager);
  }

  /** Those whose time has come, longest first. One look into the index where there are none. */
  async due(limit: number, without: readonly string[]): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT id FROM schedules WHERE state = 'active' AND next_due <= now() AND NOT id = ANY($2)
       ORDER BY next_due LIMIT $1`,
      [limit, without],
    );
    return rows.map(({ id }) => id);
  }

  async page(query: ScheduleQuery): Promise<Page<Schedule>> {
    pageWhere(query, 'sch');
    const rows = await this.query<ScheduleRow>(
      `${select} WHERE ($1::text IS NULL OR c.id < $1) AND ($2::text IS NULL OR c.state = $2)
         AND ($3::text IS NULL OR c.repository = $3) AND ($4::text IS NULL OR c.name = $4)
       ORDER BY c.id DESC LIMIT $5`,
      [
        query.cursor ?? null,
        query.state ?? null,
        query.repository ?? null,
        query.name ?? null,
        query.limit + 1,
      ],
    );
    return pageOfRows(await this.withRuns(rows), query.limit);
  }

  async insertRun(manager: Transaction, run: NewRun): Promise<ScheduleRun> {
    const [row] = await this.query<RunRow>(
      `INSERT INTO schedule_runs (id, schedule_id, due_at, state, job_id, reason_code, reason_message, due_times,
         last_due_at, triggered_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${runColumns}`,
      [
        ...[newId('scheduleRun'), run.scheduleId, run.dueAt, run.state, run.jobId, run.reason?.code],
        ...[run.reason?.message, run.times, run.lastDueAt, run.triggeredBy],
      ],
      manager,
    );
    return toRun(row!);
  }

  /** True where this due time has been dealt with; steady while the schedule is locked. */
  async hasRun(manager: Transaction, scheduleId: string, dueAt: string): Promise<boolean> {
    const rows = await this.query<{ id: string }>(
      'SELECT id FROM schedule_runs WHERE schedule_id = $1 AND due_at = $2',
      [scheduleId, dueAt],
      manager,
    );
    return rows.length > 0;
  }

  /** The job that it made last, where that has not ended. */
  async liveJob(manager: Transaction, scheduleId: string): Promise<string | undefined> {
    const [row] = await this.query<{ id: string; state: string }>(
      `SELECT r.job_id AS id, s.state FROM schedule_runs r JOIN sessions s ON s.job_id = r.job_id AND s.parent_id IS NULL
       WHERE r.schedule_id = $1 AND r.state = 'submitted' ORDER BY r.id DESC LIMIT 1`,
      [scheduleId],
      manager,
    );
    return row === undefined || row.state === 'ended' ? undefined : row.id;
  }

  async runs(scheduleId: string, { limit, cursor }: PageQuery): Promise<Page<ScheduleRun>> {
    pageWhere({ cursor }, 'run');
    await this.find(scheduleId);
    const rows = await this.query<RunRow>(
      `SELECT ${runColumns} FROM schedule_runs WHERE schedule_id = $1 AND ($2::text IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [scheduleId, cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toRun), limit);
  }

  /**
   * Removes the oldest runs that are older than this; answers how many. The newest of a schedule stays, and the newest
   * that made a job: they say what came last, and whether it is at work still.
   */
  async forgetRuns(keptMs: number, limit: number): Promise<number> {
    const [, affected] = await this.query<unknown>(
      `DELETE FROM schedule_runs WHERE id IN (SELECT r.id FROM schedule_runs r
         WHERE r.created_at < now() - $1 * interval '1 ms'
           AND EXISTS (SELECT 1 FROM schedule_runs n WHERE n.schedule_id = r.schedule_id AND n.id > r.id
             AND (r.state <> 'submitted' OR n.state = 'submitted'))
         ORDER BY r.id LIMIT $2)`,
      [keptMs, limit],
    );
    return affected as number;
  }

  private async withRuns(rows: readonly ScheduleRow[], manager?: Transaction): Promise<Schedule[]> {
    const ids = rows.flatMap(({ last_run }) => last_run ?? []);
    const last =
      ids.length === 0
        ? []
        : await this.query<RunRow>(
            `SELECT ${runColumns} FROM schedule_runs WHERE id = ANY($1)`,
            [ids],
            manager,
          );
    const runs = new Map(last.map((row) => [row.id, toRun(row)]));
    return rows.map((row) => toSchedule(row, runs.get(row.last_run ?? '')));
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: Transaction = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}

const valuesOf = (words: ScheduleWords): unknown[] => [
  ...[words.name, words.job.spec.repository ?? null, JSON.stringify(words.job), JSON.stringify(words.when)],
  ...[words.catchUp, words.overlap, words.state, words.reason, words.nextDue],
];
