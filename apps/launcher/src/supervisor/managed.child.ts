import { spawn, type ChildProcess } from 'node:child_process';
import { GatehouseError } from '@gatehouse/contracts';
import { identify, type ProcessIdentity } from '../process.identity.js';
import { jsonLines } from './log.file.js';
import { planRestart } from './restart.js';
import type { ProcessStatus } from './status.js';

/** A program that the supervisor keeps alive. */
export interface ChildPlan {
  readonly name: string;
  /** Path of the JavaScript entry. */
  readonly entry: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Words in front of the program, to run it as another user; it must become the program itself. */
  readonly prefix?: readonly string[];
  /** How long it may take to say that it serves, in milliseconds. */
  readonly readyMs: number;
}

export interface ChildHooks {
  /** Takes lines of JSON. */
  readonly write: (line: string) => void;
  readonly onChange: () => void;
}

// Promise.withResolvers is not in Node 20.
const deferred = () => {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

/**
 * Starts its program, starts it again when it dies, and ends it. The program says `{ type: 'ready' }` over IPC, obeys
 * SIGTERM, and ends by itself when the channel closes.
 */
export class ManagedChild {
  readonly name: string;
  readonly #plan: ChildPlan;
  readonly #hooks: ChildHooks;
  readonly #firstReady = deferred();
  #child: ChildProcess | undefined;
  #state: ProcessStatus['state'] = 'waiting';
  #identity: ProcessIdentity | undefined;
  #restarts = 0;
  #shortLives = 0;
  #lastExit: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #gone: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(plan: ChildPlan, hooks: ChildHooks) {
    this.name = plan.name;
    this.#plan = plan;
    this.#hooks = hooks;
    this.#firstReady.promise.catch(() => undefined);
  }

  get status(): ProcessStatus {
    return {
      name: this.name,
      state: this.#state,
      process: this.#identity ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit ?? null,
    };
  }

  /** Starts it and settles when it serves for the first time; rejects when it keeps dying or is stopped before. */
  start(): Promise<void> {
    if (this.#state === 'waiting') this.#launch();
    return this.#firstReady.promise;
  }

  /** SIGTERM, and SIGKILL after `graceMs`; settles when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#firstReady.reject(
      new GatehouseError('internal.unexpected', `${this.name} was stopped before it was ready.`),
    );
    const child = this.#child;
    if (child !== undefined) {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await this.#gone;
      clearTimeout(late);
    }
    this.#set('stopped');
  }

  #set(state: ProcessStatus['state']): void {
    this.#state = state;
    this.#hooks.onChange();
  }

  #launch(): void {
    const began = Date.now();
    const { entry, env, prefix = [] } = this.#plan;
    const [file = '', ...args] = [...prefix, process.execPath, '--enable-source-maps', entry];
    // Files that the users of a plane share are for their group, and nothing is for others.
    const umask = prefix.length > 0 ? process.umask(0o027) : undefined;
    const child = spawn(file, args, {
      // Where we were started from may be no place for another user.
      cwd: '/',
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C in the terminal is for the supervisor, who then ends everyone in order.
      detached: true,
    });
    if (umask !== undefined) process.umask(umask);
    this.#child = child;
    this.#identity = child.pid === undefined ? undefined : identify(child.pid);
    for (const stream of [child.stdout, child.stderr]) {
      const lines = jsonLines(this.name, this.#hooks.write);
      stream?.setEncoding('utf8').on('data', lines.push).on('end', lines.end);
    }
    const late = setTimeout(() => {
      this.#say(`not ready within ${this.#plan.readyMs / 1000} s: killed`);
      child.kill('SIGKILL');
    }, this.#plan.readyMs);
    child.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type !== 'ready' || this.#child !== child) return;
      clearTimeout(late);
      this.#set('ready');
      this.#firstReady.resolve();
    });
    this.#gone = new Promise((resolve) => {
      let over = false;
      const end = (how: string): void => {
        if (over) return;
        over = true;
        clearTimeout(late);
        this.#onExit(how, Date.now() - began);
        resolve();
      };
      child.once('exit', (code, killer) => end(killer ?? `exit ${code}`));
      child.once('error', (error) => end(error.message));
    });
    this.#set('starting');
  }

  #onExit(how: string, livedMs: number): void {
    this.#child = undefined;
    this.#identity = undefined;
    this.#lastExit = how;
    if (this.#stopping) return;
    const plan = planRestart(this.#shortLives, livedMs);
    this.#shortLives = plan.shortLives;
    this.#say(`ended by ${how} after ${livedMs} ms; again in ${plan.delayMs} ms`);
    if (plan.looping)
      this.#firstReady.reject(
        new GatehouseError(
          'internal.unexpected',
          `${this.name} ended ${plan.shortLives} times in a row (last: ${how}).`,
        ),
      );
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      this.#launch();
    }, plan.delayMs);
    this.#set(plan.looping ? 'crash_loop' : 'restarting');
  }

  #say(msg: string): void {
    this.#hooks.write(
      `${JSON.stringify({ level: 40, time: Date.now(), name: 'supervisor', child: this.name, msg })}\n`,
    );
  }
}
