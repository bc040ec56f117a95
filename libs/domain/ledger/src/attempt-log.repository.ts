import { runQuery } from '@gatehouse/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

export type LogStream = 'stdout' | 'stderr';

export interface LogState {
  /** Bytes that are stored. */
  readonly size: number;
  readonly truncated: boolean;
  /** Set once the log is sealed. */
  readonly artifactId: string | null;
}

interface Row {
  size: string;
  truncated: boolean;
  artifact_id: string | null;
}

const toState = (row: Row): LogState => ({
  size: Number(row.size),
  truncated: row.truncated,
  artifactId: row.artifact_id,
});

/** Every query on the growing output of attempts. */
@Injectable()
export class AttemptLogRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Appends in one statement where `start` is exactly the end of an open log; undefined where it is not. */
  async appendAtEnd(
    attemptId: string,
    stream: LogStream,
    start: number,
    bytes: Uint8Array,
    manager?: EntityManager,
  ): Promise<LogState | undefined> {
    const [row] = await this.query<Row>(
      `WITH head AS (
         INSERT INTO attempt_logs AS l (attempt_id, stream, size)
         SELECT $1, $2, $4::bigint WHERE $3::bigint = 0
           OR EXISTS (SELECT FROM attempt_logs WHERE attempt_id = $1 AND stream = $2)
         ON CONFLICT (attempt_id, stream) DO UPDATE
           SET size = l.size + $4::bigint, updated_at = clock_timestamp()
           WHERE l.size = $3::bigint AND NOT l.truncated AND l.artifact_id IS NULL
         RETURNING size, truncated, artifact_id),
       chunk AS (
         INSERT INTO attempt_log_chunks (attempt_id, stream, start, bytes)
         SELECT $1, $2, $3::bigint, $5 FROM head WHERE $4::bigint > 0)
       SELECT size, truncated, artifact_id FROM head`,
      [attemptId, stream, start, bytes.length, bytes],
      manager,
    );
    return row && toState(row);
  }

  async find(attemptId: string, stream: LogStream, manager?: EntityManager): Promise<LogState | undefined> {
    const [row] = await this.query<Row>(
      'SELECT size, truncated, artifact_id FROM attempt_logs WHERE attempt_id = $1 AND stream = $2',
      [attemptId, stream],
      manager,
    );
    return row && toState(row);
  }

  /** From here on whatever comes is dropped, and readers are told. */
  async truncate(attemptId: string, stream: LogStream, manager?: EntityManager): Promise<void> {
    await this.query(
      `INSERT INTO attempt_logs (attempt_id, stream, truncated) VALUES ($1, $2, true)
       ON CONFLICT (attempt_id, stream) DO UPDATE SET truncated = true, updated_at = clock_timestamp()
       WHERE attempt_logs.artifact_id IS NULL`,
      [attemptId, stream],
      manager,
    );
  }

  /** Holds the log still until the transaction ends. */
  async lock(attemptId: string, stream: LogStream, manager: EntityManager): Promise<LogState | undefined> {
    const [row] = await this.query<Row>(
      `SELECT size, truncated, artifact_id FROM attempt_logs WHERE attempt_id = $1 AND stream = $2 FOR UPDATE`,
      [attemptId, stream],
      manager,
    );
    return row && toState(row);
  }

  /** The chunk that holds the byte at `offset`. */
  async chunkAt(
    attemptId: string,
    stream: LogStream,
    offset: number,
    manager?: EntityManager,
  ): Promise<{ start: number; bytes: Buffer } | undefined> {
    const [row] = await this.query<{ start: string; bytes: Buffer }>(
      `SELECT start, bytes FROM attempt_log_chunks
       WHERE attempt_id = $1 AND stream = $2 AND start <= $3 ORDER BY start DESC LIMIT 1`,
      [attemptId, stream, offset],
      manager,
    );
    return row && { start: Number(row.start), bytes: row.bytes };
  }

  async seal(
    attemptId: string,
    stream: LogStream,
    artifactId: string,
    manager: EntityManager,
  ): Promise<void> {
    await this.query(
      `WITH chunks AS (DELETE FROM attempt_log_chunks WHERE attempt_id = $1 AND stream = $2)
       UPDATE attempt_logs SET artifact_id = $3, updated_at = clock_timestamp()
       WHERE attempt_id = $1 AND stream = $2`,
      [attemptId, stream, artifactId],
      manager,
    );
  }

  private query<R>(sql: string, parameters: unknown[], manager?: EntityManager): Promise<R[]> {
    return runQuery(manager ?? this.dataSource, sql, parameters);
  }
}
