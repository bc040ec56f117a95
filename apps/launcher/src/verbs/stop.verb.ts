import { setTimeout as sleep } from 'node:timers/promises';
import { findEmbeddedPostgres } from '@gatehouse/database';
import type { Installation } from '../installation.js';
import { isRunning, signal, type ProcessIdentity } from '../process.identity.js';
import { holderOf } from '../supervisor/lock.js';
import { readStatus } from '../supervisor/status.js';
import { endStrays } from '../supervisor/strays.js';
import type { Output } from './output.js';

/** The supervisor's own order takes 10 s at most. */
const politeMs = 12_000;

const endSupervisor = async (supervisor: ProcessIdentity): Promise<void> => {
  signal(supervisor, 'SIGTERM');
  for (const end = Date.now() + politeMs; isRunning(supervisor) && Date.now() < end;) await sleep(50);
  signal(supervisor, 'SIGKILL');
};

/** Ends the plane, also what a killed supervisor left behind, and proves that nothing runs. */
export const stop = async (installation: Installation, output: Output): Promise<number> => {
  const { data, paths } = installation;
  const supervisor = holderOf(paths.lock);
  if (supervisor !== undefined) {
    output.say('Stopping Gatehouse');
    await endSupervisor(supervisor);
  }
  const last = readStatus(paths.status)?.processes ?? [];
  const known = last.flatMap(({ name, process }) =>
    name === 'postgres' || process === null ? [] : [process],
  );
  const orphans = known.filter(isRunning).length;
  const left = await endStrays(data, known, supervisor === undefined ? 5_000 : 0);
  const postgres = await findEmbeddedPostgres(data);
  await postgres?.stop();
  const wasRunning = supervisor !== undefined || orphans > 0 || postgres !== undefined;
  if (left.length > 0) {
    const pids = left.map(({ pid }) => pid);
    output.result({ ok: false, wasRunning, left: pids }, [
      `These processes do not end: ${pids.join(' ')}. End them with: kill -9 ${pids.join(' ')}`,
    ]);
    return 1;
  }
  output.result({ ok: true, wasRunning, left: [] }, [
    wasRunning ? 'Gatehouse has stopped; no process is left.' : 'Gatehouse was not running.',
  ]);
  return 0;
};
