import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import type Docker from 'dockerode';
import { startTimeOf } from '../keeper/processes.mjs';
import { accounts, home, inodesFor } from './room.plan.js';
import type { ReadOnlyMount, SandboxRun } from './sandbox.contract.js';

/**
 * What holds a container open until the keeper removes it; the agent's command is an exec beside it. As another
 * user, so that the agent cannot signal it.
 */
const holder = '65534:65534';
const holdOpen = ['/bin/sleep', '2147483647'];

export const leaseLabel = 'gatehouse.lease';
/** The state folder of the worker: its next life knows its own containers by it, and leaves others alone. */
export const stateLabel = 'gatehouse.state';
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
  stateDir: string,
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
    User: holder,
    Hostname: 'sandbox',
    WorkingDir: '/workspace',
    NetworkDisabled: true,
    Labels: {
      [leaseLabel]: run.leaseId,
      [stateLabel]: stateDir,
      [workerLabel]: thisWorker(),
      [uidLabel]: String(user.uid),
    },
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

/** Only names, so that a uid is somebody inside; readable by that uid, unlike the folder of the run. */
export const writeAccounts = (folder: string, uid: number): ReadOnlyMount[] =>
  Object.entries(accounts(uid))
    .filter(([inside]) => ['/etc/passwd', '/etc/group'].includes(inside))
    .map(([inside, text]) => {
      const host = join(folder, basename(inside));
      writeFileSync(host, text, { mode: 0o644 });
      return { host, inside };
    });
