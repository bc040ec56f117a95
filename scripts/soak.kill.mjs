// The kill loop: kill -9 of every part at moments of chance under a stream of jobs, then the outside checker.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs } from './plane.mjs';
import { checkJobs } from './soak.check.mjs';
import { checkLeftovers, checkStopped } from './soak.leftovers.mjs';
import { checkRows } from './soak.rows.mjs';
import { Ghost } from './soak.ghost.mjs';
import { kindsOf, Load, makeTarget } from './soak.load.mjs';
import { marginMs, parts, ttlMs } from './soak.plane.mjs';
import { shuffled } from './soak.tally.mjs';
import { probe, say } from './step.mjs';

const asksOnce = (repository) => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Policy',
  metadata: { name: 'asks-once', layer: 'repository', repository },
  spec: { promotion: { approvals: { quorum: 1 } } },
});

/** Every part equally often: rounds in an order of chance. */
const victimsOf = (count, next) => {
  const list = [];
  while (list.length < count) list.push(...shuffled(parts, next));
  return list.slice(0, count);
};

const hasDocker = () => {
  const major = process.versions.node.split('.')[0];
  return probe('docker', ['image', 'inspect', `gatehouse/sandbox:node-${major}`]).ok;
};

/** Stops a worker for longer than its lease lasts, and lets it go on: it must find that it lost everything. */
const freeze = async (plane, name) => {
  const pid = await plane.pidOf(name);
  if (pid === undefined) return;
  await plane.untilBusy(name, 6_000);
  process.kill(pid, 'SIGSTOP');
  say(`           frozen for ${(ttlMs + 2 * marginMs) / 1000} s: ${name}`);
  await sleep(ttlMs + 2 * marginMs);
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It was replaced meanwhile.
  }
};

/** How long all jobs may take to end; shorter where a fault is known to be planted. */
const patienceMs = process.env.SOAK_PATIENCE ? Number(process.env.SOAK_PATIENCE) * 1_000 : undefined;

export const killLoop = async ({ plane, share, next, seed, tally, keepRunning = false }) => {
  const kills = Math.max(1, Math.round(60 * share));
  const docker = hasDocker();
  if (!docker) tally.skip('jobs in docker_sandbox: no engine with our image answers here');
  const targets = { main: makeTarget(plane.folder, 'main'), asked: makeTarget(plane.folder, 'asked') };
  await plane.start();
  const { admin } = plane;
  for (const { name, path } of Object.values(targets))
    await admin.call('repositories.add', {
      body: { name, source: path, mode: 'live' },
      idempotencyKey: randomUUID(),
    });
  await admin.call('policies.store', { body: asksOnce('asked'), idempotencyKey: randomUUID() });
  const client = await actAs(admin, 'soak-requester', ['requester']);
  const approver = await actAs(admin, 'soak-approver', ['approver']);
  const mark = `soak-mark-${seed}`;
  const order = shuffled(kindsOf(docker), next);
  const load = new Load({ client, approver, admin, targets, folder: plane.folder, next, order, mark });
  const ghost = new Ghost({ admin, url: plane.url, next });
  await ghost.start();
  load.start();
  const killed = await storm({ plane, load, kills, next });
  // A short run still hands in each kind at least once.
  for (const end = Date.now() + 60_000; load.jobs.length < order.length && Date.now() < end;)
    await sleep(200);
  await ghost.stop();
  await load.stop();
  if (load.failure) throw load.failure;
  say(
    `Killed ${Object.entries(killed)
      .map(([name, { times, busy }]) => `${name} ×${times} (${busy} at work)`)
      .join(', ')}. Waiting for ${load.jobs.length} jobs.`,
  );
  for (const name of kills >= parts.length ? parts : [])
    tally.expect(killed[name]?.times > 0, `${name} was never killed`);
  await checkJobs({ plane, load, targets, tally, limitMs: patienceMs ?? 120_000 + load.jobs.length * 2_000 });
  await checkRows({ plane, load, ghost, targets, tally });
  await checkLeftovers({ plane, targets, mark, tally });
  if (keepRunning) return;
  const trouble = await plane.stop();
  tally.expect(trouble === undefined, `the plane did not stop: ${trouble}`);
  checkStopped({ plane, mark, tally });
};

const storm = async ({ plane, load, kills, next }) => {
  const killed = {};
  for (const [i, name] of victimsOf(kills, next).entries()) {
    if (load.failure) break;
    await sleep(500 + next() * 3_000);
    // A worker that is merely frozen, once in each round.
    if (i % parts.length === 2) await freeze(plane, next() < 0.5 ? 'worker-agent' : 'worker-validator');
    // Two of three while they have work in hand, the others whenever it comes.
    // The promoter's work is over in a blink: give it some to be killed at.
    if (name === 'promoter') await load.burst('patch', 3);
    const busy = (next() < 0.67 || name === 'promoter') && (await plane.untilBusy(name, 8_000));
    await sleep(next() * (name.startsWith('worker') ? 500 : 40));
    const pid = await plane.pidOf(name);
    if (pid === undefined) throw new Error(`${name} does not serve 20 s after it was killed.`);
    process.kill(pid, 'SIGKILL');
    const count = (killed[name] ??= { times: 0, busy: 0 });
    count.times += 1;
    count.busy += busy ? 1 : 0;
    say(
      `  ${String(i + 1).padStart(3)}/${kills}  kill -9 ${name}${busy ? ' at work' : ''} (${load.jobs.length} jobs)`,
    );
  }
  await sleep(1_000);
  return killed;
};
