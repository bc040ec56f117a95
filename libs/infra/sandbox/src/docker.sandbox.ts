import { statSync } from 'node:fs';
import { Readable, type Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { GatehouseError } from '@gatehouse/contracts';
import { bootNow } from '../keeper/processes.mjs';
import { containerSpec, writeAccounts } from './docker.container.js';
import { defaultImage, engineOf, requireImage, socketOf, type DockerOptions } from './docker.engine.js';
import { EventWatch } from './docker.events.js';
import { demultiplex } from './docker.stream.js';
import { KeeperClient } from './keeper.client.js';
import { OutputMeter } from './output.meter.js';
import { RunFolder } from './run.record.js';
import { toResult } from './run.result.js';
import { checkRun, giveWorkspace, workspaceLimitOf } from './run.check.js';
import { home } from './room.plan.js';
import type { Sandbox, SandboxHandle, SandboxResult, SandboxRun } from './sandbox.contract.js';
import { UidAllocator, type HeldUid } from './uid.allocator.js';

const defaultGraceMs = 500;
const execLookMs = 1_000;
/** Runs each command in a container of its own. */
export class DockerSandbox implements Sandbox {
  readonly kind = 'docker_sandbox';
  readonly mode = 'docker';
  readonly node = 'node';
  private readonly engine: Docker;
  private readonly uids: UidAllocator | null;

  constructor(
    private readonly options: DockerOptions & { stateDir: string },
    readonly detail: string,
  ) {
    this.engine = engineOf(options);
    this.uids = process.getuid?.() === 0 ? new UidAllocator() : null;
  }

  imageId(image?: string): Promise<string> {
    return requireImage(this.engine, image ?? this.options.image ?? defaultImage);
  }

  async start(run: SandboxRun): Promise<SandboxHandle> {
    checkRun(run);
    const image = run.image ?? this.options.image ?? defaultImage;
    const imageId = await requireImage(this.engine, image);
    const owner = statSync(run.workspace);
    const own = this.uids?.take(owner.uid) ?? null;
    const user =
      own === null
        ? { uid: process.getuid?.() ?? 1000, gid: process.getgid?.() ?? 1000 }
        : { uid: own.uid, gid: own.uid };
    let container: Docker.Container | null = null;
    let folder: RunFolder | null = null;
    try {
      if (own !== null) await giveWorkspace(run.workspace, owner.uid, own.uid);
      folder = RunFolder.create(this.options.stateDir, {
        leaseId: run.leaseId,
        uid: own,
        mark: null,
        cgroup: null,
        workspace: run.workspace,
      });
      const accountFiles = writeAccounts(folder.path, user.uid);
      container = await this.engine.createContainer(
        containerSpec(run, imageId, user, accountFiles, this.options.stateDir),
      );
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
    own: HeldUid | null,
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
        uid: own?.uid ?? null,
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
    let why: string | undefined;
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
    const stream = await exec
      .start({ hijack: true, stdin: run.input !== undefined, Detach: false, Tty: false })
      .catch((error: unknown) => {
        // Nothing runs yet; the keeper would watch over it until its wall time.
        keeper.end('cancelled', 0);
        events.close();
        throw error;
      });
    feed(stream, run.input);
    // Events may be lost and a command that cannot be executed has none: the engine is asked as well.
    const lookAtExec = async (): Promise<void> => {
      const { Running, ExitCode } = await exec.inspect();
      if (Running || exitCode !== null) return;
      exitCode = ExitCode ?? null;
      keeper.end('exited', 0);
    };
    const looking = setInterval(() => void lookAtExec().catch(() => {}), execLookMs);
    const output = this.drain(stream, meter)
      .finally(() => lookAtExec().catch(() => {}))
      .then(
        () => null,
        (error: unknown) => ({ error }),
      );
    const done = (async (): Promise<SandboxResult> => {
      const end = await keeper.ended;
      events.close();
      clearInterval(looking);
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
      return toResult({ ...(end ?? fallback), outcome, exitCode }, meter.bytes, why);
    })();
    done.catch(() => {});
    return {
      done,
      renew: (ms) => keeper.renew(bootNow() + ms),
      cancel: async (reason) => {
        why ??= reason;
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

const feed = (stream: Duplex, input: Buffer | Readable | undefined): void => {
  stream.on('error', () => {});
  if (input === undefined) return;
  (Buffer.isBuffer(input) ? Readable.from([input]) : input).pipe(stream);
};
