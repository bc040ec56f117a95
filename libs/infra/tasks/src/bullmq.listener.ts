import { createPostgresBackend, Worker, type WorkerOptions } from 'bullmq';
import {
  connectionTo,
  prepareQueue,
  withinReason,
  type QueueAddress,
  type QueueConnection,
} from './bullmq.connection.js';
import type { Delivery } from './bullmq.queue.js';
import { Outage } from './outage.js';

// The row is the truth and its claim the fence. BullMQ only says "there is work", so its own polling and its search
// for stalled jobs may be slow: at the defaults an idle worker asks some 40 times a minute (README, "Idle").
const idle = { drainDelay: 60, stalledInterval: 60_000, lockDuration: 60_000, runRetryDelay: 1_000 } as const;
const firstPauseMs = 200;
const longestPauseMs = 5_000;
/** Without an error for this long it works again; longer than ioredis waits between two tries. */
const calmMs = 3_000;
/** BullMQ on Postgres remembers a first connection that failed for ever: then only a new worker helps. */
const hopelessAfter = 8;

/**
 * The receiving end of one named BullMQ queue. A BullMQ worker whose Postgres refuses it asks again at once, some
 * thousand times a second, for ever; so the first error pauses it, and it goes on after a pause that grows. It is
 * not closed for that: the jobs under way go on, and a new worker would connect anew for each try.
 */
export class BullmqListener {
  readonly #outage: Outage;
  #worker: Worker | undefined;
  #connection: QueueConnection | undefined;
  /** Until it goes on, or, once it did, until earlier trouble is forgiven. */
  #timer: NodeJS.Timeout | undefined;
  #troubled = false;
  #failures = 0;
  #closed = false;

  constructor(
    private readonly name: string,
    private readonly address: QueueAddress,
    private readonly concurrency: number,
    /** Called for every job, at most `concurrency` at once. Deliveries may repeat. */
    private readonly deliver: (taskId: string, type: string) => Promise<void>,
  ) {
    this.#outage = new Outage(`listener of queue ${name}`, address);
  }

  /** Throws where the database does not answer. A Redis that is away is waited for: tasks are safe without it. */
  async start(): Promise<void> {
    await prepareQueue(this.address);
    this.#worker = this.make();
    void this.#worker.run().catch((error: unknown) => this.broke(error));
  }

  /** Takes no more jobs, without waiting for those under way. */
  async pause(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#worker) await withinReason(this.#worker.pause(true));
  }

  /** Returns within a second or so, whether or not the backend answers. */
  async close(): Promise<void> {
    await this.pause();
    // A connection that is gone is not worth a goodbye.
    if (this.#worker && !this.#troubled)
      await withinReason(this.#worker.close().finally(() => this.#connection?.end()));
  }

  private broke(error: unknown): void {
    if (this.#closed) return;
    this.#outage.failed(error);
    const first = !this.#troubled;
    this.#troubled = true;
    // What it still says until it stands still belongs to the same failure.
    if (!first && this.#worker?.isPaused()) return;
    void this.#worker?.pause(true);
    this.later();
  }

  private later(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const pause = Math.min(firstPauseMs * 2 ** this.#failures++, longestPauseMs) * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.resume(), pause).unref();
  }

  private async resume(): Promise<void> {
    try {
      // Also makes the queue's tables anew where somebody dropped them.
      await prepareQueue(this.address);
    } catch (error) {
      if (!this.#closed) this.#outage.failed(error);
      return this.later();
    }
    if (this.#closed) return;
    if (this.#failures > hopelessAfter) this.replace();
    this.#timer = setTimeout(() => {
      this.#troubled = false;
      this.#failures = 0;
      this.#outage.worked();
    }, calmMs).unref();
    await this.#worker?.resume();
  }

  private replace(): void {
    const old = this.#worker;
    const connection = this.#connection;
    this.#worker = this.make();
    void old
      ?.close(true)
      .finally(() => connection?.end())
      .catch(() => undefined);
  }

  private make(): Worker {
    this.#connection = connectionTo(this.name, this.address, false);
    const options: WorkerOptions = {
      ...idle,
      autorun: false,
      concurrency: this.concurrency,
      connection: this.#connection.connection,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    };
    const process = async ({ name, data }: { name: string; data: unknown }): Promise<void> =>
      this.deliver((data as Delivery).id, name);
    const worker =
      this.address.redisUrl === undefined
        ? new Worker(this.name, process, options as never, createPostgresBackend)
        : new Worker(this.name, process, options);
    const made = worker as unknown as Worker;
    made.on('error', (error) => {
      if (this.#worker === undefined || this.#worker === made) this.broke(error);
    });
    return made;
  }
}
