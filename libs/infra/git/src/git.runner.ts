import { GatehouseError } from '@gatehouse/contracts';
import { configFlags, fixedFlags, gitEnvironment, type Transport } from './git.environment.js';
import type { CommandInput, Finished, RunningCommand } from './spawner.command.js';
import type { Spawner } from './spawner.js';

export interface GitOptions {
  /** The repository; always named, so that git never goes looking for one. */
  readonly gitDir?: string;
  readonly input?: CommandInput;
  /** Default 60 s. */
  readonly timeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxOutputBytes?: number;
  /** Exit codes that are answers, not failures. Default: 0 only. */
  readonly accept?: readonly number[];
  /** Added to the fixed environment; for identities, index files and object directories. */
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: readonly (readonly [string, string])[];
  /** The transports this one call may use; none by default. */
  readonly allow?: readonly Transport[];
  /** Put in front of `git`, e.g. `['prlimit', '--as=…', '--']`. */
  readonly prefix?: readonly string[];
  /** Handed to our credential helper, which has to be named in `config`; see `accessTo`. */
  readonly credential?: { readonly origin: string; readonly username: string; readonly password: string };
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A running git command: read `stdout`, then await `done`, which rejects where the command failed. */
export interface GitStream {
  readonly stdout: RunningCommand['stdout'];
  readonly done: Promise<void>;
  kill(): void;
}

const urlWithSecret = /(\w+:\/\/)[^/\s@]*@/g;

/** What git said, on one line, short, without anything that could be a credential or a terminal escape. */
export const describeStderr = (stderr: Buffer | string): string =>
  stderr
    .toString()
    .replace(urlWithSecret, '$1')
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?')
    .trim()
    .split('\n')
    .slice(-6)
    .join(' | ')
    .slice(0, 1000);

/** The one way git is run: fixed environment, fixed configuration, argument arrays, limits. */
export class GitRunner {
  constructor(private readonly spawner: Spawner) {}

  /**
   * Runs `git <args>` to its end.
   * @throws GatehouseError `git.timeout`, `git.refused` (output over its cap), `git.failed` (exit code not accepted)
   */
  async run(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    const ran = await this.spawner.run(this.command(args, options));
    const finished = { ...ran, stderr: withoutCredential(ran.stderr, options) };
    judge(args, options, finished);
    return { code: finished.code ?? -1, stdout: finished.stdout, stderr: finished.stderr.toString('utf8') };
  }

  /** Runs `git <args>` and hands out its output while it runs; slow reading slows git down. */
  stream(args: readonly string[], options: GitOptions = {}): GitStream {
    const running = this.spawner.stream(this.command(args, options));
    const done = running.done.then((finished) =>
      judge(args, options, { ...finished, stderr: withoutCredential(finished.stderr, options) }),
    );
    // Whoever only reads the output must not crash the process by a rejection nobody awaited.
    done.catch(() => undefined);
    return { stdout: running.stdout, done, kill: () => running.kill() };
  }

  /** Runs another program (`flock`, `find`) in the same environment and with the same limits. */
  async exec(file: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
    const finished = await this.spawner.run({
      file,
      args,
      cwd: '/',
      env: { ...gitEnvironment, ...options.env },
      ...(options.input === undefined ? {} : { input: options.input }),
      timeoutMs: options.timeoutMs ?? 60_000,
      maxOutputBytes: options.maxOutputBytes ?? 64 << 20,
    });
    judge([file], options, finished);
    return { code: finished.code ?? -1, stdout: finished.stdout, stderr: finished.stderr.toString('utf8') };
  }

  private command(args: readonly string[], options: GitOptions) {
    const allow = (options.allow ?? []).map((name) => [`protocol.${name}.allow`, 'always'] as const);
    const line = [
      ...(options.prefix ?? []),
      'git',
      ...fixedFlags,
      ...configFlags([...(options.config ?? []), ...allow]),
      ...(options.gitDir === undefined ? [] : [`--git-dir=${options.gitDir}`]),
      ...args,
    ];
    return {
      file: line[0] as string,
      args: line.slice(1),
      cwd: '/',
      env: { ...gitEnvironment, ...options.env },
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.credential === undefined ? {} : { secret: JSON.stringify(options.credential) }),
      timeoutMs: options.timeoutMs ?? 60_000,
      maxOutputBytes: options.maxOutputBytes ?? 64 << 20,
    };
  }
}

/** The other side knows what we sent it, and could say it back to whoever reads our messages. */
const withoutCredential = (stderr: Buffer, { credential }: GitOptions): Buffer => {
  if (credential === undefined || stderr.length === 0) return stderr;
  const { username, password } = credential;
  const forms = [password, Buffer.from(`${username}:${password}`).toString('base64')];
  return Buffer.from(
    forms.reduce((text, form) => text.replaceAll(form, '<credential>'), stderr.toString('utf8')),
  );
};

const outOfSpace = /No space left on device|Disk quota exceeded/;
// At the end of a line, where no name out of a patch can stand.
const broken =
  /(: (No space left on device|Disk quota exceeded|Read-only file system|Input\/output error|Permission denied|Too many open files|Cannot allocate memory|Resource temporarily unavailable)$)|^fatal: Out of memory/m;

/**
 * Throws where an exit code that could be an answer comes from a broken machine instead: an error of ours must never
 * look like a verdict about somebody's work.
 */
export const refuseOutage = (what: string, { code, stderr }: GitResult): void => {
  if (code === 0 || !broken.test(stderr)) return;
  const said = describeStderr(stderr);
  throw outOfSpace.test(said)
    ? new GatehouseError('storage.full', `There is no space left for ${what}; free some and try again.`, {
        details: { stderr: said },
      })
    : new GatehouseError('git.failed', `${what} failed for a reason of this machine: ${said}`, {
        details: { stderr: said },
      });
};

const judge = (args: readonly string[], options: GitOptions, finished: Finished): void => {
  const name = `git ${args.find((arg) => !arg.startsWith('-')) ?? ''}`.trim();
  const details = { command: name, ended: finished.ended, code: finished.code, signal: finished.signal };
  switch (finished.ended) {
    case 'exit':
      if (finished.code !== null && (options.accept ?? [0]).includes(finished.code)) return;
      refuseOutage(name, {
        code: finished.code ?? -1,
        stdout: Buffer.alloc(0),
        stderr: finished.stderr.toString('utf8'),
      });
      throw new GatehouseError(
        'git.failed',
        `${name} failed: ${describeStderr(finished.stderr) || 'no message'}`,
        {
          details: { ...details, stderr: describeStderr(finished.stderr) },
        },
      );
    case 'timeout':
      throw new GatehouseError(
        'git.timeout',
        `${name} did not end within ${options.timeoutMs ?? 60_000} ms and was killed; try again or raise its limit.`,
        { details },
      );
    case 'overflow':
      throw new GatehouseError(
        'git.refused',
        `${name} wrote more than ${options.maxOutputBytes ?? 64 << 20} bytes and was killed; raise its limit if this repository is really that large.`,
        { details },
      );
    case 'killed':
      throw new GatehouseError(
        'git.failed',
        `${name} was stopped before it ended. ${describeStderr(finished.stderr)}`.trim(),
        { details },
      );
    case 'unstarted':
      throw new GatehouseError(
        'git.failed',
        `${name} could not be started: ${finished.message}. It must be installed in /usr/local/bin, /usr/bin or /bin.`,
        { details },
      );
    case 'lost':
      throw new GatehouseError(
        'git.failed',
        `${name} was lost because ${finished.message}; it is safe to try again.`,
        { details },
      );
  }
};
