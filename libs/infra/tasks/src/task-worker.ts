import { GatehouseError, type TaskType } from '@gatehouse/contracts';
import { ulid } from 'ulid';
import type { Transaction } from './after-commit.js';
import type { QueueAddress } from './bullmq.connection.js';
import { BullmqListener } from './bullmq.listener.js';
import { ClaimKeeper } from './claim-keeper.js';
import { Outage } from './outage.js';
import { describeError, isAway, pauseFor, verdictOn, type PayloadOf } from './task.js';
import { TasksRepository, type ClaimedTask } from './tasks.repository.js';

export interface TaskContext {
  readonly id: string;
  /** This try, counted from 1. */
  readonly attempt: number;
  /**
   * Aborted when the process shuts down or has lost its claim. A handler may stop by throwing: on shutdown the task
   * runs again elsewhere, and the try is not counted.
   */
  readonly signal: AbortSignal;
  /**
   * Marks the task done within the handler's own transaction, so that its effects and the mark are one.
   * Throws `task.claim_lost` where another process has taken the task over: the transaction must roll back.
   */
  complete(manager: Transaction): Promise<void>;
}

export interface TaskHandler<T extends string = TaskType> {
  readonly type: T;
  /** How many of this type one process runs at once. */
  readonly concurrency: number;
  /** Runs at least once per task, so its effects must be idempotent. Returning marks the task done. */
  run(payload: PayloadOf<T>, context: TaskContext): Promise<void>;
}

/** A handler of whatever type; the payload is what was enqueued. */
export interface AnyTaskHandler {
  readonly type: string;
  readonly concurrency: number;
  run(payload: never, context: TaskContext): Promise<void>;
}

/** Lets the compiler find the payload's type by the task's. */
export const taskHandler = <T extends TaskType>(handler: TaskHandler<T>): TaskHandler<T> => handler;

export interface TaskWorkerOptions extends QueueAddress {
  readonly queue: string;
  readonly handlers: readonly AnyTaskHandler[];
  /** How long a claim holds without renewal, i.e. how soon a killed process's task runs again; 6 s when left out. */
  readonly claimTtlMs?: number;
  /** Told of every failed try, after it was recorded. */
  readonly onFailure?: (failure: TaskFailure) => void;
}

export interface TaskFailure {
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly outcome: 'retry' | 'dead';
  readonly error: unknown;
}

interface Slots {
  readonly handler: AnyTaskHandler;
  running: number;
  /** The queue offered more than there was room for; the rest is taken from the table as room appears. */
  deferred: boolean;
}

/** Runs the tasks of one queue. Several processes may do so at once: the claim in the row decides who runs what. */
export class TaskWorker {
  readonly #options: TaskWorkerOptions;
  readonly #tasks: TasksRepository;
  readonly #listener: BullmqListener;
  readonly #claims: ClaimKeeper;
  /** Of the table, where claims are taken and given back. */
  readonly #outage: Outage;
  readonly #slots: Map<string, Slots>;
  readonly #inFlight = new Set<Promise<void>>();
  #started = false;
  #closing = false;

  constructor(options: TaskWorkerOptions) {
    this.#options = options;
    this.#tasks = new TasksRepository(options.database);
    const slots = options.handlers.reduce((sum, { concurrency }) => sum + concurrency, 0);
    this.#listener = new BullmqListener(options.queue, options, slots, (id, type) => this.offered(id, type));
    this.#outage = new Outage(`worker of queue ${options.queue}`, options);
    this.#claims = new ClaimKeeper(
      this.#tasks,
      options.claimTtlMs ?? 6_000,
      new Outage(`claims of queue ${options.queue}`, options),
    );
    this.#slots = new Map(
      options.handlers.map((handler) => [handler.type, { handler, running: 0, deferred: false }]),
    );
  }

  async start(): Promise<void> {
    await this.#listener.start();
    this.#started = true;
  }

  /**
   * Takes what is due past the queue, as far as there is room, and answers how many tasks. Where the queue holds some
   * already there is none: those are older.
   */
  async takeDue(): Promise<number> {
    let taken = 0;
    for (const slots of this.#slots.values())
      while (this.hasRoom(slots) && (await this.takeOne(slots))) taken += 1;
    return taken;
  }

  private hasRoom({ running, handler, deferred }: Slots): boolean {
    return this.#started && !deferred && running < handler.concurrency;
  }

  /** Settles as soon as it is known whether there was one; the task goes on. */
  private takeOne(slots: Slots): Promise<boolean> {
    const { queue } = this.#options;
    return new Promise((resolve) => {
      const take = async (claim: string, ttlMs: number): Promise<ClaimedTask | undefined> => {
        const task = await this.#tasks.claimDue(queue, slots.handler.type, claim, ttlMs);
        resolve(task !== undefined);
        return task;
      };
      // Where it could not be asked for there is none: it is still due, and the queue hears of it.
      void this.track(this.occupy(slots, take)).finally(() => resolve(false));
    });
  }

  /** How many handlers run right now. */
  get busy(): number {
    return this.#inFlight.size;
  }

  /**
   * Takes nothing new, asks handlers to stop, and waits for them `graceMs` (5 s when left out). Returns within some
   * seconds after that even when the backend is gone; what still runs then is taken over when its claim runs out.
   */
  async close({ graceMs = 5_000 } = {}): Promise<void> {
    this.#closing = true;
    await this.#listener.pause();
    this.#claims.shutDown();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
    await Promise.race([Promise.allSettled(this.#inFlight), limit]);
    clearTimeout(timer);
    this.#claims.close();
    await this.#listener.close();
  }

  private async offered(id: string, type: string): Promise<void> {
    const slots = this.#slots.get(type);
    if (slots === undefined) {
      const { queue, onError } = this.#options;
      onError(
        new GatehouseError('internal.unexpected', `Nothing in ${queue} handles tasks of type ${type}.`),
      );
      return;
    }
    if (slots.running >= slots.handler.concurrency) {
      slots.deferred = true;
      return;
    }
    await this.track(this.occupy(slots, (claim, ttlMs) => this.#tasks.claim(id, claim, ttlMs)));
  }

  private async occupy(
    slots: Slots,
    take: (claim: string, ttlMs: number) => Promise<ClaimedTask | undefined>,
  ): Promise<void> {
    slots.running += 1;
    try {
      let next = take;
      while (!this.#closing) {
        const claim = ulid();
        const task = await next(claim, this.#claims.ttlMs);
        if (task !== undefined) await this.runClaimed(slots.handler, task, claim);
        else if (next !== take) slots.deferred = false;
        if (!slots.deferred) return;
        next = (token, ttlMs) => this.#tasks.claimNext(this.#options.queue, slots.handler.type, token, ttlMs);
      }
    } finally {
      slots.running -= 1;
    }
  }

  private async runClaimed(handler: AnyTaskHandler, task: ClaimedTask, claim: string): Promise<void> {
    const signal = this.#claims.hold(task.id, claim);
    const context: TaskContext = {
      id: task.id,
      attempt: task.attempts,
      signal,
      complete: async (manager) => {
        if (await this.#tasks.complete(task.id, claim, manager)) return;
        throw new GatehouseError(
          'task.claim_lost',
          `Task ${task.id} was taken over by another process; this run changes nothing.`,
        );
      },
    };
    try {
      await handler.run(task.payload as never, context);
      // Changes nothing where the handler has completed it in its own transaction.
      await this.#tasks.complete(task.id, claim);
    } catch (error) {
      await this.failed(task, claim, error).catch((trouble: unknown) => this.#outage.failed(trouble));
    } finally {
      this.#claims.letGo(claim);
    }
  }

  private async failed(task: ClaimedTask, claim: string, error: unknown): Promise<void> {
    if (error instanceof GatehouseError && error.code === 'task.claim_lost') return;
    if (this.#claims.isShutDown) return this.#tasks.release(task.id, claim);
    const outcome = verdictOn(error, task);
    const text = describeError(error);
    const recorded =
      outcome === 'dead'
        ? await this.#tasks.bury(task.id, claim, text)
        : await this.#tasks.retry(task.id, claim, {
            error: text,
            pauseMs: pauseFor(error, task),
            counts: !isAway(error),
          });
    if (recorded)
      this.#options.onFailure?.({ id: task.id, type: task.type, attempt: task.attempts, outcome, error });
  }

  private async track(work: Promise<void>): Promise<void> {
    this.#inFlight.add(work);
    try {
      await work;
      this.#outage.worked();
    } catch (error) {
      // The claim could not be taken: the row is still queued, and the relay puts it into the queue again.
      this.#outage.failed(error);
    } finally {
      this.#inFlight.delete(work);
    }
  }
}
