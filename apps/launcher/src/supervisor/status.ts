import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Boundary } from '../boundary/boundary.js';
import type { ProcessIdentity } from '../process.identity.js';

/** One process under the supervisor. */
export interface ProcessStatus {
  readonly name: string;
  readonly state:
    | 'waiting' // not started yet
    | 'starting' // runs, and has not said that it serves
    | 'ready'
    | 'restarting' // dead, and due to be started again
    | 'crash_loop' // died five times in a row within seconds; tried again slowly
    | 'stopped';
  readonly process: ProcessIdentity | null;
  /** How often it was started again. */
  readonly restarts: number;
  /** How its last life ended, e.g. `exit 1` or `SIGKILL`. */
  readonly lastExit: string | null;
}

/** What the supervisor says about the plane, kept in `status.json` of the data folder. */
export interface PlaneStatus {
  readonly supervisor: ProcessIdentity;
  readonly state: 'starting' | 'ready' | 'degraded' | 'stopping' | 'stopped' | 'failed';
  readonly startedAt: string;
  /** Where API and panel answer; null until the port is chosen. */
  readonly url: string | null;
  /** The same for this machine's own commands: on loopback, also where `url` is not. */
  readonly localUrl: string | null;
  /** What was done so far, in words for the person who waits. */
  readonly steps: readonly string[];
  /** Why the start failed. */
  readonly failure: string | null;
  readonly processes: readonly ProcessStatus[];
  /** What separates the processes; null until that is known. */
  readonly boundary: Boundary | null;
  /** Logins of the processes in the database by their names; null where they share one. */
  readonly logins: Readonly<Record<string, string>> | null;
}

/** The last words of a supervisor, dead or alive; undefined where there never was one. */
export const readStatus = (path: string): PlaneStatus | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PlaneStatus;
  } catch {
    return undefined;
  }
};

/** Replaces the file whole, so that a reader never sees half of it. */
export const writeStatus = (path: string, status: PlaneStatus): void => {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(status, null, 2), { mode: 0o600 });
  renameSync(draft, path);
};
