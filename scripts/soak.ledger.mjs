// The ledger loop: copies of a ledger that a plane really wrote are falsified in every way we know of, and verify
// must name each falsified stream and no other.
import { fork } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientOf } from './plane.mjs';
import { tampers } from './soak.tamper.mjs';
import { shuffled } from './soak.tally.mjs';
import { clone, say } from './step.mjs';

const { startEmbeddedPostgres } = await import('../libs/infra/database/dist/index.js');

/** The api alone on a copy of the database, beside a copy of the signed heads. */
const serve = async (plane, database, ledger) => {
  const apps = plane.env.GATEHOUSE_APPS_DIR ?? join(clone, 'apps');
  const data = join(plane.folder, 'copy');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  cpSync(ledger, join(data, 'ledger'), { recursive: true });
  const { PATH, HOME } = process.env;
  const child = fork(join(apps, 'api', 'dist', 'main.js'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...{ PATH, HOME, NODE_ENV: 'production', GATEHOUSE_LOG_LEVEL: 'silent', GATEHOUSE_RATE_LIMIT: '0' },
      GATEHOUSE_DATA_DIR: data,
      GATEHOUSE_PORT: plane.env.GATEHOUSE_PORT,
      DATABASE_URL: plane.databaseUrl(database),
    },
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const ready = new Promise((resolve) => child.once('message', () => resolve('ready')));
  if ((await Promise.race([ready, gone])) !== 'ready') throw new Error('The api did not start on a copy.');
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
};

/** What verify says of a database and a folder of signed heads. */
const verify = async (plane, database, ledger) => {
  const api = await serve(plane, database, ledger);
  try {
    const token = readFileSync(join(plane.data, 'credentials', 'admin.token'), 'utf8').trim();
    return await clientOf(plane.url, token).call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  } finally {
    await api.stop();
  }
};

const copy = async (plane, name) => {
  const admin = plane.client('postgres');
  await admin.connect();
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE gatehouse`);
  } finally {
    await admin.end();
  }
};

/** One falsification on each of as many streams. */
const falsify = async (plane, name, plan) => {
  const db = plane.client(name);
  await db.connect();
  try {
    await db.query(`SET session_replication_role = replica`);
    for (const { what, stream, seq, last } of plan) await tampers[what](db, stream, seq, last);
  } finally {
    await db.end();
  }
};

/** Deals every falsification to a stream of its own, in as many copies as that takes. */
const deal = (streams, rounds, next) => {
  const copies = [];
  for (let round = 0; round < rounds; round++) {
    const left = shuffled(Object.keys(tampers), next);
    while (left.length > 0) {
      const plan = shuffled(streams, next)
        // Half of the streams at most: the others must not be accused.
        .slice(0, Math.ceil(streams.length / 2))
        .flatMap((stream) => {
          const what = left.pop();
          return what === undefined
            ? []
            : [
                {
                  what,
                  stream: stream.id,
                  last: stream.last,
                  seq: 2 + Math.floor(next() * (stream.last - 3)),
                },
              ];
        });
      copies.push(plan);
    }
  }
  return copies;
};

const lines = (ledger) => readFileSync(join(ledger, 'ledger-heads.jsonl'), 'utf8').trimEnd().split('\n');

/** The file of signed heads, falsified in its own right. */
const headFiles = {
  'a signed head edited': (all) =>
    all.map((line, i) =>
      i === all.length >> 1 ? line.replace(/"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`) : line,
    ),
  'a checkpoint dropped': (all) => all.filter((_, i) => i !== all.length >> 1),
  'two checkpoints in another order': (all) => [...all.slice(0, -2), ...all.slice(-2).reverse()],
};

export const ledgerLoop = async ({ plane, share, next, tally }) => {
  say('\nLedger loop: a real ledger, falsified in every way we know of');
  const trouble = await plane.stop();
  tally.expect(trouble === undefined, `the plane did not stop: ${trouble}`);
  const server = await startEmbeddedPostgres({
    dataRoot: plane.data,
    port: Number(plane.env.GATEHOUSE_PG_PORT),
    log: () => undefined,
  });
  const ledger = join(plane.folder, 'signed');
  mkdirSync(ledger);
  for (const name of ['ledger-heads.jsonl', 'ledger-signing.pem', 'ledger-signing.pub.pem'])
    cpSync(join(plane.data, 'ledger', name), join(ledger, name));
  try {
    const db = plane.client('gatehouse');
    await db.connect();
    const { rows } = await db.query(
      'SELECT stream_id AS id, head_seq::int AS last, head_hash AS hash FROM ledger_streams',
    );
    await db.end();
    const signed = new Set(
      lines(ledger).flatMap((line) => JSON.parse(line).heads.map(([id, seq]) => `${id} ${seq}`)),
    );
    for (const { id, last } of rows)
      tally.expect(signed.has(`${id} ${last}`), `after an orderly stop the head of ${id} is signed nowhere`);
    await copy(plane, 'soak_whole');
    const forged = join(plane.folder, 'forged');
    const all = lines(ledger);
    // Half a line is what a crash leaves of the file of heads; it accuses nobody.
    cpSync(ledger, forged, { recursive: true });
    appendFileSync(join(forged, 'ledger-heads.jsonl'), all.at(-1).slice(0, 40));
    const whole = await verify(plane, 'soak_whole', forged);
    tally.expect(
      whole.ok,
      () => `the untouched copy is accused: ${JSON.stringify(whole.faults.slice(0, 3))}`,
    );
    const long = rows.filter(({ last }) => last >= 6);
    const copies = deal(long, Math.max(1, Math.round(10 * share)), next);
    let found = 0;
    for (const plan of copies) {
      await copy(plane, 'soak_copy');
      await falsify(plane, 'soak_copy', plan);
      const { faults } = await verify(plane, 'soak_copy', ledger);
      const accused = new Set(faults.map(({ streamId }) => streamId));
      for (const { what, stream, seq } of plan)
        if (tally.expect(accused.delete(stream), `verify does not find ${what} (event ${seq} of ${stream})`))
          found += 1;
      for (const stream of accused) tally.expect(false, `verify accuses ${stream}, which nobody touched`);
    }
    for (const what of shuffled(Object.keys(headFiles), next).slice(0, share >= 0.5 ? undefined : 1)) {
      if (all.length < 3) {
        tally.skip(`${what}: too few checkpoints were written`);
        continue;
      }
      writeFileSync(join(forged, 'ledger-heads.jsonl'), `${headFiles[what](all).join('\n')}\n`);
      const report = await verify(plane, 'soak_whole', forged);
      tally.expect(
        report.faults.some(({ streamId }) => streamId === 'checkpoints'),
        `verify does not find ${what}`,
      );
    }
    say(`Found ${found} falsifications in ${copies.length} copies of ${rows.length} streams.`);
  } finally {
    await server.stop();
  }
};
