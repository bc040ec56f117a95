import { GatehouseError } from '@gatehouse/contracts';
import { createPostgresBackend, Queue, type QueueOptions } from 'bullmq';
import {
  connectionTo,
  prepareQueue,
  withinReason,
  type QueueAddress,
  type QueueConnection,
} from './bullmq.connection.js';
import type { Relayed } from './outbox.repository.js';
import { describeError } from './task.js';

/** What a job of the queue says: which row to look at. */
export interface Delivery {
  readonly id: string;
}

export type WhereItIs = 'waiting' | 'missing' | 'stuck';

const jobIdOf = (task: Relayed): string => `${task.id}-${task.relays}`;

/** The sending end of one named BullMQ queue, on Postgres or on Redis. */
export class BullmqQueue {
  #queue: Queue | undefined;
  #connection: QueueConnection | undefined;

  constructor(
    private readonly name: string,
    private readonly address: Omit<QueueAddress, 'onError' | 'onRecovered'>,
  ) {}

  /** Repeating an add changes nothing while the job is there. Throws `queue.unavailable`. */
  async add(tasks: readonly Relayed[]): Promise<void> {
    await this.guarded(async (queue) => {
      await queue.addBulk(
        tasks.map((task) => ({
          name: task.type,
          data: { id: task.id } satisfies Delivery,
          opts: { jobId: jobIdOf(task), removeOnComplete: true, removeOnFail: true, attempts: 1 },
        })),
      );
    });
  }

  /** `missing`: the queue lost it; `stuck`: it was handed to a process that did not claim the task. */
  async whereIs(task: Relayed): Promise<WhereItIs> {
    return this.guarded(async (queue) => {
      const state = await queue.getJobState(jobIdOf(task));
      if (state === 'unknown') return 'missing';
      return state === 'active' || state === 'failed' || state === 'completed' ? 'stuck' : 'waiting';
    });
  }

  /** Returns within a second or so, whether or not the backend answers. */
  async close(): Promise<void> {
    const queue = this.#queue;
    const connection = this.#connection;
    this.#queue = undefined;
    if (queue) await withinReason(queue.close().finally(() => connection?.end()));
  }

  private open(): Queue {
    if (this.#queue) return this.#queue;
    this.#connection = connectionTo(this.name, this.address, true);
    const options: QueueOptions = {
      connection: this.#connection.connection,
      streams: { events: { maxLen: 100 } },
    };
    const queue =
      this.address.redisUrl === undefined
        ? new Queue(this.name, options as never, createPostgresBackend)
        : new Queue(this.name, options);
    // What breaks while nobody asks shows at the next question, whose failure is thrown.
    queue.on('error', () => undefined);
    this.#queue = queue as unknown as Queue;
    return this.#queue;
  }

  private async guarded<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    try {
      await prepareQueue(this.address);
      return await work(this.open());
    } catch (cause) {
      // BullMQ on Postgres remembers a first connection that failed for ever: the next question opens a new one.
      if (this.address.redisUrl === undefined) void this.close();
      throw new GatehouseError(
        'queue.unavailable',
        `The task queue does not answer (${describeError(cause)}). Tasks wait in the database until it does; run \`gatehouse doctor\`.`,
        { cause },
      );
    }
  }
}
