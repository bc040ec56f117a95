/** A place to write to. */
export interface Sink {
  write(text: string | Uint8Array): void;
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

/** Everything outside that the command touches, so that specs can put their own in its place. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Root of the clone that this command belongs to. */
  readonly clone: string;
  readonly home: string;
  readonly isRoot: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  now(): number;
  /** `-` is standard input. Throws with `code: 'ENOENT'` where there is none. */
  read(path: string): Promise<Uint8Array>;
  /** Permission bits of a file. */
  modeOf(path: string): Promise<number>;
  /** Makes a new file; refuses to overwrite. */
  write(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Runs a program with this terminal and answers its exit code. */
  run(program: string, args: readonly string[]): Promise<number>;
}
