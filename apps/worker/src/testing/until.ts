import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; throws what it was where it never does. A busy machine is waited for. */
export const until = async (what: () => boolean, ms = 60_000): Promise<void> => {
  for (const end = Date.now() + ms; !what(); await sleep(20))
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what.toString()}`);
};

/** Whether a process has this in its command line. */
export const isAlive = (mark: string): boolean => {
  try {
    return execFileSync('pgrep', ['-f', mark], { encoding: 'utf8' }).trim() !== '';
  } catch {
    return false;
  }
};
