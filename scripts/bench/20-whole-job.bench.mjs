// Row 20: whole jobs through the plane as it runs, api, engine and promoter in processes of their own and workers
// over HTTP: submit, lease, 20 events, the patch handed in, every gate, published as a branch with its proof. Beside
// it the same git work and gates with a commit for each step, and those commits alone.
import pg from 'pg';
import { makeChanges, makeRepository } from './change.samples.mjs';
import { openCommitLog } from './commit.log.mjs';
import { atLeast, atMost, judge } from './figures.mjs';
import { memoryFolder, startPostgres } from './memory.disk.mjs';
import { report, startPlane, startWorkers } from './plane.stage.mjs';
import { openFloor } from './20-whole-job.floor.mjs';
import { openCounters } from './sql.counters.mjs';

const atOnce = 64;
/** One promotion at a time is what a lane is for, so the jobs share several. */
const repositories = 8;
const events = 20;
const counted = 16;
const processes = ['api', 'engine', 'promoter'];

/** Until all these sessions have ended; throws where one did not succeed. */
const ended = async (client, ids) => {
  for (;;) {
    const { rows } = await client.query(
      `SELECT outcome, reason_code, reason_message FROM sessions WHERE id = ANY($1) AND state = 'ended'`,
      [ids],
    );
    const bad = rows.find(({ outcome }) => outcome !== 'succeeded');
    if (bad) throw new Error(`a job did not succeed: ${JSON.stringify(bad)}`);
    if (rows.length === ids.length) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

const specOf = (name, repository) => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    repository,
    base: 'main',
    goal: 'Change one line',
    agent: { adapter: 'command', command: ['true'] },
    promotion: { level: 'branch' },
  },
});

const stageOn = async (disk, { atEnd }) => {
  const postgres = await startPostgres(disk);
  atEnd(postgres.stop);
  const { folder: root, remove } = memoryFolder('jobs');
  atEnd(remove);
  const plane = await startPlane(postgres, root, atEnd);
  const sources = Array.from({ length: repositories }, (_, i) => makeRepository(root, `widgets-${i}`));
  for (const { name, gitDir } of sources)
    await plane.admin.call('repositories.add', { body: { name, source: gitDir, mode: 'live' } });
  const changes = new Map();
  const workers = await startWorkers(plane, { slots: atOnce, events, resultOf: (name) => changes.get(name) });
  atEnd(workers.stop);
  const client = new pg.Client({ connectionString: postgres.url, application_name: 'bench looks' });
  await client.connect();
  atEnd(() => client.end());
  let made = 0;
  /** Changes that nobody made before, so that no answer of a gate is known. */
  const prepare = (count) => {
    const names = Array.from({ length: count }, () => `change-${(made += 1)}`);
    return makeChanges(root, names).map((change, i) => {
      const whole = { name: names[i], source: sources[i % repositories], report, ...change };
      changes.set(names[i], whole);
      return whole;
    });
  };
  const run = async (prepared) => {
    const jobs = await Promise.all(
      prepared.map(({ name, source }) =>
        plane.admin.call('jobs.create', { body: specOf(name, source.name) }),
      ),
    );
    await Promise.race([
      ended(
        client,
        jobs.map(({ sessionId }) => sessionId),
      ),
      workers.broken,
    ]);
  };
  const proofBytes = async () => {
    const { rows } = await client.query(`SELECT avg(size)::int AS size FROM artifacts WHERE kind = 'report'`);
    return rows[0].size;
  };
  return { postgres, root, sources, prepare, run, proofBytes };
};

const timed = async (work) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** Jobs one after the other: whose transactions wrote, what each was, and the WAL of one job. */
const countAlone = async (stage, { run, prepare, postgres }) => {
  const log = await openCommitLog(postgres);
  stage.atEnd(log.close);
  const counters = await openCounters(postgres.url);
  stage.atEnd(counters.close);
  const jobs = prepare(counted);
  let cost;
  const { transactions, numbers } = await log.during(async () => {
    cost = await counters.count(async () => {
      for (const one of jobs) await run([one]);
      return counted;
    });
  });
  const by = (keep) => transactions.filter(keep).length / counted;
  const ofProcess = (name) => (one) => one.application === `gatehouse ${name}`;
  const isOurs = (one) => processes.some((name) => ofProcess(name)(one));
  const isOutbox = (one) => isOurs(one) && one.tables.length === 1 && one.tables[0] === 'tasks';
  const kinds = new Map();
  for (const { application, tables } of transactions.filter(isOurs)) {
    const key = `${application.slice('gatehouse '.length)}: ${tables.join(', ')}`;
    kinds.set(key, (kinds.get(key) ?? 0) + 1 / counted);
  }
  for (const [kind, times] of [...kinds].sort()) stage.say(`  ${times.toFixed(2)} × ${kind}`);
  return {
    ours: by(isOurs),
    outbox: by(isOutbox),
    queue: by(({ application }) => application.startsWith('gatehouse-queue-')),
    of: (name) => by((one) => ofProcess(name)(one) && !isOutbox(one)),
    hints: (numbers - transactions.length) / counted,
    wal: cost.wal,
  };
};

const onDisk = async (disk, stage) => {
  const { rounds, say, atEnd } = stage;
  say(`disk ${disk}: starting the plane`);
  const made = await stageOn(disk, stage);
  const { postgres, root, sources, prepare, run } = made;
  say(`disk ${disk}: warming up`);
  await run(prepare(atOnce));
  say(`disk ${disk}: commits of one job alone, by process and by what they write to`);
  const alone = await countAlone(stage, made);
  const floor = await openFloor({
    ...{ url: postgres.url, root, sources, events, atEnd },
    walBytes: alone.wal,
    proofBytes: await made.proofBytes(),
  });
  await floor.run(prepare(8));
  const counters = await openCounters(postgres.url);
  atEnd(counters.close);
  const plain = await counters.count(async () => {
    await floor.runWrites(counted);
    return counted;
  });

  const seen = { ours: [], floor: [], writes: [], alone: [], floorAlone: [] };
  const rate = (ms) => (atOnce * 1000) / ms;
  for (let round = 0; round < rounds; round += 1) {
    say(`disk ${disk}: round ${round + 1} of ${rounds}`);
    const jobs = prepare(atOnce);
    const others = prepare(atOnce);
    seen.floor.push(rate(await timed(() => floor.run(others))));
    seen.ours.push(rate(await timed(() => run(jobs))));
    seen.writes.push(rate(await timed(() => floor.runWrites(atOnce))));
    seen.floorAlone.push(await timed(() => floor.run(prepare(1))));
    const one = prepare(1);
    seen.alone.push(await timed(() => run(one)));
  }
  const modelled = disk === 'M';
  const path = `one job alone, ${disk}`;
  return {
    counters: [
      { path, name: 'writing transactions of ours', ours: alone.ours, floor: plain.commits },
      ...processes.map((name) => ({ path, name: `… of these changes by ${name}`, ours: alone.of(name) })),
      { path, name: '… of these the way of tasks to their processes', ours: alone.outbox },
      { path, name: 'beside them: writing transactions of the queue', ours: alone.queue },
      { path, name: 'beside them: hints and what else took a number', ours: alone.hints },
      { path, name: 'WAL bytes', ours: alone.wal, floor: plain.wal },
    ],
    paths: [
      judge({
        path: `${atOnce} jobs at once`,
        disk,
        unit: 'jobs/s',
        ours: seen.ours,
        floor: seen.floor,
        floorName: 'with a commit for each step',
        ...(modelled && { target: atLeast(2) }),
        note: 'git and gates are in both',
      }),
      judge({
        path: `${atOnce} jobs at once`,
        disk,
        unit: 'jobs/s',
        ours: seen.ours,
        floor: seen.writes,
        floorName: 'of those commits alone, without git and gates',
      }),
      judge({
        path: 'one job alone',
        disk,
        unit: 'ms',
        ours: seen.alone,
        floor: seen.floorAlone,
        floorName: 'ms with a commit for each step',
      }),
      judge({
        path: 'our commits for one job alone',
        disk,
        unit: 'commits',
        ours: [alone.ours],
        ...(modelled && { target: atMost(6) }),
      }),
    ],
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
