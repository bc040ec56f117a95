import { readFileSync } from 'node:fs';
import { GatehouseError } from '@gatehouse/contracts';
import { listProcesses } from '../keeper/processes.mjs';
import { UidLocks } from './uid.lock.js';

/** Above every range that Linux distributions and systemd hand out, below 2^31. */
export const uidRange = { first: 1_900_000_000, count: 4096 };
/** For machines whose own user namespace maps few ids. */
const smallRange = { first: 62_000, count: 512 };

/** One folder for the machine: uids are the machine's, whoever's plane takes them. */
const machineFolder = '/run/gatehouse/uids';

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

/** A uid that one run has to itself, and the word that proves it. */
export interface HeldUid {
  readonly uid: number;
  readonly token: string;
}

/** Gives every run a uid that nobody has: not in /etc/passwd, held by no other run, without a live process. */
export class UidAllocator {
  private readonly range: { first: number; count: number };
  private readonly locks: UidLocks;

  constructor(
    folder = machineFolder,
    range = mapped(uidRange.first + uidRange.count - 1) ? uidRange : smallRange,
  ) {
    this.locks = new UidLocks(folder);
    this.range = range;
  }

  /** `preferred` is the owner of the workspace: then nothing needs to change hands. */
  take(preferred: number): HeldUid {
    const { first, count } = this.range;
    const busy = new Set(listProcesses().flatMap((p) => p.uids));
    const names = named();
    const idle = (uid: number): boolean => !busy.has(uid) && !names.has(uid);
    const lock = (uid: number): string | undefined => (idle(uid) ? this.locks.lock(uid) : undefined);
    const start = Math.floor(Math.random() * count);
    const uids = Array.from({ length: count }, (_, i) => first + ((start + i) % count));
    if (preferred >= first && preferred < first + count) uids.unshift(preferred);
    const taken = this.locks.taken();
    for (const uid of uids) {
      const token = taken.has(uid) ? undefined : lock(uid);
      if (token !== undefined) return { uid, token };
    }
    // Whatever crashed workers held and nobody swept, once no other is left.
    for (const uid of uids) {
      const token = lock(uid) ?? (idle(uid) ? this.locks.inherit(uid) : undefined);
      if (token !== undefined) return { uid, token };
    }
    throw new GatehouseError(
      'sandbox.failed',
      `All ${count} sandbox uids are in use; end some runs and try again.`,
    );
  }

  /** True while this run still has the uid: then every process with it is its own. */
  holds({ uid, token }: HeldUid): boolean {
    return this.locks.holds(uid, token);
  }

  /** Answers whether it was this run's to give back. */
  release({ uid, token }: HeldUid): boolean {
    return this.locks.unlock(uid, token);
  }
}
