import { GatehouseError } from '@gatehouse/contracts';
import { genesis, type Head } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { fencedError, isFenced, kindOf, type EventRow, type PreparedEvent } from './ledger.js';

export interface StreamHead extends Head {
  /** Lease generations below it may not write. */
  readonly fence: number;
}

export interface Locked {
  readonly heads: ReadonlyMap<string, StreamHead>;
  /** Database clock, microseconds since 1970. */
  readonly micros: number;
}

export interface EarlierEvent {
  readonly streamId: string;
  readonly dedupeKey: string;
  readonly seq: number;
  readonly hash: string;
  readonly type: string;
  readonly payloadSha256: string;
}

interface HeadRow {
  stream_id: string;
  head_seq: string;
  head_hash: string;
  fence: string;
  micros: string;
}

const clock = `(extract(epoch from clock_timestamp()) * 1000000)::bigint AS micros`;

const ownColumns = 'seq, type, at, actor, lease_generation, payload_sha256, prev_hash, hash, dedupe_key';
export const eventColumns = `stream_id, ${ownColumns}`;

// No stored text holds a control character (canonical JSON escapes them), so a list is one string with separators:
// node-postgres would escape every element of an array and Postgres take that back, the larger part of an append.
const separator = '\u0001';
const texts = (values: readonly (string | null)[]): string =>
  values.map((value) => value ?? '').join(separator);
const numbers = (values: readonly (number | null)[]): string =>
  `{${values.map((value) => value ?? 'null').join()}}`;

export const textsAt = (n: number): string => `string_to_array($${n}, E'\\x01', '')`;

/** The columns of a batch as parameters, in the order of `unnestOfStream`. */
export const ownColumnsOf = (rows: readonly EventRow[]): string[] => [
  numbers(rows.map((row) => row.seq)),
  texts(rows.map((row) => row.type)),
  texts(rows.map((row) => row.at)),
  texts(rows.map((row) => row.actor)),
  numbers(rows.map((row) => row.leaseGeneration)),
  texts(rows.map((row) => row.payloadSha256)),
  texts(rows.map((row) => row.prevHash)),
  texts(rows.map((row) => row.hash)),
  texts(rows.map((row) => row.dedupeKey)),
  texts(rows.map((row) => row.payload)),
];

/** The same, and before them the stream of each row, in the order of `unnestEvents`. */
export const columnsOf = (rows: readonly EventRow[]): string[] => [
  texts(rows.map((row) => row.streamId)),
  ...ownColumnsOf(rows),
];

export const columnCount = 11;

const listsAt = (n: number): string =>
  [
    `$${n}::bigint[], ${textsAt(n + 1)}, ${textsAt(n + 2)}::timestamptz[], ${textsAt(n + 3)}, $${n + 4}::bigint[]`,
    ...[5, 6, 7, 8, 9].map((further) => textsAt(n + further)),
  ].join(', ');

/** The rows of `columnsOf`, its first parameter being `$1`. */
export const unnestEvents = `unnest(${textsAt(1)}, ${listsAt(2)}) AS e(${eventColumns}, payload)`;
/** The rows of `ownColumnsOf`, its first parameter being `$1`. */
export const unnestOfStream = `unnest(${listsAt(1)}) AS e(${ownColumns}, payload)`;

export { numbers, texts };

const insertAndMove = `
WITH e AS MATERIALIZED (SELECT * FROM ${unnestEvents}),
inserted AS (INSERT INTO ledger_events (${eventColumns}) SELECT ${eventColumns} FROM e),
paid AS (INSERT INTO ledger_payloads (stream_id, seq, payload) SELECT stream_id, seq, payload FROM e)
UPDATE ledger_streams s SET head_seq = e.seq, head_hash = e.hash, moved_at = clock_timestamp()
FROM (SELECT DISTINCT ON (stream_id) stream_id, seq, hash FROM e ORDER BY stream_id, seq DESC) e
WHERE s.stream_id = e.stream_id`;

/** Every query of way 1: appending within the caller's transaction. */
@Injectable()
export class LedgerRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Locks the heads in stream order, which is what keeps any two appends from deadlocking; makes missing ones. */
  async lock(manager: EntityManager, streamIds: readonly string[]): Promise<Locked> {
    const ids = [...new Set(streamIds)].sort();
    const first = await this.lockExisting(manager, ids);
    const missing = ids.filter((id) => !first.some((row) => row.stream_id === id));
    if (missing.length > 0) await this.create(manager, missing);
    const rows = missing.length > 0 ? [...first, ...(await this.lockExisting(manager, missing))] : first;
    if (rows.length !== ids.length)
      throw new GatehouseError('ledger.corrupt', 'A ledger stream vanished while it was appended to.');
    return {
      heads: new Map(
        rows.map((row) => [
          row.stream_id,
          { seq: Number(row.head_seq), hash: row.head_hash, fence: Number(row.fence) },
        ]),
      ),
      micros: Math.max(...rows.map((row) => Number(row.micros))),
    };
  }

  private lockExisting(manager: EntityManager, ids: readonly string[]): Promise<HeadRow[]> {
    // The clock is read after the lock is held: whoever appends later has the later time.
    return manager.query(
      `WITH locked AS MATERIALIZED (
         SELECT stream_id, head_seq, head_hash, fence FROM ledger_streams
         WHERE stream_id = ANY($1::text[]) ORDER BY stream_id FOR UPDATE)
       SELECT locked.*, ${clock} FROM locked`,
      [ids],
    );
  }

  /** Within the transaction of `manager`, or at once when it has none. */
  async create(manager: EntityManager, ids: readonly string[]): Promise<void> {
    await manager.query(
      `INSERT INTO ledger_streams (stream_id, kind, head_seq, head_hash)
       SELECT stream_id, kind, 0, $3 FROM unnest($1::text[], $2::text[]) AS n(stream_id, kind)
       ON CONFLICT DO NOTHING`,
      [ids, ids.map(kindOf), genesis.hash],
    );
  }

  /** Refuses what a newer lease has fenced off. The heads must be locked. */
  assertNotFenced({ heads }: Locked, events: readonly PreparedEvent[]): void {
    for (const event of events) {
      const fence = heads.get(event.streamId)?.fence ?? 0;
      if (isFenced(event, fence)) throw fencedError(event, fence);
    }
  }

  async earlier(manager: EntityManager, events: readonly PreparedEvent[]): Promise<EarlierEvent[]> {
    const keyed = events.filter((event) => event.dedupeKey !== null);
    if (keyed.length === 0) return [];
    const rows: Record<string, string>[] = await manager.query(
      `SELECT e.stream_id, e.dedupe_key, e.seq, e.hash, e.type, e.payload_sha256
       FROM unnest($1::text[], $2::text[]) AS k(stream_id, dedupe_key)
       JOIN ledger_events e USING (stream_id, dedupe_key)`,
      [keyed.map((event) => event.streamId), keyed.map((event) => event.dedupeKey)],
    );
    return rows.map((row) => ({
      streamId: row['stream_id'] as string,
      dedupeKey: row['dedupe_key'] as string,
      seq: Number(row['seq']),
      hash: row['hash'] as string,
      type: row['type'] as string,
      payloadSha256: row['payload_sha256'] as string,
    }));
  }

  /** Inserts events and payloads and moves the heads, in one statement. The heads must be locked. */
  async insert(manager: EntityManager, rows: readonly EventRow[]): Promise<void> {
    if (rows.length > 0) await manager.query(insertAndMove, columnsOf(rows));
  }

  /** From now on leases below `generation` cannot write to the stream. A lower value changes nothing. */
  async raiseFence(manager: EntityManager, streamId: string, generation: number): Promise<void> {
    await this.lock(manager, [streamId]);
    await manager.query('UPDATE ledger_streams SET fence = $2 WHERE stream_id = $1 AND fence < $2', [
      streamId,
      generation,
    ]);
  }
}
