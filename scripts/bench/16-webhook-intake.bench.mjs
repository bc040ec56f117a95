// Row 16: a delivery through the product's own door behind HTTP, its signature checked over the bytes and stored with
// its task in one statement, beside the raw INSERT of the same body on as many connections. Ten copies make one task.
import { createHmac, randomUUID } from 'node:crypto';
import pg from 'pg';
import { verifyDelivery } from '../../libs/infra/forge/dist/index.js';
import { DeliveriesRepository } from '../../libs/domain/trigger/dist/webhook/delivery.repository.js';
import { createDataSource, NotifyHub } from '../../libs/infra/database/dist/index.js';
import { Tasks } from '../../libs/infra/tasks/dist/index.js';
import { atLeast, judge } from './figures.mjs';
import { startPostgres } from './memory.disk.mjs';
import { openCounters } from './sql.counters.mjs';

const sliceMs = 1_000;
const counted = 500;
const connections = 8;
const secret = 'a secret of the bench';
/** As large as GitHub's own example of a labelled issue. */
const body = Buffer.from(
  JSON.stringify({
    action: 'labeled',
    issue: { number: 1, title: 'Spelling error in the README file', body: 'x'.repeat(2_000) },
    rest: Array.from(
      { length: 60 },
      (_, i) => `https://api.example.org/repos/acme/widgets/issues/${i}/events`,
    ),
  }),
);
const headers = {
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  'x-github-event': 'issues',
};

/** So many callers, each sending its next when its last is durable; deliveries a second. */
const slice = async (callers, send, ms = sliceMs) => {
  let sent = 0;
  const began = performance.now();
  const caller = async () => {
    for (; performance.now() < began + ms; sent += 1) await send();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return sent / ((performance.now() - began) / 1000);
};

const doorOn = async ({ url }) => {
  const database = await createDataSource({ url, applicationName: 'gatehouse bench', poolSize: connections });
  const hub = new NotifyHub({ url, applicationName: 'gatehouse bench' });
  await hub.start();
  const deliveries = new DeliveriesRepository(database, new Tasks(database, hub));
  const receive = async (deliveryId = randomUUID()) => {
    const verified = verifyDelivery([secret], body, { ...headers, 'x-github-delivery': deliveryId });
    if (!verified.ok) throw new Error(verified.message);
    return deliveries.receive({ deliveryId: verified.id, event: verified.event, body });
  };
  const close = async () => {
    await hub.close();
    await database.destroy();
  };
  return { receive, database, close };
};

const floorOn = async ({ url }) => {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await pool.query('CREATE TABLE IF NOT EXISTS floor_bodies (id text PRIMARY KEY, body bytea NOT NULL)');
  const insert = () => pool.query('INSERT INTO floor_bodies VALUES ($1, $2)', [randomUUID(), body]);
  return { insert, close: () => pool.end() };
};

const onDisk = async (disk, { rounds, say, atEnd }) => {
  const postgres = await startPostgres(disk);
  atEnd(postgres.stop);
  const door = await doorOn(postgres);
  atEnd(door.close);
  const floor = await floorOn(postgres);
  atEnd(floor.close);
  say(`disk ${disk}: warming up`);
  for (const send of [floor.insert, () => door.receive()]) await slice(connections, send, 500);

  const counters = await openCounters(postgres.url);
  atEnd(counters.close);
  const count = (send) =>
    counters.count(async () => {
      for (let sent = 0; sent < counted; sent += 1) await send();
      return counted;
    });
  const plain = await count(floor.insert);
  const own = await count(() => door.receive());
  const ten = randomUUID();
  const copies = await Promise.all(Array.from({ length: 10 }, () => door.receive(ten)));
  const [{ made }] = await door.database.query(
    `SELECT count(*)::int AS made FROM tasks WHERE payload->>'deliveryId' = $1`,
    [copies[0].delivery],
  );

  const paths = [1, connections].map((callers) => ({ callers, ours: [], floors: [] }));
  for (let round = 0; round < rounds; round += 1) {
    say(`disk ${disk}: round ${round + 1} of ${rounds}`);
    for (const path of paths) {
      path.floors.push(await slice(path.callers, floor.insert));
      path.ours.push(await slice(path.callers, () => door.receive()));
    }
  }
  return {
    counters: [
      ...[
        ['statements', 'SQL statements'],
        ['commits', 'writing transactions'],
        ['wal', 'WAL bytes'],
      ].map(([key, name]) => ({ path: `one delivery, ${disk}`, name, ours: own[key], floor: plain[key] })),
      { path: `ten copies at once, ${disk}`, name: 'tasks', ours: made },
    ],
    paths: paths.map(({ callers, ours, floors }) =>
      judge({
        path: callers === 1 ? '1 caller' : `${callers} callers`,
        disk,
        unit: 'deliveries/s',
        ours,
        floor: floors,
        floorName: `raw inserts/s of the body`,
        ...(disk === 'M' && { target: atLeast(0.65) }),
      }),
    ),
  };
};

export const measure = async (stage) => {
  const model = await onDisk('M', stage);
  const processor = await onDisk('C', stage);
  return {
    counters: [...model.counters, ...processor.counters],
    paths: [...model.paths, ...processor.paths],
  };
};
