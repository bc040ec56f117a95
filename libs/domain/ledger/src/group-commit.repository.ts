import { genesis, type Head } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { kindOf, type EventRow } from './ledger.js';
import {
  columnsOf,
  columnTypes,
  eventColumns,
  unnestEvents,
  type EarlierEvent,
  type StreamHead,
} from './ledger.repository.js';

/** The rows of one stream, and the head that they were chained to. */
export interface StreamBatch {
  readonly streamId: string;
  readonly expected: Head;
  readonly rows: readonly EventRow[];
}

export interface Probe {
  readonly streamId: string;
  /** Position at which the caller tried to write, or null. */
  readonly seq: number | null;
  readonly dedupeKeys: readonly string[];
}

export interface Probed {
  readonly head: StreamHead;
  /** Hash of the event that is at the probed position. */
  readonly hashAt: string | null;
  readonly earlier: readonly EarlierEvent[];
}

interface PreparedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  /** Milliseconds; without it a dead network is waited for as long as the longest statement may take. */
  readonly query_timeout: number;
}

/** node-postgres' pool, as far as it is used here: TypeORM cannot run named prepared statements. */
interface Pool {
  query(query: PreparedQuery): Promise<{ rows: Record<string, string>[] }>;
}

const micros = `(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
const wants = columnTypes.length + 1;
const wantTypes = ['text[]', 'bigint[]', 'text[]', 'bigint[]', 'bigint[]', 'text[]'];

// One statement, one commit. A stream takes part only if its head is still the expected one, no newer lease has
// fenced the writer off and none of its dedupe keys is taken. SKIP LOCKED: where a transaction holds the head, only
// that stream waits, not the batch, and no lock is ever waited for while another is held.
const appendText = `
WITH e AS MATERIALIZED (SELECT * FROM ${unnestEvents(1)}),
want AS MATERIALIZED (
  SELECT * FROM unnest(${wantTypes.map((type, i) => `$${wants + i}::${type}`).join(', ')})
    AS w(stream_id, expected_seq, expected_hash, generation, seq, hash)),
repeated AS MATERIALIZED (
  SELECT e.stream_id FROM e JOIN ledger_events d ON d.stream_id = e.stream_id AND d.dedupe_key = e.dedupe_key
  WHERE e.dedupe_key IS NOT NULL),
locked AS MATERIALIZED (
  SELECT w.stream_id, w.seq, w.hash FROM want w JOIN ledger_streams s ON s.stream_id = w.stream_id
  WHERE s.head_seq = w.expected_seq AND s.head_hash = w.expected_hash
    AND (w.generation IS NULL OR s.fence <= w.generation)
    AND w.stream_id NOT IN (SELECT stream_id FROM repeated)
  ORDER BY s.stream_id FOR UPDATE OF s SKIP LOCKED),
moved AS (
  UPDATE ledger_streams s SET head_seq = l.seq, head_hash = l.hash, moved_at = clock_timestamp()
  FROM locked l WHERE s.stream_id = l.stream_id RETURNING s.stream_id),
inserted AS (
  INSERT INTO ledger_events (${eventColumns})
  SELECT ${eventColumns} FROM e WHERE stream_id IN (SELECT stream_id FROM locked)),
paid AS (
  INSERT INTO ledger_payloads (stream_id, seq, payload)
  SELECT stream_id, seq, payload FROM e WHERE stream_id IN (SELECT stream_id FROM locked))
SELECT (SELECT json_agg(stream_id) FROM moved) AS moved, ${micros} AS micros`;

const probeText = `
SELECT p.stream_id, s.head_seq, s.head_hash, s.fence, at.hash AS hash_at, ${micros} AS micros
FROM unnest($1::text[], $2::bigint[]) AS p(stream_id, seq)
JOIN ledger_streams s ON s.stream_id = p.stream_id
LEFT JOIN ledger_events at ON at.stream_id = p.stream_id AND at.seq = p.seq`;

const earlierText = `
SELECT d.stream_id, d.dedupe_key, d.seq, d.hash, d.type, d.payload_sha256
FROM unnest($1::text[], $2::text[]) AS k(stream_id, dedupe_key)
JOIN ledger_events d ON d.stream_id = k.stream_id AND d.dedupe_key = k.dedupe_key`;

/** Every query of way 2: appending the events of many callers in one statement. */
@Injectable()
export class GroupCommitRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes what it can; answers with the streams that were written to. */
  async append(batches: readonly StreamBatch[]): Promise<{ moved: ReadonlySet<string>; micros: number }> {
    const rows = batches.flatMap((batch) => batch.rows);
    const [row] = await this.run('ledger_append', appendText, [
      ...columnsOf(rows),
      batches.map((batch) => batch.streamId),
      batches.map((batch) => batch.expected.seq),
      batches.map((batch) => batch.expected.hash),
      batches.map((batch) => lowestGeneration(batch.rows)),
      batches.map((batch) => batch.rows.at(-1)?.seq),
      batches.map((batch) => batch.rows.at(-1)?.hash),
    ]);
    return {
      moved: new Set((row?.['moved'] as unknown as string[] | null) ?? []),
      micros: Number(row?.['micros']),
    };
  }

  /** Where the streams stand now; those that do not exist are made. */
  async probe(probes: readonly Probe[]): Promise<{ streams: Map<string, Probed>; micros: number }> {
    const parameters = [probes.map((probe) => probe.streamId), probes.map((probe) => probe.seq)];
    let rows = await this.run('ledger_probe', probeText, parameters);
    if (rows.length < probes.length) {
      const known = new Set(rows.map((row) => row['stream_id']));
      await this.create(probes.map((probe) => probe.streamId).filter((id) => !known.has(id)));
      rows = await this.run('ledger_probe', probeText, parameters);
    }
    const earlier = await this.earlier(probes);
    const streams = new Map(
      rows.map((row) => [
        row['stream_id']!,
        {
          head: { seq: Number(row['head_seq']), hash: row['head_hash']!, fence: Number(row['fence']) },
          hashAt: row['hash_at'] ?? null,
          earlier: earlier.filter((event) => event.streamId === row['stream_id']),
        },
      ]),
    );
    return { streams, micros: Number(rows[0]?.['micros']) };
  }

  private async create(ids: readonly string[]): Promise<void> {
    await this.run(
      'ledger_create',
      `INSERT INTO ledger_streams (stream_id, kind, head_seq, head_hash)
       SELECT stream_id, kind, 0, $3 FROM unnest($1::text[], $2::text[]) AS n(stream_id, kind)
       ORDER BY stream_id ON CONFLICT DO NOTHING`,
      [ids, ids.map(kindOf), genesis.hash],
    );
  }

  private async earlier(probes: readonly Probe[]): Promise<EarlierEvent[]> {
    const keys = probes.flatMap(({ streamId, dedupeKeys }) =>
      dedupeKeys.map((key) => [streamId, key] as const),
    );
    if (keys.length === 0) return [];
    const rows = await this.run('ledger_earlier', earlierText, [
      keys.map(([id]) => id),
      keys.map(([, key]) => key),
    ]);
    return rows.map((row) => ({
      streamId: row['stream_id']!,
      dedupeKey: row['dedupe_key']!,
      seq: Number(row['seq']),
      hash: row['hash']!,
      type: row['type']!,
      payloadSha256: row['payload_sha256']!,
    }));
  }

  // Planning the append takes longer than running it: named, it is planned once per connection.
  private async run(name: string, text: string, values: unknown[]): Promise<Record<string, string>[]> {
    const { master } = this.dataSource.driver as unknown as { master: Pool };
    return (await master.query({ name, text, values, query_timeout: 10_000 })).rows;
  }
}

const lowestGeneration = (rows: readonly EventRow[]): number | null => {
  const known = rows.flatMap(({ leaseGeneration }) => (leaseGeneration === null ? [] : [leaseGeneration]));
  return known.length === 0 ? null : Math.min(...known);
};
