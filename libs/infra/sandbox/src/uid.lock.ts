import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, pidNamespaceOf, startTimeOf } from '../keeper/processes.mjs';

/** Who holds a uid: one process for good, and a word that nobody else knows. */
interface Holder {
  pid: number;
  startTime: number;
  /** Pids mean something only inside it. */
  pidNamespace: string;
  token: string;
}

/**
 * One file per uid that is in use, in one folder for the whole machine: every plane, doctor and test run on it takes
 * its uids here, so that none touches a process of another. A file appears with its content by link(2), and is taken
 * over or removed only through a claim named after the very content that was read, so no step has a gap.
 */
export class UidLocks {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Answers the token of the new holder, or undefined where somebody has it. */
  lock(uid: number): string | undefined {
    const { token, path } = this.draft();
    try {
      linkSync(path, this.path(uid));
      return token;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return undefined;
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** True while this very holder has the uid. */
  holds(uid: number, token: string): boolean {
    return this.read(uid)?.token === token;
  }

  /** Gives a uid back, if it is still this holder's. */
  unlock(uid: number, token: string): boolean {
    return this.claimed(uid, token, () => rmSync(this.path(uid), { force: true }));
  }

  /** Takes over the uid of a holder that is dead. The caller has seen that no process has the uid. */
  inherit(uid: number): string | undefined {
    const holder = this.read(uid);
    if (holder === null || !this.isDead(holder)) return undefined;
    const { token, path } = this.draft();
    const taken = this.claimed(uid, holder.token, () => renameSync(path, this.path(uid)));
    rmSync(path, { force: true });
    return taken ? token : undefined;
  }

  private isDead({ pid, startTime, pidNamespace }: Holder): boolean {
    // The processes of another container cannot be seen from here; its uids are left to it.
    return pidNamespace === pidNamespaceOf(process.pid) && !isAlive(pid, startTime);
  }

  /** Acts only where the lock still says `token`, and nobody else acts on that word. */
  private claimed(uid: number, token: string, act: () => void): boolean {
    const claim = `${this.path(uid)}~${token}`;
    try {
      writeFileSync(claim, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
    try {
      if (!this.holds(uid, token)) return false;
      act();
      return true;
    } finally {
      rmSync(claim, { force: true });
    }
  }

  private draft(): { token: string; path: string } {
    const token = randomBytes(12).toString('hex');
    const path = join(this.folder, `new~${token}`);
    const holder: Holder = {
      pid: process.pid,
      startTime: startTimeOf(process.pid) ?? 0,
      pidNamespace: pidNamespaceOf(process.pid) ?? '',
      token,
    };
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return { token, path };
  }

  private read(uid: number): Holder | null {
    try {
      return JSON.parse(readFileSync(this.path(uid), 'utf8')) as Holder;
    } catch {
      return null;
    }
  }

  /** The uids that somebody holds or held. */
  taken(): Set<number> {
    return new Set(readdirSync(this.folder).map(Number));
  }

  private path(uid: number): string {
    return join(this.folder, String(uid));
  }
}
