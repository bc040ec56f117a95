// Row 7: events of sessions through the product's LedgerService, chained and durable, beside one connection that
// inserts the same row with no chain at all. On M the commit counts, on C what we do around it.
import pg from 'pg';
import { atLeast, atMost, judge, quantile } from './figures.mjs';
import { eventOf, ledgerOn, streams } from './ledger.stage.mjs';
import { startPostgres } from './memory.disk.mjs';
import { openCounters } from './sql.counters.mjs';

const sliceMs = 1_000;
const countedEvents = 2_000;

const floorTable = `
CREATE TABLE IF NOT EXISTS floor_events (
  stream_id text, seq bigint, type text, at timestamptz, actor text, lease_generation bigint,
  payload_sha256 text, prev_hash text, hash text, dedupe_key text, payload text, PRIMARY KEY (stream_id, seq))`;
const hash = 'a'.repeat(64);
const at = '2026-11-21T03:47:00.123456Z';

const floorOn = async ({ url }) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(floorTable);
  let seq = 0;
  const insert = () => {
    const { streamId, type, actor, payload, leaseGeneration, dedupeKey } = eventOf(streams[0]);
    const values = [streamId, ++seq, type, at, actor, leaseGeneration, hash, hash, hash, dedupeKey];
    return client.query({
      name: 'floor',
      text: 'INSERT INTO floor_events VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
      values: [...values, JSON.stringify(payload)],
    });
  };
  return { insert, close: () => client.end() };
};

/** So many callers, each sending its next when its last is durable. Answers events a second and the 99th percentile. */
const slice = async (callers, send, ms = sliceMs) => {
  const waits = [];
  const began = performance.now();
  const end = began + ms;
  const caller = async (i) => {
    while (performance.now() < end) {
      const sent = performance.now();
      await send(i);
      waits.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, i) => caller(i)));
  return { rate: waits.length / ((performance.now() - began) / 1000), p99: quantile(waits, 0.99) };
};

const paths = [
  { path: '64 callers', callers: 64, target: atLeast(25), p99: atMost(2.5) },
  { path: '256 callers', callers: 256, target: atLeast(40) },
  { path: '64 callers, one hot session', callers: 64, hot: true, target: atLeast(25) },
  { path: '1 caller', callers: 1, target: atLeast(0.85), p99: atMost(2.5) },
];

const count = async (counters, callers, send) =>
  counters.count(async () => {
    await Promise.all(
      Array.from({ length: callers }, async (_, i) => {
        for (let sent = 0; sent < countedEvents / callers; sent += 1) await send(i);
      }),
    );
    return Math.ceil(countedEvents / callers) * callers;
  });

const onDisk = async (disk, { rounds, say, atEnd }) => {
  const postgres = await startPostgres(disk);
  atEnd(postgres.stop);
  const { ledger, close } = await ledgerOn(postgres);
  atEnd(close);
  const floor = await floorOn(postgres);
  atEnd(floor.close);
  const sendOf = (hot) => (i) => ledger.append(eventOf(streams[hot ? 0 : i]));

  say(`disk ${disk}: warming up`);
  await slice(1, floor.insert, 300);
  for (const { callers, hot } of paths) await slice(callers, sendOf(hot), 500);

  const counters = await openCounters(postgres.url);
  atEnd(counters.close);
  const counted = [];
  const plain = await count(counters, 1, floor.insert);
  for (const { path, callers, hot } of paths) {
    const own = await count(counters, callers, sendOf(hot));
    for (const [key, name] of [
      ['statements', 'SQL statements'],
      ['commits', 'writing transactions'],
      ['wal', 'WAL bytes'],
    ])
      counted.push({ path: `${path}, ${disk}`, name, ours: own[key], floor: plain[key] });
  }

  const seen = paths.map(() => []);
  const floors = [];
  for (let round = 0; round < rounds; round += 1) {
    say(`disk ${disk}: round ${round + 1} of ${rounds}`);
    floors.push(await slice(1, floor.insert));
    for (const [i, { callers, hot }] of paths.entries()) seen[i].push(await slice(callers, sendOf(hot)));
  }
  const modelled = disk === 'M';
  const figures = paths.flatMap(({ path, target, p99 }, i) => [
    judge({
      path,
      disk,
      unit: 'events/s',
      ours: seen[i].map(({ rate }) => rate),
      floor: floors.map(({ rate }) => rate),
      floorName: 'inserts/s on one connection',
      ...(modelled && { target }),
    }),
    judge({
      path: `${path}, p99`,
      disk,
      unit: 'ms',
      ours: seen[i].map((one) => one.p99),
      floor: floors.map((one) => one.p99),
      floorName: 'ms',
      ...(modelled && p99 && { target: p99 }),
    }),
  ]);
  return { counters: counted, paths: figures };
};

export const measure = async (stage) => {
  const model = await onDisk('M', stage);
  const processor = await onDisk('C', stage);
  return {
    counters: [...model.counters, ...processor.counters],
    paths: [...model.paths, ...processor.paths],
  };
};
