import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, signal, type ProcessIdentity } from '../process.identity.js';
import { marker } from './environment.js';

/** Every process that carries the mark of the installation in `data`, this one excepted. Linux only. */
export const markedProcesses = (data: string): ProcessIdentity[] => {
  if (process.platform !== 'linux') return [];
  const found: ProcessIdentity[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const process = environment.includes(`${marker}=${data}`) ? identify(pid) : undefined;
      if (process !== undefined) found.push(process);
    } catch {
      // Gone since, or another user's: not ours in both cases.
    }
  }
  return found;
};

const whenAllGone = async (list: () => readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> => {
  for (const end = Date.now() + timeoutMs; list().length > 0; await sleep(50))
    if (Date.now() > end) return false;
  return true;
};

/**
 * Ends what an earlier supervisor left: it first waits `patienceMs`, since orphans end by themselves, then asks by
 * SIGTERM, then kills. Returns those that are still there after all.
 */
export const endStrays = async (
  data: string,
  known: readonly ProcessIdentity[],
  patienceMs: number,
): Promise<ProcessIdentity[]> => {
  const left = (): ProcessIdentity[] => {
    const all = [...known.filter(isRunning), ...markedProcesses(data)];
    return all.filter(({ pid }, at) => all.findIndex((other) => other.pid === pid) === at);
  };
  if (await whenAllGone(left, patienceMs)) return [];
  for (const [name, wait] of [
    ['SIGTERM', 3_000],
    ['SIGKILL', 2_000],
  ] as const) {
    for (const stray of left()) signal(stray, name);
    if (await whenAllGone(left, wait)) return [];
  }
  return left();
};
