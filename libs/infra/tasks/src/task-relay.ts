import type { NotifyHub } from '@gatehouse/database';
import type { QueueAddress } from './bullmq.connection.js';
import { BullmqQueue } from './bullmq.queue.js';
import { Outage } from './outage.js';
import { OutboxRepository, type Relayed } from './outbox.repository.js';

/** Channel of the hints; the payload is the queue for which there is something to relay. */
export const tasksChannel = 'tasks';

export interface TaskRelayOptions extends QueueAddress {
  readonly hub: NotifyHub;
  /** Queues to feed: those that this process works on. */
  readonly queues: readonly string[];
  /** Milliseconds between looks without a hint; 5 s when left out. */
  readonly pollMs?: number;
  /** Milliseconds after which a queued task is looked for in the queue; 5 s when left out. */
  readonly lostAfterMs?: number;
  /** Takes what is due past the queue, as far as there is room for it, and answers how many; nothing when left out. */
  readonly take?: () => Promise<number>;
}

const batch = 200;
/** Each is asked for by itself, so a long queue that lost nothing must not cost a question per task. */
const lostBatch = 50;

/**
 * Moves committed tasks into the queue, unless this process has room to run them at once; takes back what dead
 * processes held, and puts again what the queue lost. Woken by hints, by the time the next task is due, and by a slow
 * poll; any number may run at once.
 */
export class TaskRelay {
  readonly #options: Required<Pick<TaskRelayOptions, 'pollMs' | 'lostAfterMs'>> & TaskRelayOptions;
  readonly #outbox: OutboxRepository;
  readonly #queues: Map<string, BullmqQueue>;
  readonly #outage: Outage;
  /** Marked as queued, but the queue did not answer. */
  #unsent: readonly Relayed[] = [];
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(options: TaskRelayOptions) {
    this.#options = { pollMs: 5_000, lostAfterMs: 5_000, ...options };
    this.#outbox = new OutboxRepository(options.database);
    this.#outage = new Outage(`relay to queue ${options.queues.join(', ')}`, options);
    this.#queues = new Map(options.queues.map((name) => [name, new BullmqQueue(name, options)]));
  }

  start(): void {
    const { hub, pollMs } = this.#options;
    this.#unsubscribe = hub.subscribe(
      tasksChannel,
      ({ payload }) => {
        if (payload === '' || this.#queues.has(payload)) void this.wake();
      },
      { pollMs },
    );
    void this.wake();
  }

  /** Relays all that is due; settles when nothing more is. Never throws: trouble goes to `onError`. */
  wake(): Promise<void> {
    this.#again = true;
    if (!this.#isRunning) this.#running = this.run();
    return this.#running;
  }

  /** Stops within a second or so, also when the backend does not answer. What was not relayed stays in the table. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  private async run(): Promise<void> {
    this.#isRunning = true;
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        if (await this.relayDue()) await this.relayLost();
        this.#outage.worked();
      } catch (error) {
        if (!this.#closed) this.#outage.failed(error);
        this.after(1_000 * (0.5 + Math.random()));
      }
    }
    // In the same turn as the look at #again: a wake that comes now must start a new run.
    this.#isRunning = false;
  }

  /** Answers whether there are tasks to look for in the queue. */
  private async relayDue(): Promise<boolean> {
    const unsent = this.#unsent;
    if (unsent.length > 0) {
      await this.put(unsent);
      this.#unsent = [];
    }
    for (;;) {
      const { relayed, taken, nextMs, overdue } = await this.#outbox.sweep(
        [...this.#queues.keys()],
        this.#options.lostAfterMs,
        batch,
        this.#options.take,
      );
      this.#unsent = relayed;
      await this.put(relayed);
      this.#unsent = [];
      // As long as something was due, look once more: for the rest, or for the time of the next.
      if ((relayed.length > 0 || taken > 0) && !this.#closed) continue;
      // Due, but in the hands of another relay.
      if (nextMs === 0) this.after(50);
      else if (nextMs !== null) this.after(nextMs);
      return overdue;
    }
  }

  /** Goes on for as long as it finds what the queue lost. */
  private async relayLost(): Promise<void> {
    for (let put = 1; put > 0 && !this.#closed;) {
      const old = await this.#outbox.lost([...this.#queues.keys()], this.#options.lostAfterMs, lostBatch);
      const missing: Relayed[] = [];
      const stuck: string[] = [];
      for (const task of old) {
        const where = await this.queue(task).whereIs(task);
        if (where === 'missing') missing.push(task);
        if (where === 'stuck') stuck.push(task.id);
      }
      if (stuck.length > 0) missing.push(...(await this.#outbox.renumber(stuck)));
      await this.put(missing);
      put = missing.length;
    }
  }

  private async put(tasks: readonly Relayed[]): Promise<void> {
    for (const [name, queue] of this.#queues) {
      const own = tasks.filter((task) => task.queue === name);
      if (own.length > 0) await queue.add(own);
    }
  }

  private queue(task: Relayed): BullmqQueue {
    return this.#queues.get(task.queue)!;
  }

  private after(ms: number): void {
    if (this.#closed || ms > this.#options.pollMs) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.wake(), Math.max(Math.ceil(ms), 1));
    this.#timer.unref();
  }
}
