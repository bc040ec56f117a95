import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createWorkerClient } from '@gatehouse/client/worker';
import { GitRunner, Spawner } from '@gatehouse/git';
import { sweepOrphans, type SandboxOptions } from '@gatehouse/sandbox';
import type { Logger } from 'pino';
import { sweepScratch } from './run/scratch.folder.js';
import { SandboxOffer } from './sandbox.offer.js';
import { WorkerLoop } from './worker.loop.js';
import { makeLog } from './worker.log.js';
import { readToken, readWorkerSettings, type WorkerSettings } from './worker.settings.js';

/** From the word to stop until we go, whatever still hangs: the supervisor kills after ten seconds. */
const stopWithinMs = 4_500;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const start = async (): Promise<void> => {
  const read = readWorkerSettings(process.env);
  if (!read.ok) return refuse(read.faults);
  const { settings } = read;
  const credential = readToken(settings.tokenFile);
  if (!credential.ok) return refuse([credential.fault]);
  const log = makeLog(settings.logLevel, { process: 'worker', worker: settings.name, zone: settings.zone });

  // Forked while this process is small: git and the sandboxes' launchers are many.
  const spawner = new Spawner();
  spawner.start();
  await mkdir(settings.dir, { recursive: true, mode: 0o700 });
  const sandboxOptions = optionsOf(settings);
  await sweep(settings, sandboxOptions, log);
  const offer = new SandboxOffer({ sandbox: sandboxOptions, log });
  await offer.look();
  const loop = new WorkerLoop({
    client: createWorkerClient({ baseUrl: settings.url, token: credential.token }),
    registration: () => ({
      name: settings.name,
      zone: settings.zone,
      sandboxes: offer.offers,
      version,
      slots: settings.slots,
    }),
    tools: {
      git: new GitRunner(spawner),
      sandboxes: offer.sandboxes,
      suspect: (kind) => offer.suspect(kind),
      workerDir: settings.dir,
      log,
    },
    log,
    onRegistered: once(() => process.send?.({ type: 'ready' })),
  });
  endOn(loop, log);
  const unwatch = offer.watch(() => loop.announce());
  await loop.run();
  unwatch();
  await spawner.close();
  log.info('stopped');
  process.exit(0);
};

const optionsOf = ({ dir, image, allowUnisolated }: WorkerSettings): SandboxOptions => ({
  stateDir: join(dir, 'sandboxes'),
  allowUnisolated,
  ...(image === null ? {} : { image }),
});

/** Ends what an earlier life of this worker left behind before anything new is taken. */
const sweep = async ({ dir }: WorkerSettings, options: SandboxOptions, log: Logger): Promise<void> => {
  const report = await sweepOrphans(options);
  const folders = await sweepScratch(dir);
  const { leases, killedProcesses, containers, problems } = report;
  if (leases.length > 0 || folders > 0)
    log.warn({ leases, killedProcesses, containers, folders }, 'leftovers of a dead worker were removed');
  for (const problem of problems) log.warn({ problem }, 'a leftover could not be removed');
};

const endOn = (loop: WorkerLoop, log: Logger): void => {
  const end = once((why: string) => {
    log.info({ why, attempts: loop.busy }, 'stopping');
    // Sandboxes whose worker is gone are ended by their own dead-man process.
    setTimeout(() => {
      log.error('attempts did not end in time; leaving them to their dead-man processes');
      process.exit(1);
    }, stopWithinMs).unref();
    loop.stop(`The worker stopped (${why}); the attempt is free for another.`);
  });
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('disconnect', () => end('its supervisor is gone'));
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'an error nobody caught');
    end('an internal error');
  });
};

const once = <T extends unknown[]>(act: (...args: T) => void): ((...args: T) => void) => {
  let done = false;
  return (...args) => {
    if (done) return;
    done = true;
    act(...args);
  };
};

const refuse = (faults: readonly string[]): void => {
  for (const fault of faults) process.stderr.write(`gatehouse-worker: ${fault}\n`);
  process.exitCode = 2;
  process.disconnect?.();
};

await start();
