import { runQuery } from '@gatehouse/database';
import type { Tombstone } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class RetentionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Database clock with microseconds, and the digest of a payload that is still there. */
  async erasable(streamId: string, seq: number): Promise<{ now: string; payloadSha256: string } | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now,
         e.payload_sha256
       FROM ledger_events e JOIN ledger_payloads p USING (stream_id, seq)
       WHERE e.stream_id = $1 AND e.seq = $2 AND p.payload IS NOT NULL`,
      [streamId, seq],
    )) as { now: string; payload_sha256: string }[];
    return row && { now: row.now, payloadSha256: row.payload_sha256 };
  }

  async erase(tombstone: Tombstone): Promise<void> {
    await runQuery(
      this.dataSource,
      `UPDATE ledger_payloads SET payload = NULL, tombstone = $3
       WHERE stream_id = $1 AND seq = $2 AND payload IS NOT NULL`,
      [tombstone.stream_id, tombstone.seq, JSON.stringify(tombstone)],
    );
  }
}
