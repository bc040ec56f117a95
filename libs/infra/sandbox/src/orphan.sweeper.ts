import { existsSync, rmSync, statSync } from 'node:fs';
import { pidsIn, removeCgroupWithin } from '../keeper/cgroup.mjs';
import { isAlive, killUntilNone, membersOf, pinNamespace } from '../keeper/processes.mjs';
import { engineOf, socketOf } from './docker.engine.js';
import { leaseLabel, stateLabel, workerLabel } from './docker.container.js';
import { RunFolder, type RunRecord } from './run.record.js';
import { isRoot, stateDirOf, type SandboxOptions } from './sandbox.probe.js';
import { UidAllocator } from './uid.allocator.js';

export interface SweepOptions extends SandboxOptions {
  /** Also remove the workspaces of swept runs. Default: keep them, since an artifact may still be read from them. */
  removeWorkspaces?: boolean;
}

export interface SweepReport {
  /** Leases whose leftovers were removed. */
  leases: string[];
  killedProcesses: number;
  containers: number;
  uids: number;
  /** What could not be removed and why; worth a warning. */
  problems: string[];
}

const killWithinMs = 5_000;

const workerLives = (label: string | undefined): boolean => {
  const [pid = 0, start = 0] = (label ?? '').split(':').map(Number);
  return pid > 0 && isAlive(pid, start);
};

const sweepRun = async (
  path: string,
  record: RunRecord,
  report: SweepReport,
  options: SweepOptions,
  uids: UidAllocator | null,
): Promise<void> => {
  // The keeper goes first: it still enforces, and its death ends the launcher.
  // A uid that this run no longer holds may be another's by now: its processes are not ours to kill.
  const held = record.uid !== null && uids !== null && uids.holds(record.uid) ? record.uid : null;
  const pinned =
    record.init && record.namespace ? pinNamespace(record.init.pid, record.init.startTime) : null;
  const trace = {
    uid: held?.uid ?? null,
    mark: record.mark,
    namespace: pinned?.name ?? null,
  };
  const keeper =
    record.keeper && isAlive(record.keeper.pid, record.keeper.startTime) ? [record.keeper.pid] : [];
  const { killed, dead } = await killUntilNone(
    () =>
      membersOf({
        ...trace,
        pids: [
          ...keeper.filter((pid) => isAlive(pid, record.keeper?.startTime)),
          ...(record.cgroup ? pidsIn(record.cgroup) : []),
        ],
      }),
    killWithinMs,
  );
  pinned?.release();
  report.killedProcesses += killed;
  const empty = record.cgroup === null || (await removeCgroupWithin(record.cgroup, killWithinMs));
  if (!dead || !empty) {
    report.problems.push(`processes of ${record.leaseId} do not die`);
    return;
  }
  if (held !== null && uids?.release(held)) report.uids += 1;
  if (options.removeWorkspaces) rmSync(record.workspace, { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
  report.leases.push(record.leaseId);
};

const sweepContainers = async (
  options: SweepOptions,
  stateDir: string,
  report: SweepReport,
): Promise<void> => {
  const socket = socketOf(options);
  if (socket.includes('://') || !existsSync(socket)) return;
  const engine = engineOf(options);
  const found = await engine.listContainers({
    all: true,
    filters: { label: [leaseLabel, `${stateLabel}=${stateDir}`] },
  });
  for (const { Id, Labels } of found) {
    if (workerLives(Labels[workerLabel])) continue;
    await engine.getContainer(Id).remove({ force: true, v: true });
    report.containers += 1;
    report.leases.push(Labels[leaseLabel] ?? Id);
  }
};

/**
 * Removes what dead workers left: processes, containers, control groups, rooms and uid locks. Call it when a
 * worker boots. Runs of workers that are alive are left alone, and so is all that another state folder made. Mounts
 * need no sweep: they live in namespaces that end with their processes. Never throws for one run's sake; see
 * `problems`.
 */
export const sweepOrphans = async (options: SweepOptions = {}): Promise<SweepReport> => {
  const report: SweepReport = { leases: [], killedProcesses: 0, containers: 0, uids: 0, problems: [] };
  const stateDir = stateDirOf(options);
  const uids = isRoot() ? new UidAllocator() : null;
  for (const { path, record } of RunFolder.readAll(stateDir)) {
    if (record === null) {
      // Its worker died between making the folder and writing the first record, or is about to write it.
      if (Date.now() - statSync(path).mtimeMs > 60_000) rmSync(path, { recursive: true, force: true });
    } else if (!isAlive(record.worker.pid, record.worker.startTime))
      await sweepRun(path, record, report, options, uids);
  }
  try {
    await sweepContainers(options, stateDir, report);
  } catch (error) {
    report.problems.push(`containers: ${(error as Error).message}`);
  }
  return report;
};
