import { statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { Readable, type Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { GatehouseError } from '@gatehouse/contracts';
import { bootNow, startTimeOf } from '../keeper/processes.mjs';
import { defaultImage, engineOf, requireImage, socketOf, type DockerOptions } from './docker.engine.js';
import { demultiplex } from './docker.stream.js';
import { KeeperClient } from './keeper.client.js';
import { OutputMeter } from './output.meter.js';
import { RunFolder } from './run.record.js';
import { toResult } from './run.result.js';
import { checkRun, giveWorkspace, workspaceLimitOf } from './run.check.js';
import { accounts, home, inodesFor } from './room.plan.js';
import type { ReadOnlyMount, Sandbox, SandboxHandle, SandboxResult, SandboxRun } from './sandbox.contract.js';
import { UidAllocator } from './uid.allocator.js';

const defaultGraceMs = 500;
/** What holds a container open until the keeper removes it; the agent's command is an exec beside it. */
const holdOpen = ['/bin/sleep', '2147483647'];

export const leaseLabel = 'gatehouse.lease';
export const workerLabel = 'gatehouse.worker';
export const uidLabel = 'gatehouse.uid';
/** Names one process for good: its pid may come again, the pair does not. */
export const thisWorker = (): string => `${process.pid}:${startTimeOf(process.pid)}`;

const tmpfs = (bytes: number, mode: string, owner: string): string =>
  `rw,exec,nosuid,nodev,size=${bytes},nr_inodes=${inodesFor(bytes)},mode=${mode}${owner}`;

/** The container of a run as the engine wants it told. Pure, so that a spec can read every wall. */
export const containerSpec = (
  run: SandboxRun,
  image: string,
  user: { uid: number; gid: number },
  accountFiles: readonly ReadOnlyMount[],
): Docker.ContainerCreateOptions => {
  const { limits } = run;
  const owner = `,uid=${user.uid},gid=${user.gid}`;
  const mount = (host: string, inside: string, readOnly: boolean) => ({
    Type: 'bind' as const,
    Source: host,
    Target: inside,
    ReadOnly: readOnly,
    BindOptions: { Propagation: 'rprivate' as const },
  });
  return {
    Image: image,
    Entrypoint: [holdOpen[0] ?? ''],
    Cmd: holdOpen.slice(1),
    User: `${user.uid}:${user.gid}`,
    Hostname: 'sandbox',
    WorkingDir: '/workspace',
    NetworkDisabled: true,
    Labels: { [leaseLabel]: run.leaseId, [workerLabel]: thisWorker(), [uidLabel]: String(user.uid) },
    HostConfig: {
      Init: true,
      ReadonlyRootfs: true,
      NetworkMode: 'none',
      IpcMode: 'private',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(Math.min(limits.cpus, cpus().length) * 1e9),
      // Two for the processes that hold the container open.
      PidsLimit: limits.pids + 2,
      ShmSize: 64 * 1024 * 1024,
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        ...(limits.workspaceBytes
          ? [
              {
                Name: 'fsize',
                Soft: Math.max(limits.workspaceBytes, limits.tmpfsBytes),
                Hard: Math.max(limits.workspaceBytes, limits.tmpfsBytes),
              },
            ]
          : []),
      ],
      // Output is the worker's; kept by the engine as well it could fill the disk.
      LogConfig: { Type: 'none', Config: {} },
      Tmpfs: {
        '/tmp': tmpfs(limits.tmpfsBytes, '1777', ''),
        [home]: tmpfs(limits.tmpfsBytes, '0700', owner),
      },
      Mounts: [
        mount(run.workspace, '/workspace', run.workspaceReadOnly ?? false),
        ...[...accountFiles, ...(run.extraReadOnly ?? [])].map(({ host, inside }) =>
          mount(host, inside, true),
        ),
      ],
    },
  };
};

/** Runs each command in a container of its own. */
export class DockerSandbox implements Sandbox {
  readonly kind = 'docker_sandbox';
  readonly mode = 'docker';
  readonly node = 'node';
  private readonly engine: Docker;
  private readonly uids: UidAllocator | null;

  constructor(
    private readonly options: DockerOptions & { stateDir: string; uidDir: string },
    readonly detail: string,
  ) {
    this.engine = engineOf(options);
    this.uids = process.getuid?.() === 0 ? new UidAllocator(options.uidDir) : null;
  }

  async start(run: SandboxRun): Promise<SandboxHandle> {
    checkRun(run);
    const image = run.image ?? this.options.image ?? defaultImage;
    await requireImage(this.engine, image);
    const owner = statSync(run.workspace);
    const own = this.uids?.take(owner.uid) ?? null;
    const user =
      own === null
        ? { uid: process.getuid?.() ?? 1000, gid: process.getgid?.() ?? 1000 }
        : { uid: own, gid: own };
    let container: Docker.Container | null = null;
    let folder: RunFolder | null = null;
    try {
      if (own !== null) await giveWorkspace(run.workspace, owner.uid, own);
      folder = RunFolder.create(this.options.stateDir, {
        leaseId: run.leaseId,
        uid: own,
        mark: null,
        cgroup: null,
        workspace: run.workspace,
      });
      const accountFiles = writeAccounts(folder.path, user.uid);
      container = await this.engine.createContainer(containerSpec(run, image, user, accountFiles));
      await container.start();
      return await this.watch(run, folder, container, user, own);
    } catch (error) {
      await container?.remove({ force: true, v: true }).catch(() => {});
      folder?.remove();
      if (own !== null) this.uids?.release(own);
      if (error instanceof GatehouseError) throw error;
      throw new GatehouseError(
        'sandbox.failed',
        `The container of ${run.leaseId} could not be started: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  private async watch(
    run: SandboxRun,
    folder: RunFolder,
    container: Docker.Container,
    user: { uid: number; gid: number },
    own: number | null,
  ): Promise<SandboxHandle> {
    const graceMs = run.graceMs ?? defaultGraceMs;
    const events = new EventWatch(
      (await this.engine.getEvents({
        filters: { container: [container.id], event: ['exec_die', 'oom'] },
      })) as Readable,
    );
    const exec = await container.exec({
      Cmd: [...run.argv],
      Env: Object.entries({ HOME: home, LANG: 'C.UTF-8', ...run.env }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      WorkingDir: '/workspace',
      User: `${user.uid}:${user.gid}`,
      AttachStdin: run.input !== undefined,
      AttachStdout: true,
      AttachStderr: true,
    });
    const keeper = new KeeperClient(
      {
        container: { id: container.id, socketPath: socketOf(this.options), user: `${user.uid}:${user.gid}` },
        uid: own,
        workspace: run.workspace,
        workspaceLimit: workspaceLimitOf(run),
        wallMs: run.limits.wallMs,
        graceMs,
        deadlineAt: run.deadlineMs === undefined ? null : bootNow() + run.deadlineMs,
      },
      ['ignore', 'ignore', 'ignore'],
    );
    folder.note({ keeper: { pid: keeper.pid, startTime: keeper.startTime } });
    let exitCode: number | null = null;
    let memory = false;
    events.onOom = () => {
      memory = true;
      keeper.end('memory', 0);
    };
    events.onExecDie = (id, code) => {
      if (id !== exec.id) return;
      exitCode = code;
      keeper.end('exited', 0);
    };
    const meter = new OutputMeter(run.limits.outputBytes, run.onOutput, () => keeper.end('output_limit', 0));
    const stream = await exec.start({
      hijack: true,
      stdin: run.input !== undefined,
      Detach: false,
      Tty: false,
    });
    feed(stream, run.input);
    const output = this.drain(stream, meter).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const done = (async (): Promise<SandboxResult> => {
      const end = await keeper.ended;
      events.close();
      const dead = end?.verifiedDead ?? (await this.removeSelf(container));
      if (!dead)
        throw new GatehouseError(
          'sandbox.failed',
          `The container ${container.id.slice(0, 12)} of ${run.leaseId} is not gone: ${end?.diagnostics ?? 'its keeper was killed'}. Remove it: docker rm -f ${container.id.slice(0, 12)}`,
        );
      const broken = await output;
      folder.remove();
      if (own !== null) this.uids?.release(own);
      if (broken) throw broken.error;
      const fallback = {
        outcome: 'cancelled' as const,
        exitCode: null,
        killedProcesses: 0,
        durationMs: 0,
        verifiedDead: true,
        diagnostics: 'the dead-man process was killed',
      };
      const outcome = memory && end?.outcome === 'exited' ? 'memory' : (end ?? fallback).outcome;
      return toResult({ ...(end ?? fallback), outcome, exitCode }, meter.bytes);
    })();
    done.catch(() => {});
    return {
      done,
      renew: (ms) => keeper.renew(bootNow() + ms),
      cancel: async () => {
        keeper.end('cancelled', graceMs);
        await done.then(
          () => {},
          () => {},
        );
      },
    };
  }

  private async drain(stream: Duplex, meter: OutputMeter): Promise<void> {
    const { take, finish } = meter.open();
    try {
      for await (const { name, chunk } of demultiplex(stream)) await take(name, chunk);
    } catch (error) {
      // The engine cuts the connection when the container goes; what was read is complete.
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
    finish();
  }

  private async removeSelf(container: Docker.Container): Promise<boolean> {
    await container.remove({ force: true, v: true }).catch(() => {});
    return container.inspect().then(
      () => false,
      (error: { statusCode?: number }) => error.statusCode === 404,
    );
  }
}

/** Only names, so that a uid is somebody inside; readable by that uid, unlike the folder of the run. */
const writeAccounts = (folder: string, uid: number): ReadOnlyMount[] =>
  Object.entries(accounts(uid))
    .filter(([inside]) => ['/etc/passwd', '/etc/group'].includes(inside))
    .map(([inside, text]) => {
      const host = join(folder, basename(inside));
      writeFileSync(host, text, { mode: 0o644 });
      return { host, inside };
    });

const feed = (stream: Duplex, input: Buffer | Readable | undefined): void => {
  stream.on('error', () => {});
  if (input === undefined) return;
  (Buffer.isBuffer(input) ? Readable.from([input]) : input).pipe(stream);
};

/** The engine's events of one container, a JSON object per line. */
class EventWatch {
  onOom: () => void = () => {};
  onExecDie: (id: string, code: number) => void = () => {};
  private heard = '';

  constructor(private readonly stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('error', () => {});
    stream.on('data', (text: string) => {
      this.heard += text;
      for (let at = this.heard.indexOf('\n'); at >= 0; at = this.heard.indexOf('\n')) {
        this.take(this.heard.slice(0, at));
        this.heard = this.heard.slice(at + 1);
      }
    });
  }

  close(): void {
    this.stream.destroy();
  }

  private take(line: string): void {
    const event = JSON.parse(line) as { Action?: string; Actor?: { Attributes?: Record<string, string> } };
    const facts = event.Actor?.Attributes ?? {};
    if (event.Action === 'oom') this.onOom();
    if (event.Action === 'exec_die') this.onExecDie(facts['execID'] ?? '', Number(facts['exitCode'] ?? 255));
  }
}
