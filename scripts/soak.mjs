// make soak: kill -9 of random processes of a plane under load, then an outside checker.
//   SHARE=0.1 for a tenth of the 60 kills, SEED=n to repeat a run, KEEP=1 to keep the data folder.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actAs, adminOf, launch } from './plane.mjs';
import { say, stop } from './step.mjs';
import { check } from './soak.check.mjs';
import { makeTarget, pickVictim, random } from './soak.load.mjs';

const share = Number(process.env.SHARE || 1);
const seed = Number(process.env.SEED || Math.floor(Math.random() * 2 ** 31));
if (!(share > 0 && share <= 10) || !Number.isInteger(seed))
  stop('SHARE is a number up to 10, SEED a whole number.');
const kills = Math.max(1, Math.round(60 * share));
const next = random(seed);
say(
  `Kill loop: ${kills} kills, SEED=${seed} (the same seed kills the same kinds of process after the same pauses)`,
);

// Below /var/tmp and open to walk through: the database runs as another account where we are root.
const data = mkdtempSync(join(process.getuid?.() === 0 ? '/var/tmp' : tmpdir(), 'gatehouse-soak-'));
chmodSync(data, 0o711);
const env = {
  GATEHOUSE_DATA_DIR: join(data, 'plane'),
  GATEHOUSE_PORT: String(20_000 + (seed % 5_000)),
  GATEHOUSE_PG_PORT: String(26_000 + (seed % 5_000)),
  // Short clocks, so that what a dead worker held comes back while we watch.
  GATEHOUSE_LEASE_TTL: '4s',
  GATEHOUSE_LEASE_MARGIN: '1s',
  GATEHOUSE_LEASE_HEARTBEAT: '1s',
  GATEHOUSE_INFRA_RETRIES: '20',
  GATEHOUSE_RATE_LIMIT: '0',
  DATABASE_URL: '',
  REDIS_URL: '',
};

const acknowledged = [];
let submitting = true;

/** Hands in jobs one after another; only what was answered with 2xx counts. */
const submitLoop = async (client) => {
  for (let i = 0; submitting; i++) {
    const noop = i % 4 === 3;
    const key = randomUUID();
    const spec = {
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: `soak-${i}` },
      spec: {
        repository: 'soak',
        goal: 'Write one file',
        agent: {
          adapter: 'command',
          command: ['sh', '-c', noop ? 'true' : `echo ${i} > file-${i}.txt; sleep 0.${i % 9}`],
        },
        requires: { kinds: ['process_sandbox'] },
        limits: { execution: '1m', scheduleToStart: '10m' },
      },
    };
    // The key makes a second sending of the same job safe: an answer that got lost must not make two jobs.
    for (let tries = 0; tries < 200; tries++) {
      try {
        const job = await client.call('jobs.create', { body: spec, idempotencyKey: key });
        acknowledged.push({
          id: job.id,
          sessionId: job.sessionId,
          noop,
          file: `file-${i}.txt`,
          content: `${i}\n`,
        });
        break;
      } catch (error) {
        if (error?.status && error.status < 500 && error.status !== 429) throw error;
        await sleep(250);
      }
    }
    await sleep(150);
  }
};

const run = async () => {
  mkdirSync(env.GATEHOUSE_DATA_DIR, { recursive: true });
  const plane = await launch('start', { env });
  if (plane.code !== 0) throw new Error(plane.error ?? 'The plane did not start.');
  const admin = adminOf(plane);
  const target = makeTarget(join(env.GATEHOUSE_DATA_DIR, 'demo'));
  await admin.call('repositories.add', {
    body: { name: 'soak', source: target, mode: 'live' },
    idempotencyKey: randomUUID(),
  });
  const requester = await actAs(admin, 'soak-requester', ['requester']);
  let failure;
  const load = submitLoop(requester).catch((error) => (failure = error));
  const killed = {};
  for (let i = 0; i < kills && failure === undefined; i++) {
    await sleep(500 + next() * 3_500);
    const victim = await pickVictim(env, next);
    if (!victim) continue;
    process.kill(victim.pid, 'SIGKILL');
    killed[victim.name] = (killed[victim.name] ?? 0) + 1;
    say(
      `  ${String(i + 1).padStart(3)}/${kills}  kill -9 ${victim.name} (${acknowledged.length} jobs acknowledged)`,
    );
  }
  await sleep(1_000);
  submitting = false;
  await load;
  if (failure) throw failure;
  say(
    `Killed ${Object.entries(killed)
      .map(([name, n]) => `${name} ×${n}`)
      .join(', ')}. Waiting for ${acknowledged.length} jobs.`,
  );
  return check({ admin, target, acknowledged, limitMs: 120_000 + acknowledged.length * 2_000 });
};

let faults;
try {
  faults = await run();
} catch (error) {
  faults = [error instanceof Error ? error.message : String(error)];
} finally {
  const ended = await launch('stop', { env, quiet: true }).catch((error) => ({
    code: 1,
    error: error.message,
  }));
  if (ended.code !== 0) (faults ??= []).push(`the plane did not stop: ${JSON.stringify(ended)}`);
}
if (faults.length === 0 && !process.env.KEEP) rmSync(data, { recursive: true, force: true });
else say(`Data and logs are kept in ${data}`);
for (const fault of faults) say(`FAULT: ${fault}`);
if (faults.length > 0)
  stop(`The soak found ${faults.length} faults. Repeat it with SEED=${seed} SHARE=${share}.`);
say('The soak found no fault.');
