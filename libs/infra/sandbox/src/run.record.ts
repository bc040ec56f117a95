import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cgroup } from '../keeper/cgroup.mjs';
import { startTimeOf } from '../keeper/processes.mjs';
import type { HeldUid } from './uid.allocator.js';

/** What a later worker must know to clean up after a run whose worker died. */
export interface RunRecord {
  leaseId: string;
  worker: { pid: number; startTime: number | null };
  keeper?: { pid: number; startTime: number | null };
  init?: { pid: number; startTime: number | null };
  namespace?: string | null;
  /** Null where the worker is not root. */
  uid: HeldUid | null;
  mark: string | null;
  cgroup: Cgroup | null;
  workspace: string;
}

/** The folder of one run: its record, its room. Gone when the run is. */
export class RunFolder {
  private constructor(
    readonly path: string,
    private record: RunRecord,
  ) {}

  static create(stateDir: string, record: Omit<RunRecord, 'worker'>): RunFolder {
    const name = `${record.leaseId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 80)}-${randomBytes(4).toString('hex')}`;
    const path = join(stateDir, 'runs', name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const folder = new RunFolder(path, {
      ...record,
      worker: { pid: process.pid, startTime: startTimeOf(process.pid) },
    });
    folder.note({});
    return folder;
  }

  static readAll(stateDir: string): { path: string; record: RunRecord | null }[] {
    let names: string[];
    try {
      names = readdirSync(join(stateDir, 'runs'));
    } catch {
      return [];
    }
    return names.map((name) => {
      const path = join(stateDir, 'runs', name);
      try {
        return { path, record: JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')) as RunRecord };
      } catch {
        return { path, record: null };
      }
    });
  }

  note(facts: Partial<RunRecord>): void {
    this.record = { ...this.record, ...facts };
    // Rename, so that a crash leaves the old record or the new one.
    writeFileSync(join(this.path, 'run.json.new'), JSON.stringify(this.record), { mode: 0o600 });
    renameSync(join(this.path, 'run.json.new'), join(this.path, 'run.json'));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
