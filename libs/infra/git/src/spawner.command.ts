import type { Readable } from 'node:stream';

/** What a command reads: nothing, bytes at hand, or a stream that is read as fast as the command takes it. */
export type CommandInput = Buffer | string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** One command line, as an argument array: there is never a shell. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: CommandInput;
  /** Found by the command, and by what it starts, on descriptor 3: up to some KiB, then the end. */
  readonly secret?: string;
  /** Milliseconds until the whole process group is killed. */
  readonly timeoutMs: number;
  /** Bytes of standard output after which the whole process group is killed. */
  readonly maxOutputBytes: number;
  /** Run as this user; only root can. Supplementary groups are dropped. */
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * How a command ended: `exit` by itself, `timeout` and `overflow` by its limits, `killed` by the caller,
 * `unstarted` when it could not be started, `lost` when the spawner died under it.
 */
export type CommandEnd = 'exit' | 'timeout' | 'overflow' | 'killed' | 'unstarted' | 'lost';

export interface Finished {
  readonly ended: CommandEnd;
  readonly code: number | null;
  readonly signal: string | null;
  /** The first 64 KiB of standard error. */
  readonly stderr: Buffer;
  /** Why it could not be started or was lost; empty otherwise. */
  readonly message: string;
}

/** A command that runs. `done` never rejects; reading `stdout` slowly slows the command down. */
export interface RunningCommand {
  readonly stdout: Readable;
  readonly done: Promise<Finished>;
  kill(): void;
}
