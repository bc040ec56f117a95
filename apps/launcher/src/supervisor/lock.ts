import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { identify, isRunning, type ProcessIdentity } from '../process.identity.js';

const read = (path: string): ProcessIdentity | undefined => {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
};

/** The live process that holds the lock at `path`, if any. */
export const holderOf = (path: string): ProcessIdentity | undefined => {
  const holder = read(path);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
};

/** Longest time that clearing a dead lock takes, in milliseconds; a guard older than that was left by a crash. */
const clearingLimit = 5_000;

/** Removes the lock of a dead process; two that find it dead must not remove the fresh lock of one another. */
const clearDead = (path: string): void => {
  const guard = `${path}.clearing`;
  try {
    mkdirSync(guard);
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > clearingLimit) rmdirSync(guard);
    } catch {
      // The other one has finished.
    }
    return;
  }
  try {
    if (holderOf(path) === undefined) rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
};

export type LockAnswer =
  { readonly taken: true; release(): void } | { readonly taken: false; readonly holder: ProcessIdentity };

/** Takes the lock for this process, or says who has it. A lock whose holder is dead is free. */
export const takeLock = async (path: string): Promise<LockAnswer> => {
  const own = identify(process.pid);
  if (own === undefined) throw new Error('this process cannot see itself');
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears whole, or not at all where the name exists.
        linkSync(draft, path);
        const release = (): void => {
          const holder = read(path);
          if (holder?.pid === own.pid && holder.started === own.started) rmSync(path, { force: true });
        };
        return { taken: true, release };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = holderOf(path);
      if (holder !== undefined) return { taken: false, holder };
      clearDead(path);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    rmSync(draft, { force: true });
  }
};
