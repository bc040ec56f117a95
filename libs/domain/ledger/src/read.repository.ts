import type { LedgerEvent } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import type { ChainEntry, Head, Tombstone } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface StreamEnd extends Head {
  readonly streamId: string;
}

/** A place in the order of all events: by stream, then by seq. */
export interface Place {
  readonly streamId: string;
  readonly seq: number;
}

export interface TailQuery {
  readonly streamId: string;
  readonly after: number;
}

interface Row {
  stream_id: string;
  seq: string;
  type: string;
  at: string;
  actor: string;
  lease_generation: string | null;
  payload_sha256: string;
  prev_hash: string;
  hash: string;
  payload: string | null;
  tombstone: string | null;
}

// The text that was hashed, to the microsecond; a Date would lose three digits.
const at = `to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`;
const columns = `e.stream_id, e.seq, e.type, ${at}, e.actor, e.lease_generation, e.payload_sha256,
  e.prev_hash, e.hash, p.payload, p.tombstone`;
// The page first, its payloads after: joined at once, a planner without statistics reads both tables whole.
const pageOf = (where: string, limit: string): string =>
  `SELECT ${columns} FROM (SELECT * FROM ledger_events WHERE ${where} ORDER BY stream_id, seq LIMIT ${limit}) AS e
   LEFT JOIN ledger_payloads p ON p.stream_id = e.stream_id AND p.seq = e.seq ORDER BY e.stream_id, e.seq`;

const toEntry = (row: Row): ChainEntry => ({
  stream_id: row.stream_id,
  seq: Number(row.seq),
  type: row.type,
  at: row.at,
  actor: row.actor,
  lease_generation: row.lease_generation === null ? null : Number(row.lease_generation),
  payload_sha256: row.payload_sha256,
  prev_hash: row.prev_hash,
  hash: row.hash,
  payload: row.payload,
  tombstone: row.tombstone === null ? null : (JSON.parse(row.tombstone) as Tombstone),
});

export const toEvent = (entry: ChainEntry): LedgerEvent => ({
  streamId: entry.stream_id,
  seq: entry.seq,
  type: entry.type,
  at: entry.at,
  actor: entry.actor,
  leaseGeneration: entry.lease_generation,
  payloadSha256: entry.payload_sha256,
  prevHash: entry.prev_hash,
  hash: entry.hash,
  payload: entry.payload === null ? null : (JSON.parse(entry.payload) as Record<string, unknown>),
});

/** Every query that reads the ledger. All seek on (stream_id, seq): a page costs the same at any depth. */
@Injectable()
export class ReadRepository {
  constructor(private readonly dataSource: DataSource) {}

  async page(streamId: string, after: number, limit: number): Promise<ChainEntry[]> {
    return (await this.query<Row>(pageOf('stream_id = $1 AND seq > $2', '$3'), [streamId, after, limit])).map(
      toEntry,
    );
  }

  /** What is new in several streams at once, at most `limit` events of each, in order. */
  async news(queries: readonly TailQuery[], limit: number): Promise<ChainEntry[]> {
    return (
      await this.query<Row>(
        `SELECT ${columns} FROM unnest($1::text[], $2::bigint[]) AS q(stream_id, after)
         CROSS JOIN LATERAL (SELECT * FROM ledger_events n WHERE n.stream_id = q.stream_id AND n.seq > q.after
                             ORDER BY n.seq LIMIT $3) AS e
         LEFT JOIN ledger_payloads p ON p.stream_id = e.stream_id AND p.seq = e.seq
         ORDER BY e.stream_id, e.seq`,
        [queries.map((query) => query.streamId), queries.map((query) => query.after), limit],
      )
    ).map(toEntry);
  }

  /** Of all streams, in stream order from after `place`. */
  async allAfter(place: Place, limit: number): Promise<ChainEntry[]> {
    return (
      await this.query<Row>(pageOf('(stream_id, seq) > ($1, $2)', '$3'), [place.streamId, place.seq, limit])
    ).map(toEntry);
  }

  async headsAfter(streamId: string, limit: number): Promise<StreamEnd[]> {
    const rows = await this.query<{ stream_id: string; head_seq: string; head_hash: string }>(
      `SELECT stream_id, head_seq, head_hash FROM ledger_streams WHERE stream_id > $1
       ORDER BY stream_id LIMIT $2`,
      [streamId, limit],
    );
    return rows.map((row) => ({ streamId: row.stream_id, seq: Number(row.head_seq), hash: row.head_hash }));
  }

  /** The head as recorded and the last event that is there, seen at one moment; null where there is none. */
  async ends(streamId: string): Promise<{ head: Head | null; lastSeq: number | null }> {
    const [row] = await this.query<{
      head_seq: string | null;
      head_hash: string | null;
      last: string | null;
    }>(
      `SELECT s.head_seq, s.head_hash, (SELECT max(seq) FROM ledger_events WHERE stream_id = $1) AS last
       FROM (SELECT) AS one LEFT JOIN ledger_streams s ON s.stream_id = $1`,
      [streamId],
    );
    const known = row !== undefined && row.head_seq !== null && row.head_hash !== null;
    return {
      head: known ? { seq: Number(row.head_seq), hash: row.head_hash! } : null,
      lastSeq: row?.last == null ? null : Number(row.last),
    };
  }

  /** Hash of the event at each place; null where there is none. */
  async hashesAt(places: readonly Place[]): Promise<(string | null)[]> {
    const rows = await this.query<{ hash: string | null }>(
      `SELECT e.hash FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS q(stream_id, seq, n)
       LEFT JOIN ledger_events e ON e.stream_id = q.stream_id AND e.seq = q.seq ORDER BY q.n`,
      [places.map((place) => place.streamId), places.map((place) => place.seq)],
    );
    return rows.map((row) => row.hash);
  }

  private query<R>(sql: string, parameters: unknown[]): Promise<R[]> {
    return runQuery(this.dataSource, sql, parameters);
  }
}
