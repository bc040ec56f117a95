import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, it } from '@jest/globals';
import { defaultImage } from './docker.engine.js';
import { buildLibrary } from './library.build.js';
import { probeSandboxes } from './sandbox.probe.js';
import type { SandboxMode, SandboxRun } from './sandbox.contract.js';
import { nobody, WorkerProcess, type Told } from './worker.process.js';

export const mib = 1024 * 1024;
export const root = process.getuid?.() === 0;

/**
 * Every mode this machine can try. As root the modes for plain users are tried as `nobody`.
 * For Docker: start an engine (as root, without systemd: `dockerd --iptables=false --bridge=none &`), then
 * `make sandbox-image`; DOCKER_HOST=unix:///… names another socket.
 */
export const modes: SandboxMode[] = root
  ? ['uid', 'bubblewrap', 'unshare', 'docker']
  : ['bubblewrap', 'unshare', 'docker'];

const works = async (mode: SandboxMode): Promise<string | null> => {
  if (mode === 'docker') {
    const probe = (await probeSandboxes()).find((p) => p.mode === 'docker');
    return probe?.available ? null : `${probe?.detail}; ${probe?.fix}`;
  }
  const bench = new Bench(mode);
  try {
    const { result } = await bench.run({ argv: ['true'] });
    return result?.exitCode === 0 ? null : (result?.detail ?? 'it does not run /bin/true');
  } catch (error) {
    return (error as Error).message;
  } finally {
    bench.remove();
  }
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Pids whose command line holds a token. */
export const aliveWith = (token: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes(token) && !line.includes('test/worker.mjs');
      } catch {
        return false;
      }
    });

/** Waits until something holds. A busy machine is waited for. */
export const until = async (what: () => boolean): Promise<void> => {
  for (const end = Date.now() + 60_000; !what(); await sleep(20))
    if (Date.now() > end) throw new Error(`not within a minute: ${what.toString()}`);
};

/** Waits until no process holds the token. */
export const untilGone = (token: string): Promise<void> => until(() => aliveWith(token).length === 0);

export type Wish = Omit<Partial<SandboxRun>, 'input' | 'limits' | 'onOutput'> & {
  argv: string[];
  input?: Buffer;
  limits?: Partial<SandboxRun['limits']>;
  renewMs?: number;
  cancelAtOutput?: boolean;
};

const limits = {
  wallMs: 120_000,
  memoryBytes: 512 * mib,
  cpus: 1,
  pids: 64,
  tmpfsBytes: 16 * mib,
  outputBytes: 16 * mib,
};

/** A folder for workspaces and state of one mode, and workers that run in it. */
export class Bench {
  readonly home = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  readonly workspace: string;
  private readonly children: ChildProcess[] = [];
  readonly options: { mode: SandboxMode; stateDir: string };

  constructor(readonly mode: SandboxMode) {
    chmodSync(this.home, 0o755);
    this.workspace = this.folder('workspace');
    this.options = { mode, stateDir: this.folder('state') };
  }

  /** True where the worker is not the user of this process. */
  get asNobody(): boolean {
    return root && (this.mode === 'bubblewrap' || this.mode === 'unshare');
  }

  folder(name: string): string {
    const path = join(this.home, name);
    mkdirSync(path, { recursive: true });
    if (this.asNobody) chownSync(path, nobody, nobody);
    return path;
  }

  put(name: string, text: string | Buffer, mode = 0o644): string {
    const path = join(this.workspace, name);
    writeFileSync(path, text, { mode });
    if (this.asNobody) chownSync(path, nobody, nobody);
    return path;
  }

  private order(wish: Wish): Record<string, unknown> {
    const { renewMs, cancelAtOutput, input, ...run } = wish;
    return {
      ...this.options,
      image: defaultImage,
      renewMs,
      cancelAtOutput,
      run: {
        leaseId: `lse_${this.mode}`,
        workspace: this.workspace,
        env: {},
        network: 'none',
        ...run,
        limits: { ...limits, ...run.limits },
        ...(input ? { input: input.toString('base64') } : {}),
      },
    };
  }

  /** Starts a worker of its own, that can be frozen, killed and given open files. */
  spawn(
    wish: Wish,
    inherited: (number | 'ignore')[] = [],
  ): { child: ChildProcess; told: Promise<Told>; started: Promise<void> } {
    const worker = new WorkerProcess(
      this.asNobody,
      ['ignore', 'pipe', 'pipe', ...inherited],
      this.order(wish),
    );
    this.children.push(worker.child);
    const { told, started } = worker.follow(undefined);
    return { child: worker.child, told, started };
  }

  /** Runs in the worker that all runs of this kind of user have together. */
  async run(wish: Wish): Promise<Told> {
    const told = await residentFor(this.asNobody).carryOut(this.order(wish));
    if (told.result === undefined) throw new Error(`the worker has no result: ${told.error}`);
    return told;
  }

  /** Also ends workers that a failed case left frozen. */
  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }
}

const residents = new Map<boolean, WorkerProcess>();
const residentFor = (asNobody: boolean): WorkerProcess => {
  let resident = residents.get(asNobody);
  if (resident === undefined) {
    resident = new WorkerProcess(asNobody, ['pipe', 'pipe', 'pipe']);
    residents.set(asNobody, resident);
  }
  return resident;
};
afterAll(() => {
  for (const { child } of residents.values()) child.kill('SIGKILL');
});

buildLibrary();
/** Mode to why it cannot be tried here; loud, and an error where CI promised to have all parts. */
const missing = new Map<SandboxMode, string>();
for (const mode of modes) {
  const reason = await works(mode);
  if (reason === null) continue;
  if (process.env['CI'] === 'true') throw new Error(`${mode} must work under CI: ${reason}`);
  console.warn(`SKIPPED: sandboxes of mode ${mode} are not tested on this machine: ${reason}`);
  missing.set(mode, reason);
}

/** Cases that run at once: most of them wait, and the machine may have two cores. */
const atOnce = 3;
let running = 0;
const waiting: (() => void)[] = [];
const inTurn = async (body: () => Promise<void>): Promise<void> => {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    await body();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
};

/** Defines cases of a mode, each with a fresh bench, skipped where the mode does not work. */
export const casesOf =
  (mode: SandboxMode) =>
  (name: string, body: (bench: Bench) => Promise<void>): void => {
    if (missing.has(mode)) return it.skip(name, () => {});
    it.concurrent(name, () =>
      inTurn(async () => {
        const bench = new Bench(mode);
        try {
          await body(bench);
        } finally {
          bench.remove();
        }
      }),
    );
  };

/** The program `node` as a sandbox of this mode sees it. */
export const nodeIn = (mode: SandboxMode): string => {
  if (mode === 'docker') return 'node';
  return process.execPath.startsWith('/usr/') ? process.execPath : '/opt/node/bin/node';
};

export const shell = (text: string, ...args: string[]): string[] => ['sh', '-c', text, 'sh', ...args];

export const words = (told: Told): string[] => told.stdout.toString().trim().split(/\s+/);
