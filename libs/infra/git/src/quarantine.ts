import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { layOutBare } from './bare.repository.js';
import { endDialogue, keepDialogue } from './object.dialogue.js';

/** A throwaway repository that sees a mirror's objects and keeps its own new ones to itself. */
export interface Quarantine {
  /** Use it wherever a `gitDir` is asked for. */
  readonly gitDir: string;
  /** The repository whose objects it borrows. */
  readonly borrowsFrom: string;
  /** Ends the process that it is read through; what is read later starts one of its own. */
  rest(): Promise<void>;
  remove(): Promise<void>;
}

const dayMs = 86_400_000;

/** When a process started, in clock ticks since boot; tells it from a later one with the same id. */
const startOf = (pid: number): string | undefined => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

/** Process ids mean something within one boot and one pid namespace only. */
const here = (): { readonly boot: string; readonly pids: string } => {
  try {
    return {
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8),
      pids: readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''),
    };
  } catch {
    return { boot: 'unknown', pids: '0' };
  }
};

/** Makes a quarantine below `root`, over the objects of `borrowFrom`. */
export const openQuarantine = async (root: string, borrowFrom: string): Promise<Quarantine> => {
  const { boot, pids } = here();
  const name = [
    'q',
    boot,
    pids,
    process.pid,
    startOf(process.pid) ?? '0',
    randomBytes(6).toString('hex'),
  ].join('-');
  const gitDir = join(root, name);
  await mkdir(gitDir, { recursive: true, mode: 0o700 });
  await layOutBare(gitDir, borrowFrom);
  keepDialogue(gitDir);
  const rest = (): Promise<void> => endDialogue(gitDir);
  const remove = async (): Promise<void> => {
    await rest();
    await rm(gitDir, { recursive: true, force: true });
  };
  return { gitDir, borrowsFrom: borrowFrom, rest, remove };
};

/**
 * Removes what dead processes left below `root` and answers how many that were. Leftovers of another
 * container, whose processes we cannot see, go after a day.
 */
export const sweepQuarantines = async (root: string): Promise<number> => {
  const self = process.geteuid?.() ?? 0;
  let removed = 0;
  for (const name of await readdir(root).catch(() => [])) {
    const [, boot, pids, pid, start] = /^q-([0-9a-z]+)-(\d+)-(\d+)-(\d+)-[0-9a-f]{12}$/.exec(name) ?? [];
    if (boot === undefined) continue;
    const path = join(root, name);
    const found = await stat(path).catch(() => undefined);
    // Processes with users of their own share the folder: each clears up after itself.
    if (self !== 0 && found !== undefined && found.uid !== self) continue;
    const age = Date.now() - (found?.mtimeMs ?? Date.now());
    const now = here();
    const visible = boot === now.boot && pids === now.pids;
    const abandoned = visible ? startOf(Number(pid)) !== start : boot !== now.boot || age > dayMs;
    if (!abandoned) continue;
    await rm(path, { recursive: true, force: true });
    removed++;
  }
  return removed;
};
