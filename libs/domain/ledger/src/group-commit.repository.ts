import { isUniqueViolation } from '@gatehouse/database';
import { genesis, type Head } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { kindOf, type EventRow } from './ledger.js';
import {
  columnCount,
  columnsOf,
  eventColumns,
  numbers,
  ownColumnsOf,
  texts,
  textsAt,
  unnestEvents,
  unnestOfStream,
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

// Planning the append takes longer than running it, and left alone Postgres plans it anew each time, since it cannot
// know how long the lists will be.
const sessionSettings = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/** Batches that are written at once: Postgres works on one while the other waits for the disk. */
export const flights = 2;

/**
 * Connections of its own, so that an append never waits for transactions that hold the pool, and so that the
 * settings above touch nobody else. They go when nothing was appended for a while.
 */
const ownConnections = (dataSource: DataSource): DataSource => {
  const options = dataSource.options as Extract<DataSourceOptions, { type: 'postgres' }>;
  const extra = options.extra as Record<string, unknown> | undefined;
  return new DataSource({
    ...options,
    entities: [],
    migrations: [],
    subscribers: [],
    poolSize: flights,
    extra: {
      ...extra,
      max: flights,
      options: [extra?.['options'], sessionSettings].join(' '),
      idleTimeoutMillis: 10_000,
      allowExitOnIdle: true,
    },
  });
};

const micros = `(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
const want = columnCount + 1;
// IS TRUE keeps it from becoming a join: a hash of the streams, whatever the planner thinks of their number.
const fits = '(e.stream_id IN (SELECT stream_id FROM fit)) IS TRUE';

// One statement, one commit. A stream takes part only if its head is still the expected one, no newer lease has
// fenced the writer off and none of its dedupe keys is taken. SKIP LOCKED: where a transaction holds the head, only
// that stream waits, not the batch, and no lock is ever waited for while another is held.
const appendText = (keyed: boolean): string => `
WITH e AS MATERIALIZED (SELECT * FROM ${unnestEvents}),
want AS MATERIALIZED (
  SELECT * FROM unnest(${textsAt(want)}, $${want + 1}::bigint[], ${textsAt(want + 2)}, $${want + 3}::bigint[],
    $${want + 4}::bigint[], ${textsAt(want + 5)})
    AS w(stream_id, expected_seq, expected_hash, generation, seq, hash)),
held AS MATERIALIZED (
  SELECT s.stream_id, s.head_seq, s.head_hash, s.fence FROM ledger_streams s
  WHERE s.stream_id = ANY(${textsAt(want)}) FOR UPDATE SKIP LOCKED),
${keyed ? repeated : ''}
fit AS MATERIALIZED (
  SELECT w.* FROM want w JOIN held h ON h.stream_id = w.stream_id
  WHERE h.head_seq = w.expected_seq AND h.head_hash = w.expected_hash
    AND (w.generation IS NULL OR h.fence <= w.generation)
    ${keyed ? 'AND w.stream_id NOT IN (SELECT stream_id FROM repeated)' : ''}),
moved AS (
  UPDATE ledger_streams s SET head_seq = fit.seq, head_hash = fit.hash, moved_at = clock_timestamp()
  FROM fit WHERE s.stream_id = fit.stream_id RETURNING s.stream_id),
inserted AS (
  INSERT INTO ledger_events (${eventColumns}) SELECT ${eventColumns} FROM e WHERE ${fits}),
paid AS (
  INSERT INTO ledger_payloads (stream_id, seq, payload) SELECT stream_id, seq, payload FROM e WHERE ${fits})
SELECT (SELECT json_agg(stream_id) FROM moved) AS moved, ${micros} AS micros`;

// The same where all rows are of one stream, as those of a lone caller and of a busy session: with nothing to join it
// takes Postgres a third less for one event and a fifth less for 64.
const at = (nth: number): string => `$${columnCount + nth}`;
const appendOneText = `
WITH held AS MATERIALIZED (
  SELECT stream_id FROM ledger_streams
  WHERE stream_id = $${columnCount} AND head_seq = ${at(1)} AND head_hash = ${at(2)}
    AND (${at(3)}::bigint IS NULL OR fence <= ${at(3)}) FOR UPDATE SKIP LOCKED),
e AS MATERIALIZED (SELECT held.stream_id, e.* FROM held CROSS JOIN ${unnestOfStream}),
moved AS (
  UPDATE ledger_streams s SET head_seq = ${at(4)}, head_hash = ${at(5)}, moved_at = clock_timestamp()
  FROM held WHERE s.stream_id = held.stream_id RETURNING s.stream_id),
inserted AS (INSERT INTO ledger_events (${eventColumns}) SELECT ${eventColumns} FROM e),
paid AS (INSERT INTO ledger_payloads (stream_id, seq, payload) SELECT stream_id, seq, payload FROM e)
SELECT (SELECT json_agg(stream_id) FROM moved) AS moved, ${micros} AS micros`;

// LATERAL with LIMIT, here and below, is one look into the index for each event. A plain join is planned once, while
// the ledger is small, as a hash over all of its keys: at 12,000 events each append took 20 ms instead of 0.4.
const repeated = `repeated AS MATERIALIZED (
  SELECT e.stream_id FROM e CROSS JOIN LATERAL (
    SELECT FROM ledger_events d WHERE d.stream_id = e.stream_id AND d.dedupe_key = e.dedupe_key LIMIT 1) AS known
  WHERE e.dedupe_key IS NOT NULL),`;

const probeText = `
SELECT p.stream_id, s.head_seq, s.head_hash, s.fence, at.hash AS hash_at, ${micros} AS micros
FROM unnest($1::text[], $2::bigint[]) AS p(stream_id, seq)
CROSS JOIN LATERAL (
  SELECT head_seq, head_hash, fence FROM ledger_streams WHERE stream_id = p.stream_id LIMIT 1) AS s
LEFT JOIN LATERAL (
  SELECT hash FROM ledger_events WHERE stream_id = p.stream_id AND seq = p.seq LIMIT 1) AS at ON true`;

const earlierText = `
SELECT k.stream_id, k.dedupe_key, d.seq, d.hash, d.type, d.payload_sha256
FROM unnest($1::text[], $2::text[]) AS k(stream_id, dedupe_key)
CROSS JOIN LATERAL (
  SELECT seq, hash, type, payload_sha256 FROM ledger_events
  WHERE stream_id = k.stream_id AND dedupe_key = k.dedupe_key LIMIT 1) AS d`;

const appendPlain = { name: 'ledger_append', text: appendText(false) };
const appendKeyed = { name: 'ledger_append_keyed', text: appendText(true) };
const appendOne = { name: 'ledger_append_one', text: appendOneText };

/** A dedupe key that is in its stream already: nothing of the batch was written. */
export const isRepeatedKey = (error: unknown): boolean => isUniqueViolation(error, 'ledger_events_dedupe');

/** Every query of way 2: appending the events of many callers in one statement. */
@Injectable()
export class GroupCommitRepository {
  readonly #own: DataSource;
  #connected: Promise<DataSource> | undefined;

  constructor(dataSource: DataSource) {
    this.#own = ownConnections(dataSource);
  }

  /**
   * Writes what it can; answers with the streams that were written to. A stream with a key that is taken is left out
   * where keys are looked for, at a tenth of the price of the append; where not, `isRepeatedKey` fails the batch.
   */
  async append(
    batches: readonly StreamBatch[],
    { looksForKeys = true } = {},
  ): Promise<{ moved: ReadonlySet<string>; micros: number }> {
    const rows = batches.flatMap((batch) => batch.rows);
    const looks = looksForKeys && rows.some((row) => row.dedupeKey !== null);
    const statement = looks ? appendKeyed : batches.length === 1 ? appendOne : appendPlain;
    const [first] = batches as readonly [StreamBatch];
    const values =
      statement === appendOne
        ? [...ownColumnsOf(rows), first.streamId, ...headsOf(first)]
        : [...columnsOf(rows), ...listsOf(batches)];
    const [row] = await this.run(statement.name, statement.text, values);
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

  private async run(name: string, text: string, values: unknown[]): Promise<Record<string, string>[]> {
    this.#connected ??= this.#own.isInitialized ? Promise.resolve(this.#own) : this.#own.initialize();
    const { driver } = await this.#connected.catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    const { master } = driver as unknown as { master: Pool };
    return (await master.query({ name, text, values, query_timeout: 10_000 })).rows;
  }

  async close(): Promise<void> {
    const connected = await this.#connected?.catch(() => undefined);
    this.#connected = undefined;
    if (connected?.isInitialized) await connected.destroy();
  }
}

const lowestGeneration = (rows: readonly EventRow[]): number | null => {
  let lowest: number | null = null;
  for (const { leaseGeneration } of rows)
    if (leaseGeneration !== null && (lowest === null || leaseGeneration < lowest)) lowest = leaseGeneration;
  return lowest;
};

/** What the head must be, which generation writes, and what the head becomes. */
const headsOf = ({
  expected,
  rows,
}: StreamBatch): readonly [number, string, number | null, number, string] => {
  const last = rows.at(-1)!;
  return [expected.seq, expected.hash, lowestGeneration(rows), last.seq, last.hash];
};

const listsOf = (batches: readonly StreamBatch[]): string[] => {
  const heads = batches.map(headsOf);
  return [
    texts(batches.map((batch) => batch.streamId)),
    numbers(heads.map(([seq]) => seq)),
    texts(heads.map(([, hash]) => hash)),
    numbers(heads.map(([, , generation]) => generation)),
    numbers(heads.map(([, , , seq]) => seq)),
    texts(heads.map(([, , , , hash]) => hash)),
  ];
};
