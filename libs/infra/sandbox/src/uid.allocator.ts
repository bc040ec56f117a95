import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { isAlive, listProcesses, startTimeOf } from '../keeper/processes.mjs';

/** Above every range that Linux distributions and systemd hand out, below 2^31. */
export const uidRange = { first: 1_900_000_000, count: 4096 };
/** For machines whose own user namespace maps few ids. */
const smallRange = { first: 62_000, count: 512 };

const mapped = (uid: number): boolean =>
  readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .some((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return uid >= first && uid < first + count;
    });

const named = (): Set<number> =>
  new Set(
    ['/etc/passwd', '/etc/group'].flatMap((file) => {
      try {
        return readFileSync(file, 'utf8')
          .split('\n')
          .map((line) => Number(line.split(':')[2]));
      } catch {
        return [];
      }
    }),
  );

/**
 * Gives every run a uid that nobody has: not in /etc/passwd, held by no other run, without a live process.
 * A lock file per uid, machine-wide; the sweep at boot frees those whose worker is dead, so a crash leaks none.
 */
export class UidAllocator {
  private readonly range = mapped(uidRange.first + uidRange.count - 1) ? uidRange : smallRange;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** True for the uids that only sandboxes have. */
  owns(uid: number): boolean {
    return uid >= this.range.first && uid < this.range.first + this.range.count;
  }

  /** `preferred` is the owner of the workspace: then nothing needs to change hands. */
  take(preferred: number): number {
    const busy = new Set(listProcesses().flatMap((p) => p.uids));
    const names = named();
    const free = (uid: number): boolean => !busy.has(uid) && !names.has(uid) && this.lock(uid);
    if (this.owns(preferred) && free(preferred)) return preferred;
    const start = Math.floor(Math.random() * this.range.count);
    for (let i = 0; i < this.range.count; i++) {
      const uid = this.range.first + ((start + i) % this.range.count);
      if (free(uid)) return uid;
    }
    throw new GatehouseError(
      'sandbox.failed',
      `All ${this.range.count} sandbox uids are in use; end some runs and try again.`,
    );
  }

  release(uid: number): void {
    rmSync(join(this.folder, String(uid)), { force: true });
  }

  /** Frees the uids of dead workers; answers which. */
  sweep(): number[] {
    return readdirSync(this.folder)
      .map(Number)
      .filter((uid) => this.owns(uid) && this.isStale(uid))
      .map((uid) => (this.release(uid), uid));
  }

  private lock(uid: number): boolean {
    const path = join(this.folder, String(uid));
    try {
      const fd = openSync(path, 'wx', 0o600);
      writeSync(fd, `${process.pid} ${startTimeOf(process.pid)}`);
      closeSync(fd);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }

  private isStale(uid: number): boolean {
    const path = join(this.folder, String(uid));
    try {
      const [pid, start] = readFileSync(path, 'utf8').split(' ').map(Number);
      // A lock without its content is being written this moment, or its writer died in between.
      if (!pid || !start) return Date.now() - statSync(path).mtimeMs > 10_000;
      return !isAlive(pid, start);
    } catch {
      return false;
    }
  }
}
