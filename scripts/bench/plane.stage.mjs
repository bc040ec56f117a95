// The plane as it runs: api, engine and promoter in processes of their own on a Postgres of the bench, and workers
// that speak the worker protocol over HTTP. What stands in for the agent is a patch that was made beforehand.
import { fork } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { clone } from '../step.mjs';

const parts = ['api', 'engine', 'promoter'];
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const startPart = async (name, env, atEnd) => {
  const child = fork(join(clone, 'apps', name, 'dist', 'main.js'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env,
  });
  const ended = once(child, 'exit');
  atEnd(async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(patience);
  });
  const gone = ended.then(([code]) => {
    throw new Error(`${name} ended with ${code}`);
  });
  gone.catch(() => undefined);
  for (;;) {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    if (message.type === 'ready') return;
  }
};

/** Starts the plane; `roots` is the folder below which its repositories lie. */
export const startPlane = async ({ url, folder }, roots, atEnd) => {
  const { createClient } = await import('../../libs/client/dist/index.js');
  const dataDir = join(folder, 'data');
  const tokens = join(dataDir, 'credentials');
  mkdirSync(dataDir);
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: url,
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_HOST: '127.0.0.1',
    GATEHOUSE_PORT: String(port),
    GATEHOUSE_REPOSITORY_ROOTS: roots,
    GATEHOUSE_LOG_LEVEL: 'warn',
    // Counting is part of the stack; refusing what we send would not be.
    GATEHOUSE_RATE_LIMIT: '1000000000',
    // The base is pinned from the mirror as it is, within the submit.
    GATEHOUSE_MIRROR_FRESH: '1h',
  };
  for (const name of parts)
    await startPart(name, { ...env, ...(name === 'api' && { GATEHOUSE_BOOTSTRAP_DIR: tokens }) }, atEnd);
  const baseUrl = `http://127.0.0.1:${port}`;
  const token = (name) => readFileSync(join(tokens, `${name}.token`), 'utf8').trim();
  return {
    baseUrl,
    admin: createClient({ baseUrl, token: token('admin') }),
    workerToken: token('worker-agent'),
  };
};

const step = (i) => ({
  type: 'agent.note',
  key: `note-${i}`,
  payload: {
    text: 'read src/index.ts and found the place where the limit is checked',
    step: i,
    tool: 'read',
  },
});
export const report = {
  ...{ ignored: [], ignoredCount: 0, refused: [], refusedCount: 0, killedProcesses: 0, exitCode: 0 },
  ...{ outcome: 'exited', durationMs: 1, sandbox: 'bench' },
};

/**
 * One worker with so many slots, each of which waits for a lease and does with it what a worker does: renew, start,
 * 20 events in one call, the patch, the result. `resultOf` answers what the agent of a job made.
 */
export const startWorkers = async ({ baseUrl, workerToken }, { slots, events, resultOf }) => {
  const { createWorkerClient } = await import('../../libs/client/dist/worker.js');
  const client = createWorkerClient({ baseUrl, token: workerToken });
  const sandboxes = [{ kind: 'process_sandbox', mode: 'uid', detail: 'bench' }];
  const { workerId } = await client.register({
    name: 'bench',
    zone: 'agent',
    sandboxes,
    version: '0',
    slots,
  });
  const gone = new AbortController();
  setMaxListeners(slots + 1, gone.signal);
  const work = async (grant) => {
    const { patch, digest, tree } = resultOf(grant.job.name);
    const lease = client.lease(grant.lease);
    await lease.heartbeat();
    await lease.start({ kind: grant.kind, detail: 'bench', image: null });
    await lease.events(Array.from({ length: events }, (_, i) => step(i)));
    await lease.upload(digest, patch);
    await lease.complete({
      outcome: 'succeeded',
      result: { kind: 'patch', patch: digest, base: grant.base.commit, tree, report },
    });
  };
  const slot = async () => {
    while (!gone.signal.aborted) {
      const grant = await client.claim({ workerId, waitMs: 20_000 }, { signal: gone.signal });
      if (grant !== undefined) await work(grant);
    }
  };
  const broken = Promise.all(Array.from({ length: slots }, slot));
  // Whoever waits for it hears of it; stopping is no failure.
  broken.catch(() => undefined);
  return {
    /** Rejects with what a worker broke with. */
    broken,
    stop: async () => {
      gone.abort();
      await broken.catch(() => undefined);
    },
  };
};
