import { spawn, type ChildProcess } from 'node:child_process';
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
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, it } from '@jest/globals';
import { defaultImage } from './docker.engine.js';
import { buildLibrary } from './library.build.js';
import { probeSandboxes } from './sandbox.probe.js';
import type { SandboxMode, SandboxResult, SandboxRun } from './sandbox.contract.js';

const workerScript = fileURLToPath(new URL('../test/worker.mjs', import.meta.url));
const nobody = 65534;

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
  const { result, error } = await bench.spawn({ argv: ['true'] }).told;
  bench.remove();
  return result?.exitCode === 0 ? null : (error ?? result?.detail ?? 'it does not run /bin/true');
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

/** Milliseconds until no process holds the token, or null when some still does. */
export const msUntilGone = async (token: string, withinMs: number): Promise<number | null> => {
  for (const began = Date.now(); Date.now() - began < withinMs; await sleep(20))
    if (aliveWith(token).length === 0) return Date.now() - began;
  return null;
};

export interface Told {
  result?: SandboxResult;
  error?: string;
  stdout: Buffer;
  stderr: Buffer;
}

export type Wish = Omit<Partial<SandboxRun>, 'input' | 'limits' | 'onOutput'> & {
  argv: string[];
  input?: Buffer;
  limits?: Partial<SandboxRun['limits']>;
  renewMs?: number;
  cancelMs?: number;
};

const limits = {
  wallMs: 20_000,
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

  /** Starts a worker; its own stdio, so that it can be frozen and killed. */
  spawn(
    wish: Wish,
    inherited: (number | 'ignore')[] = [],
  ): { child: ChildProcess; told: Promise<Told>; started: Promise<void> } {
    const { renewMs, cancelMs, input, ...run } = wish;
    const order = {
      ...this.options,
      image: defaultImage,
      renewMs,
      cancelMs,
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
    const child = spawn(process.execPath, [workerScript, JSON.stringify(order)], {
      ...(this.asNobody ? { uid: nobody, gid: nobody } : {}),
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe', ...inherited],
    });
    this.children.push(child);
    let begin: () => void = () => {};
    const started = new Promise<void>((resolve) => (begin = resolve));
    return { child, started, told: listen(child, begin) };
  }

  async run(wish: Wish, inherited: (number | 'ignore')[] = []): Promise<Told> {
    const told = await this.spawn(wish, inherited).told;
    if (told.result === undefined) throw new Error(`the worker has no result: ${told.error}`);
    return told;
  }

  /** Also ends workers that a failed case left frozen. */
  remove(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }
}

const listen = async (child: ChildProcess, begin: () => void): Promise<Told> => {
  const told: Told = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let heard = '';
  child.stdout?.setEncoding('utf8');
  child.stdout?.on('data', (text: string) => {
    heard += text;
    const lines = heard.split('\n');
    heard = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Record<string, unknown>;
      if (message['started']) begin();
      if (message['stdout']) parts.stdout.push(Buffer.from(String(message['stdout']), 'base64'));
      if (message['stderr']) parts.stderr.push(Buffer.from(String(message['stderr']), 'base64'));
      if (message['result']) told.result = message['result'] as SandboxResult;
      if (message['error']) told.error = JSON.stringify(message['error']);
    }
  });
  await new Promise((resolve) => child.once('close', resolve));
  begin();
  if (!told.result && complaint) told.error ??= complaint;
  return { ...told, stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
};

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

/** A fresh bench for every case of a mode, and cases that are skipped where the mode does not work. */
export const useBench = (
  mode: SandboxMode,
): { bench: () => Bench; when: (name: string, body: () => Promise<void>) => void } => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(mode);
  });
  afterEach(() => bench.remove());
  return { bench: () => bench, when: missing.has(mode) ? it.skip : it };
};

/** The program `node` as a sandbox of this mode sees it. */
export const nodeIn = (mode: SandboxMode): string => {
  if (mode === 'docker') return 'node';
  return process.execPath.startsWith('/usr/') ? process.execPath : '/opt/node/bin/node';
};

export const shell = (text: string, ...args: string[]): string[] => ['sh', '-c', text, 'sh', ...args];

export const words = (told: Told): string[] => told.stdout.toString().trim().split(/\s+/);
