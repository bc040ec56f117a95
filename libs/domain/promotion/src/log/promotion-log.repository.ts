import type { EventPayload } from '@gatehouse/contracts';
import { logBeginning, type LogEnd } from '@gatehouse/proof';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface LogLane {
  readonly repositoryId: string;
  readonly target: string;
}

/** An entry as it was signed, and the commit that it is at the repository. */
export interface LogRow {
  readonly seq: number;
  readonly promotionId: string;
  readonly entry: string;
  readonly head: string;
  /** What the next entry names. */
  readonly digest: string;
  readonly commit: string;
}

/** What is wrong with a log at the repository; `isOpen` until it is as it should be. */
export interface LogFault extends Pick<EventPayload<'promotion_log.faulted'>, 'kind' | 'found' | 'message'> {
  readonly at: string;
  readonly isOpen: boolean;
}

export interface LogState {
  /** Up to where the repository was seen to have it. */
  readonly exportedSeq: number;
  /** Commit of that entry; null before the first. */
  readonly exportedCommit: string | null;
  readonly lastSeq: number;
  readonly fault: LogFault | null;
}

/** Every query on promotion logs. Entries are written once and never changed. */
@Injectable()
export class PromotionLogsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Where the log of a lane ends; with the lane locked this is where the next entry follows. */
  async endOf(
    { repositoryId, target }: LogLane,
    manager: Transaction = this.dataSource.manager,
  ): Promise<LogEnd & { readonly commit: string | null }> {
    const [row] = (await manager.query(
      `SELECT seq, digest, commit FROM promotion_log_entries WHERE repository_id = $1 AND target = $2
       ORDER BY seq DESC LIMIT 1`,
      [repositoryId, target],
    )) as (LogEnd & { commit: string })[];
    return row ?? { ...logBeginning, commit: null };
  }

  /** Of a locked lane. */
  async insert(manager: Transaction, { repositoryId, target }: LogLane, row: LogRow): Promise<void> {
    await manager.query(
      `INSERT INTO promotion_logs (repository_id, target) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      [repositoryId, target],
    );
    const { seq, promotionId, entry, head, digest, commit } = row;
    await manager.query(
      `INSERT INTO promotion_log_entries (repository_id, target, seq, promotion_id, entry, head, digest, commit)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [repositoryId, target, seq, promotionId, entry, head, digest, commit],
    );
  }

  async now(manager: Transaction): Promise<Date> {
    const [row] = (await manager.query(`SELECT clock_timestamp() AS now`)) as [{ now: Date }];
    return row.now;
  }

  /** Undefined where nothing was ever published in the lane. */
  async look({ repositoryId, target }: LogLane): Promise<LogState | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT exported_seq AS "exportedSeq", fault,
         (SELECT commit FROM promotion_log_entries e WHERE (e.repository_id, e.target, e.seq)
            = (l.repository_id, l.target, l.exported_seq)) AS "exportedCommit",
         (SELECT max(seq) FROM promotion_log_entries e
            WHERE e.repository_id = l.repository_id AND e.target = l.target) AS "lastSeq"
       FROM promotion_logs l WHERE repository_id = $1 AND target = $2`,
      [repositoryId, target],
    )) as LogState[];
    return row;
  }

  /** Somebody looked, whatever came of it: the sweep leaves it alone for a while. */
  async looked(
    { repositoryId, target }: LogLane,
    manager: Transaction = this.dataSource.manager,
  ): Promise<void> {
    await manager.query(
      `UPDATE promotion_logs SET looked_at = clock_timestamp() WHERE repository_id = $1 AND target = $2`,
      [repositoryId, target],
    );
  }

  /** Which entry a commit is; undefined where it is none of ours. */
  async seqOf({ repositoryId, target }: LogLane, commit: string): Promise<number | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT seq FROM promotion_log_entries WHERE repository_id = $1 AND target = $2 AND commit = $3`,
      [repositoryId, target, commit],
    )) as { seq: number }[];
    return row?.seq;
  }

  /** Entries `from` to `to`, both included. */
  entries({ repositoryId, target }: LogLane, from: number, to: number): Promise<LogRow[]> {
    return this.dataSource.query(
      `SELECT seq, promotion_id AS "promotionId", entry, head, digest, commit FROM promotion_log_entries
       WHERE repository_id = $1 AND target = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq`,
      [repositoryId, target, from, to],
    );
  }

  /** The repository has it up to here; what stood against that is over. */
  async exported(manager: Transaction, { repositoryId, target }: LogLane, seq: number): Promise<void> {
    await manager.query(
      `UPDATE promotion_logs SET exported_seq = greatest(exported_seq, $3), looked_at = clock_timestamp(),
         fault = CASE WHEN fault IS NULL THEN NULL ELSE fault || '{"isOpen": false}' END
       WHERE repository_id = $1 AND target = $2`,
      [repositoryId, target, seq],
    );
  }

  /** Answers false where that is known already. */
  async fault(manager: Transaction, { repositoryId, target }: LogLane, fault: LogFault): Promise<boolean> {
    const [, changed] = (await manager.query(
      `UPDATE promotion_logs SET fault = $3::jsonb WHERE repository_id = $1 AND target = $2
         AND (fault IS NULL OR fault ->> 'isOpen' = 'false' OR fault ->> 'kind' <> $4
              OR fault ->> 'found' IS DISTINCT FROM $5)`,
      [repositoryId, target, JSON.stringify(fault), fault.kind, fault.found],
    )) as [unknown, number];
    return changed === 1;
  }

  /** Logs that the repository does not have whole or in another form, and those that nobody looked at for long. */
  due(limit: number, { missingMs, idleMs }: { missingMs: number; idleMs: number }): Promise<LogLane[]> {
    return this.dataSource.query(
      `SELECT repository_id AS "repositoryId", target FROM promotion_logs l
       WHERE looked_at < now() - interval '1 ms' * CASE WHEN fault ->> 'isOpen' = 'true' OR EXISTS (
           SELECT FROM promotion_log_entries e WHERE e.repository_id = l.repository_id AND e.target = l.target
             AND e.seq > l.exported_seq) THEN $2::float8 ELSE $3::float8 END
       ORDER BY looked_at LIMIT $1`,
      [limit, missingMs, idleMs],
    );
  }
}
