import { randomBytes } from 'node:crypto';
import { closeSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { GatehouseError } from '@gatehouse/contracts';
import {
  createCgroup,
  detectCgroups,
  groupOf,
  joinFiles,
  removeCgroup,
  removeCgroupWithin,
  type Cgroup,
  type FoundCgroups,
} from '../keeper/cgroup.mjs';
import { bootNow, killUntilNone, membersOf, pinNamespace, startTimeOf } from '../keeper/processes.mjs';
import { openStdio, type Stdio } from './fifo.pair.js';
import { KeeperClient, type KeeperEnd, type ProcessOrder } from './keeper.client.js';
import type { Launch } from './launch.args.js';
import { OutputMeter } from './output.meter.js';
import { readHostFacts } from './room.host.js';
import { prepareLaunch, type ProcessMode } from './room.launch.js';
import type { HostFacts } from './room.plan.js';
import { checkRun, giveWorkspace, workspaceLimitOf } from './run.check.js';
import { RunFolder, type RunRecord } from './run.record.js';
import { toResult } from './run.result.js';
import type { Sandbox, SandboxHandle, SandboxResult, SandboxRun } from './sandbox.contract.js';
import { UidAllocator, type HeldUid } from './uid.allocator.js';

const defaultGraceMs = 500;

export interface ProcessSandboxOptions {
  mode: ProcessMode;
  /** Folder of mode 0700 for rooms and records; the same for every start of one worker. */
  stateDir: string;
  /** Whether bubblewrap knows --disable-userns. */
  disableUserNamespaces?: boolean;
}

const details: Record<ProcessMode, string> = {
  uid: 'own uid per run, own mount, pid, network, ipc and uts namespaces (util-linux)',
  bubblewrap: 'user namespaces by bubblewrap',
  unshare: 'user namespaces by util-linux unshare',
  unisolated:
    'NOT ISOLATED: the agent sees this machine, its network and files; only its process group and limits are its own',
};

/** Runs commands without Docker. */
export class ProcessSandbox implements Sandbox {
  readonly kind = 'process_sandbox';
  readonly mode: ProcessMode;
  readonly detail: string;
  readonly node: string;
  private readonly facts: HostFacts = readHostFacts();
  private readonly cgroups: FoundCgroups | null;
  private readonly uids: UidAllocator | null;

  constructor(private readonly options: ProcessSandboxOptions) {
    this.mode = options.mode;
    this.cgroups = options.mode === 'uid' ? detectCgroups() : null;
    this.uids = process.getuid?.() === 0 ? new UidAllocator() : null;
    const limits = this.cgroups
      ? `control groups v${this.cgroups.version}`
      : 'rlimits and a watch of memory every 100 ms; CPU share is not bounded';
    this.detail = `${details[this.mode]}; limits by ${limits}`;
    this.node =
      this.mode === 'unisolated' || this.facts.node === null ? process.execPath : '/opt/node/bin/node';
  }

  imageId(): Promise<null> {
    return Promise.resolve(null);
  }

  async start(run: SandboxRun): Promise<SandboxHandle> {
    checkRun(run);
    const workspace = statSync(run.workspace);
    const held = this.uids?.take(workspace.uid) ?? null;
    const uid = held?.uid ?? null;
    const mark = `GATEHOUSE_RUN=${randomBytes(16).toString('hex')}`;
    let folder: RunFolder | null = null;
    let cgroup: Cgroup | null = null;
    try {
      const record: Omit<RunRecord, 'worker'> = {
        leaseId: run.leaseId,
        uid: held,
        mark,
        cgroup: null,
        workspace: run.workspace,
      };
      folder = RunFolder.create(this.options.stateDir, record);
      if (uid !== null) await giveWorkspace(run.workspace, workspace.uid, uid);
      cgroup = this.cgroups && groupOf(this.cgroups, basename(folder.path));
      folder.note({ cgroup });
      if (cgroup) createCgroup(cgroup, run.limits);
      const launch = prepareLaunch(this.mode, this.facts, run, {
        folder: folder.path,
        uid,
        joins: cgroup ? joinFiles(cgroup) : [],
        mark,
        disableUserNamespaces: this.options.disableUserNamespaces ?? false,
      });
      const stdio = await openStdio(folder.path);
      return this.watch(run, folder, stdio, this.order(run, launch, uid, cgroup, mark), held);
    } catch (error) {
      if (cgroup) removeCgroup(cgroup);
      folder?.remove();
      if (held !== null) this.uids?.release(held);
      if (error instanceof GatehouseError) throw error;
      throw new GatehouseError(
        'sandbox.failed',
        `The sandbox of ${run.leaseId} could not be set up; see the cause, then retry.`,
        { cause: error },
      );
    }
  }

  private order(
    run: SandboxRun,
    launch: Launch,
    uid: number | null,
    cgroup: Cgroup | null,
    mark: string,
  ): ProcessOrder {
    const { limits } = run;
    return {
      launch,
      namespaces: this.mode !== 'unisolated',
      roomPrefix: this.mode === 'bubblewrap' ? '' : '/r',
      uid,
      mark,
      cgroup,
      watchMemoryBytes: cgroup ? null : limits.memoryBytes,
      workspace: run.workspace,
      workspaceLimit: workspaceLimitOf(run),
      wallMs: limits.wallMs,
      graceMs: run.graceMs ?? defaultGraceMs,
      deadlineAt: run.deadlineMs === undefined ? null : bootNow() + run.deadlineMs,
    };
  }

  private watch(
    run: SandboxRun,
    folder: RunFolder,
    stdio: Stdio,
    order: ProcessOrder,
    held: HeldUid | null,
  ): SandboxHandle {
    const keeper = new KeeperClient(order, stdio.child);
    for (const fd of stdio.child) closeSync(fd);
    folder.note({ keeper: { pid: keeper.pid, startTime: keeper.startTime } });
    const facts: Partial<RunRecord> = {};
    keeper.onStarted = ({ pid, namespace }) => {
      Object.assign(facts, { init: { pid, startTime: startTimeOf(pid) }, namespace });
      folder.note(facts);
    };
    let why: string | undefined;
    feed(stdio, run.input);
    const meter = new OutputMeter(run.limits.outputBytes, run.onOutput, () => keeper.end('output_limit', 0));
    const output = Promise.allSettled([
      meter.drain('stdout', stdio.stdout),
      meter.drain('stderr', stdio.stderr),
    ]);
    const done = (async (): Promise<SandboxResult> => {
      const end = (await keeper.ended) ?? (await this.endOrphan(order, facts));
      stdio.stdin.destroy();
      if (!end.verifiedDead)
        throw new GatehouseError(
          'sandbox.failed',
          `Processes of ${run.leaseId} could not be seen to be dead; stop this worker and look at uid ${held?.uid ?? 'of the worker'}. ${end.diagnostics}`,
        );
      const settled = await output;
      folder.remove();
      if (held !== null) this.uids?.release(held);
      const broken = settled.find((s) => s.status === 'rejected');
      if (broken) throw broken.reason;
      return toResult(end, meter.bytes, why);
    })();
    done.catch(() => {});
    return {
      done,
      renew: (ms) => keeper.renew(bootNow() + ms),
      cancel: async (reason) => {
        why ??= reason;
        keeper.end('cancelled', run.graceMs ?? defaultGraceMs);
        await done.then(
          () => {},
          () => {},
        );
      },
    };
  }

  /** The keeper itself was killed: the kernel ends the sandbox with it; here it is seen to be so. */
  private async endOrphan(order: ProcessOrder, facts: Partial<RunRecord>): Promise<KeeperEnd> {
    const { init, namespace } = facts;
    const pinned = init && namespace ? pinNamespace(init.pid, init.startTime) : null;
    const trace = { uid: order.uid, mark: order.mark, namespace: pinned?.name ?? null };
    const { killed, dead } = await killUntilNone(() => membersOf(trace), 5_000);
    pinned?.release();
    const empty = order.cgroup === null || (await removeCgroupWithin(order.cgroup, 5_000));
    return {
      outcome: 'cancelled',
      exitCode: null,
      killedProcesses: killed,
      durationMs: 0,
      verifiedDead: dead && empty,
      diagnostics: 'the dead-man process was killed',
    };
  }
}

const feed = (stdio: Stdio, input: Buffer | Readable | undefined): void => {
  stdio.stdin.on('error', () => {});
  if (input === undefined) return void stdio.stdin.end();
  const source = Buffer.isBuffer(input) ? Readable.from([input]) : input;
  // A command need not read what it is given; then the pipe breaks and nothing is wrong.
  source.pipe(stdio.stdin);
  finished(source).catch(() => stdio.stdin.destroy());
};
