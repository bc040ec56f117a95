// The lane loop: twelve changes that pass one by one, of which two do not go with one before them, wait in a speculative
// lane while its engine and its promoter are killed. Exactly the other ten are published, in order, by a window that
// grows by one and halves.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { longOfLane } from './jest/long.mjs';
import { actAs } from './plane.mjs';
import { git } from './soak.load.mjs';
import { runSpecs } from './soak.specs.mjs';
import { shuffled } from './soak.tally.mjs';
import { say } from './step.mjs';

const runs = 6;
const size = 12;
const largest = 8;
/** A lane begins with it. */
const firstWindow = 4;
const patienceMs = 300_000;

// Two sides of one price pass one by one, and fail together.
const together = `set -eu
cd changes
for side in one-*; do
  [ -e "$side" ] || continue
  if [ -e "other-\${side#one-}" ]; then echo "two prices of \${side#one-}"; exit 1; fi
done
`;

const adding = ({ path, line }) => {
  const blob = createHash('sha1')
    .update(`blob ${line.length + 1}\0${line}\n`)
    .digest('hex');
  return Buffer.from(
    `diff --git a/${path} b/${path}\nnew file mode 100644\nindex ${'0'.repeat(40)}..${blob}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`,
  );
};

/** Twelve changes with two pairs that do not go together: the commands fail, or they cannot be merged. */
const changesOf = (next) => {
  const [one, other, mine, yours] = shuffled([...Array(size).keys()], next);
  const changes = Array.from({ length: size }, (_, i) => ({ path: `changes/c${i}`, line: `c${i}` }));
  Object.assign(changes[one], { path: 'changes/one-price', foe: other, code: 'promotion.stack_failed' });
  Object.assign(changes[other], { path: 'changes/other-price', foe: one, code: 'promotion.stack_failed' });
  const same = { path: 'changes/same', code: 'promotion.stack_conflict' };
  Object.assign(changes[mine], { ...same, foe: yours });
  Object.assign(changes[yours], { ...same, foe: mine });
  return changes;
};

const makeRepository = async ({ plane, name }) => {
  const path = join(plane.folder, name);
  mkdirSync(join(path, 'changes'), { recursive: true });
  git(path, 'init', '-q', '-b', 'main');
  writeFileSync(join(path, 'together.sh'), together);
  writeFileSync(join(path, 'changes', '.keep'), '');
  git(path, 'add', '-A');
  git(path, 'commit', '-q', '-m', 'Begin');
  const policy = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Policy',
    metadata: { name, layer: 'repository', repository: name },
    // Nobody goes before all have come: they are approved at once, in their order.
    spec: { promotion: { speculativeWindow: largest, approvals: { quorum: 1 } } },
  };
  const creating = () => ({ idempotencyKey: randomUUID() });
  const repository = await plane.admin.call('repositories.add', {
    body: { name, source: path, mode: 'live' },
    ...creating(),
  });
  await plane.admin.call('policies.store', { body: policy, ...creating() });
  return { id: repository.id, name, path, base: git(path, 'rev-parse', 'main') };
};

const submit = async (client, { name }, change) => {
  const { id: artifact } = await client.call('artifacts.create', { body: adding(change) });
  const body = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: change.line },
    spec: {
      ...{ repository: name, goal: `Add ${change.path}`, agent: { adapter: 'patch', artifact } },
      validation: { commands: [{ name: 'together', run: 'sh together.sh' }] },
      promotion: { level: 'branch', target: 'main' },
      limits: { scheduleToStart: '30m', appRetries: 0 },
    },
  };
  return client.call('jobs.create', { body, idempotencyKey: randomUUID() });
};

/** Asks until it is so, through restarts: what cannot be answered now is asked again. */
const until = async (what, ask) => {
  let last;
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(200)) {
    try {
      const found = await ask();
      if (found !== undefined) return found;
    } catch (error) {
      if (error?.status && error.status < 500 && error.status !== 429) throw error;
      last = error;
    }
  }
  throw new Error(`Waited ${patienceMs / 1000} s for ${what}.`, { cause: last });
};

const promotionsOf = async (client, { name: repository }) =>
  (await client.call('promotions.list', { query: { repository, limit: 100 } })).items;

/** kill -9 of the engine and the promoter, each while it is at work where that can be seen. */
const killSome = async (plane, next) => {
  const killed = [];
  for (const name of shuffled(['engine', 'promoter'], next)) {
    await sleep(next() * 2_000);
    const busy = await plane.untilBusy(name, 1_000);
    const pid = await plane.pidOf(name);
    if (pid === undefined) throw new Error(`${name} does not serve 20 s after it was killed.`);
    process.kill(pid, 'SIGKILL');
    killed.push(`${name}${busy ? ' at work' : ''}`);
  }
  return killed.join(', ');
};

/** Grows by one where all pass, halves where one is dropped, stays where nothing was said; each round from the last. */
const checkWindow = ({ tally, speculation, name }) => {
  const rounds = speculation.rounds.toReversed();
  let window = firstWindow;
  for (const { number, state, windowBefore, windowAfter } of rounds) {
    const grown = Math.max(windowBefore, Math.min(windowBefore + 1, largest));
    const expected = { passed: grown, failed: Math.max(1, Math.floor(windowBefore / 2)), void: windowBefore };
    tally.expect(
      windowBefore === window && windowAfter === expected[state],
      () =>
        `${name}: round ${number} ${state} has the window ${windowBefore} → ${windowAfter} after ${window}`,
    );
    window = windowAfter;
  }
  tally.expect(speculation.window === window, () => `${name}: the next window is ${speculation.window}`);
  return [...rounds.map(({ windowBefore }) => windowBefore), window].join(' ');
};

/** The lane's own history: what was published, in that order. */
const publishedIn = async (admin, { id }) => {
  const query = { after: 0, limit: 1000 };
  const { items } = await admin.call('ledger.events', { params: { id: `lane:${id}:main` }, query });
  return items
    .filter(({ type, payload }) => type === 'promotion.state_changed' && payload?.to === 'succeeded')
    .map(({ payload }) => payload.promotionId);
};

/** `order`: changes by their promotions, in the order of the lane. */
const check = async ({ plane, repository, order, tally }) => {
  const { admin } = plane;
  const { name, path, base } = repository;
  const list = await promotionsOf(admin, repository);
  for (const { id, bad, code, line, path: file } of order) {
    const found = list.find((one) => one.id === id);
    const is = `${line} is ${found?.state} ${found?.reason?.code}`;
    if (bad) {
      const dropped = found?.state === 'failed' && found.reason?.code === code;
      tally.expect(dropped, () => `${name}: ${is}, and not dropped as ${code}`);
    } else if (tally.expect(found?.state === 'succeeded', () => `${name}: ${is}, and not published`)) {
      const { branch } = found.result;
      const [parents, changed] = [
        git(path, 'rev-parse', `${branch}^@`),
        git(path, 'diff', '--name-only', base, branch),
      ];
      tally.expect(
        parents === base && changed === file && git(path, 'show', `${branch}:${file}`) === line,
        () => `${name}: ${branch} stands on ${parents} and changes ${changed}`,
      );
    }
  }
  tally.expect(list.length === size, () => `${name}: ${list.length} promotions of ${size} jobs`);
  const branches = git(path, 'for-each-ref', '--format=%(refname)', 'refs/heads/gatehouse').split('\n');
  tally.expect(branches.length === size - 2, () => `${name}: ${branches.length} branches`);
  const [published, wanted] = [
    await publishedIn(admin, repository),
    order.filter(({ bad }) => !bad).map(({ id }) => id),
  ];
  tally.expect(
    published.join() === wanted.join(),
    () => `${name}: published ${published.join(', ')}, and not ${wanted.join(', ')}`,
  );
  const { items } = await admin.call('lanes.list', { query: { repository: name } });
  const { speculation } = items[0];
  const members = Math.max(...speculation.rounds.map((round) => round.members));
  tally.expect(members > 1, () => `${name}: nothing was judged together`);
  return checkWindow({ tally, speculation, name });
};

const oneRun = async ({ plane, number, client, approver, next, tally }) => {
  const repository = await makeRepository({ plane, name: `lane-${number}` });
  const changes = changesOf(next);
  const jobs = [];
  for (const change of changes) jobs.push(await submit(client, repository, change));
  const waiting = await until('all to wait for an approval', async () => {
    const list = await promotionsOf(client, repository);
    const all = list.filter(({ state }) => state === 'awaiting_approval');
    return all.length === size ? all : undefined;
  });
  const idOf = (i) => waiting.find(({ sessionId }) => sessionId === jobs[i].sessionId).id;
  const order = changes
    .map((change, i) => ({ ...change, id: idOf(i) }))
    .map((change) => ({ ...change, bad: change.foe !== undefined && change.id > idOf(change.foe) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id } of order) {
    const { candidateId } = waiting.find((one) => one.id === id);
    const body = { answer: 'approve', reason: 'Seen.', candidateId };
    await approver.call('approvals.answer', { params: { id }, body });
  }
  const killed = await killSome(plane, next);
  for (const { id } of jobs)
    await until(`job ${id} to end`, async () => {
      const job = await client.call('jobs.get', { params: { id } });
      return job.endedAt === null ? undefined : job;
    });
  const windows = await check({ plane, repository, order, tally });
  const places = order.flatMap(({ bad }, i) => (bad ? [i + 1] : []));
  say(`  ${number}: bad at ${places.join(' and ')}, killed ${killed}, windows ${windows}`);
};

export const laneLoop = async ({ plane, share, next, tally }) => {
  await plane.start({ GATEHOUSE_LEASE_TTL: '30s', GATEHOUSE_LEASE_MARGIN: '5s' });
  const client = await actAs(plane.admin, 'lane-requester', ['requester']);
  const approver = await actAs(plane.admin, 'lane-approver', ['approver']);
  const times = Math.max(1, Math.round(runs * share));
  for (let number = 1; number <= times && tally.failed <= 20; number += 1)
    await oneRun({ plane, number, client, approver, next, tally });
  say(`${times} lanes of ${size} changes, 2 of them bad`);
  const report = await plane.admin.call('ledger.verify', { query: {}, timeoutMs: 300_000 });
  tally.expect(report.ok, () => `the ledger: ${report.faults.map(({ message }) => message).join(' ')}`);
  await runSpecs({ name: 'lane', specs: longOfLane, limitMs: 900_000, tally });
};
