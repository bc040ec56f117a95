import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Cgroup } from '../keeper/cgroup.mjs';
import { startTimeOf } from '../keeper/processes.mjs';
import type { Launch } from './launch.args.js';
import type { SandboxOutcome } from './sandbox.contract.js';

/** What a keeper is told once; see keeper/keeper.mjs. Times `At` are milliseconds of CLOCK_BOOTTIME. */
export interface ProcessOrder {
  launch: Launch;
  cwd?: string;
  /** Whether the launcher makes a pid namespace. */
  namespaces: boolean;
  /** Where below process 1's root the agent's /proc lies, e.g. `/r`. */
  roomPrefix: string;
  uid: number | null;
  mark: string | null;
  cgroup: Cgroup | null;
  watchMemoryBytes: number | null;
  workspace: string;
  workspaceLimit: { bytes: number; files: number } | null;
  wallMs: number;
  graceMs: number;
  deadlineAt: number | null;
}

/** A container that runs already; the keeper only ends it. */
export interface ContainerOrder {
  container: { id: string; socketPath: string; user: string };
  uid: number | null;
  workspace: string;
  workspaceLimit: { bytes: number; files: number } | null;
  wallMs: number;
  graceMs: number;
  deadlineAt: number | null;
}

export interface KeeperEnd {
  outcome: SandboxOutcome | 'abandoned';
  exitCode: number | null;
  killedProcesses: number;
  durationMs: number;
  verifiedDead: boolean;
  diagnostics: string;
  reason?: string;
}

export interface KeeperStart {
  pid: number;
  namespace: string | null;
}

const script = fileURLToPath(new URL('../keeper/keeper.mjs', import.meta.url));

/** The worker's side of a keeper process. */
export class KeeperClient {
  readonly pid: number;
  readonly startTime: number | null;
  /** Resolves with null where the keeper vanished without a word. */
  readonly ended: Promise<KeeperEnd | null>;
  onStarted: (start: KeeperStart) => void = () => {};
  private readonly child: ChildProcess;
  /**
   * Two lines, one for each way: an order to a keeper that has just ended breaks the line it is written to, and
   * with it went the keeper's last word, unread, when both had one. The run then counted as broken.
   */
  private readonly orders: Socket;
  private readonly words: Socket;

  constructor(order: ProcessOrder | ContainerOrder, stdio: readonly (number | 'ignore')[]) {
    // Small heaps keep its private memory near 6 MB. Its own session, so that signals to the worker's group
    // (Ctrl-C, Ctrl-Z) pass it by.
    this.child = spawn(
      process.execPath,
      ['--max-old-space-size=32', '--max-semi-space-size=1', '--v8-pool-size=0', script],
      { detached: true, cwd: '/', env: {}, stdio: [...stdio, 'pipe', 'pipe'] },
    );
    this.pid = this.child.pid ?? -1;
    this.startTime = this.child.pid ? startTimeOf(this.child.pid) : null;
    [this.orders, this.words] = this.child.stdio.slice(3) as [Socket, Socket];
    for (const line of [this.orders, this.words]) line.on('error', () => {});
    // Nothing comes back here; read, so that its end is seen and the line closed.
    this.orders.resume();
    this.ended = this.listen();
    this.say({ order });
  }

  renew(deadlineAt: number): void {
    this.say({ renew: deadlineAt });
  }

  end(outcome: SandboxOutcome, graceMs: number): void {
    this.say({ end: outcome, graceMs });
  }

  private say(message: unknown): void {
    if (this.orders.writable) this.orders.write(`${JSON.stringify(message)}\n`);
  }

  private async listen(): Promise<KeeperEnd | null> {
    let end: KeeperEnd | null = null;
    const exited = new Promise<void>((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.once('error', () => resolve());
    });
    let heard = '';
    this.words.setEncoding('utf8');
    this.words.on('data', (text: string) => {
      heard += text;
      for (let at = heard.indexOf('\n'); at >= 0; at = heard.indexOf('\n')) {
        const message = JSON.parse(heard.slice(0, at)) as { started?: KeeperStart; ended?: KeeperEnd };
        heard = heard.slice(at + 1);
        if (message.started) this.onStarted(message.started);
        if (message.ended) end = message.ended;
      }
    });
    const closed = new Promise<void>((resolve) => this.words.once('close', () => resolve()));
    await Promise.all([exited, closed]);
    return end;
  }
}
