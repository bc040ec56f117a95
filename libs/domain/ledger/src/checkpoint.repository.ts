import { translate } from '@gatehouse/database';
import type { HeadTuple } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Any constant does, as long as every Gatehouse takes the same. */
const lockKey = '4850427419352074';

export interface Moved {
  /** Database clock, as text with microseconds. */
  readonly now: string;
  readonly heads: readonly HeadTuple[];
}

const text = (instant: string): string =>
  `to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

@Injectable()
export class CheckpointRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs `work` while no other process of this installation writes a checkpoint. */
  async alone<T>(work: (movedSince: (since: string | null) => Promise<Moved>) => Promise<T>): Promise<T> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        await manager.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
        return work(async (since) => {
          // The overlap covers transactions that moved a head before the last look and committed after it; a
          // database clock that was set back is followed back.
          const rows = (await manager.query(
            `SELECT stream_id, head_seq, head_hash FROM ledger_streams
             WHERE head_seq > 0 AND ($1::timestamptz IS NULL
               OR moved_at > LEAST($1::timestamptz, clock_timestamp()) - interval '5 minutes')
             ORDER BY stream_id`,
            [since],
          )) as { stream_id: string; head_seq: string; head_hash: string }[];
          const [clock] = (await manager.query(`SELECT ${text('clock_timestamp()')} AS now`)) as [
            { now: string },
          ];
          return {
            now: clock.now,
            heads: rows.map((row) => [row.stream_id, Number(row.head_seq), row.head_hash] as const),
          };
        });
      });
    } catch (error) {
      throw translate(error);
    }
  }
}
