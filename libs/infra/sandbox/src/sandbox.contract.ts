import type { Readable } from 'node:stream';

export type SandboxKind = 'docker_sandbox' | 'process_sandbox';

/** How a sandbox isolates; `unisolated` does not, and is only used where an operator allowed it by name. */
export type SandboxMode = 'uid' | 'bubblewrap' | 'unshare' | 'docker' | 'unisolated';

export interface SandboxLimits {
  /** Milliseconds from start, counted by CLOCK_BOOTTIME. */
  wallMs: number;
  /** Bytes of memory of all processes together, files in /tmp included where control groups work. */
  memoryBytes: number;
  /** CPUs' worth of time, e.g. 1.5. */
  cpus: number;
  /** Processes and threads alive at once. */
  pids: number;
  /** Bytes that /tmp may hold, and as many the home folder. */
  tmpfsBytes: number;
  /** Bytes that the workspace may hold, base included. Default: no limit. */
  workspaceBytes?: number;
  /** Files and folders that the workspace may hold. Default 1,000,000 where `workspaceBytes` is set. */
  workspaceFiles?: number;
  /** Bytes of stdout and stderr together; one more ends the run. */
  outputBytes: number;
}

export interface ReadOnlyMount {
  /** Absolute path of a file or folder on this machine. */
  host: string;
  /** Absolute path where the sandbox sees it, outside /workspace, /tmp, /home, /proc, /dev and /usr. */
  inside: string;
}

export interface SandboxRun {
  leaseId: string;
  argv: readonly string[];
  /** Absolute path of the folder that appears as /workspace. The sandbox may become its owner. */
  workspace: string;
  workspaceReadOnly?: boolean;
  /** What the command reads as stdin; nothing by default. */
  input?: Buffer | Readable;
  /** The whole environment. PATH, HOME and LANG are added where they are missing. */
  env: Readonly<Record<string, string>>;
  limits: SandboxLimits;
  network: 'none';
  extraReadOnly?: readonly ReadOnlyMount[];
  /** Called in order; a returned promise holds the command back until it settles. */
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void | Promise<void>;
  /**
   * Milliseconds until the dead-man process ends the sandbox unless `renew` was called. Default: only the wall
   * time counts.
   */
  deadlineMs?: number;
  /** How long a command may take to obey SIGTERM on timeout and cancel before SIGKILL. Default 500. */
  graceMs?: number;
  /** Reference or id of an image; only for `docker_sandbox`. */
  image?: string;
}

/**
 * `exited`: the command ended by itself. `timeout`: wall time. `cancelled`: by the worker. `output_limit`,
 * `memory`, `workspace_limit`: a limit was passed. `lease_expired`: nobody renewed the deadline.
 * `failed_to_start`: the room could not be built or the image cannot run the command.
 */
export type SandboxOutcome =
  | 'exited'
  | 'timeout'
  | 'cancelled'
  | 'output_limit'
  | 'memory'
  | 'workspace_limit'
  | 'lease_expired'
  | 'failed_to_start';

export interface SandboxResult {
  outcome: SandboxOutcome;
  /** Exit status of the command, 128 + n where signal n ended it; absent where it was ended from outside. */
  exitCode?: number;
  /** The signal that ended the command, as far as the exit status tells. */
  signal?: string;
  durationMs: number;
  outputBytes: number;
  /** Processes that were alive when the run ended and were killed, daemons included. */
  killedProcesses: number;
  /** Looked at, not assumed: no process of this run is alive. */
  verifiedDead: true;
  /** What the launcher said, where `outcome` needs an explanation. */
  detail?: string;
}

export interface SandboxHandle {
  /**
   * Resolves once every process is seen to be dead and all output was handed over; `sandbox.failed` if that cannot be
   * seen.
   */
  readonly done: Promise<SandboxResult>;
  /** SIGTERM, then SIGKILL after the grace. Resolves when the run has ended. */
  cancel(reason: string): Promise<void>;
  /**
   * Moves the dead-man deadline to this many milliseconds from now. Call it with what is left of the lease, counted
   * from the sending of the renewal.
   */
  renew(deadlineMs: number): void;
}

export interface Sandbox {
  readonly kind: SandboxKind;
  readonly mode: SandboxMode;
  /** One line for doctor and ledger: what isolates and what limits. */
  readonly detail: string;
  /** The program `node` inside. */
  readonly node: string;
  /**
   * What runs of an image, or of the default one, run in: an id that no tag can move and that a run may name instead.
   * Null where there are no images. Throws `sandbox.unavailable` where it is not on this machine.
   */
  imageId(image?: string): Promise<string | null>;
  /** Throws `sandbox.failed` where the run is malformed or cannot be set up. */
  start(run: SandboxRun): Promise<SandboxHandle>;
}
