import { GatehouseError } from '@gatehouse/contracts';
import {
  assertSchemaCompatibility,
  createPostgresBackend,
  Queue,
  runMigrations,
  SchemaMigrationRequiredError,
  Worker,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import type { Database } from './after-commit.js';
import type { Relayed } from './outbox.repository.js';

export interface QueueAddress {
  /** Postgres of the installation; the queue lives there, in schema `bullmq`, unless there is a Redis. */
  readonly database: Database;
  readonly databaseUrl: string;
  readonly redisUrl?: string | undefined;
  /** Told of every trouble of the queue; it goes on trying by itself. */
  readonly onError: (error: unknown) => void;
}

interface Delivery {
  readonly id: string;
}

export type WhereItIs = 'waiting' | 'missing' | 'stuck';

// The row is the truth and its claim the fence. BullMQ only says "there is work", so its own polling and its search
// for stalled jobs may be slow: at the defaults an idle worker asks some 40 times a minute (README, "Idle").
const idle = { drainDelay: 60, stalledInterval: 60_000, lockDuration: 60_000, runRetryDelay: 1_000 } as const;
const schema = 'bullmq';
const closeWithinMs = 2_000;

const jobIdOf = (task: Relayed): string => `${task.id}-${task.relays}`;

/** Closing waits for a backend that does not answer, 13 s and more: it is left to die with the process instead. */
const withinReason = async (closing: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeWithinMs)));
  await Promise.race([closing.catch(() => undefined), limit]);
  clearTimeout(timer);
};

/** Makes the queue's tables where they are missing. Any number of processes may call it at once. */
export const prepareQueue = async ({
  database,
  redisUrl,
}: Pick<QueueAddress, 'database' | 'redisUrl'>): Promise<void> => {
  if (redisUrl !== undefined) return;
  const runner = database.createQueryRunner();
  try {
    const client = (await runner.connect()) as Parameters<typeof runMigrations>[0];
    await assertSchemaCompatibility(client, schema).catch(async (error: unknown) => {
      const code = (error as { code?: string }).code;
      // 3F000: the schema is gone; 42P01 is what BullMQ itself turns into SchemaMigrationRequiredError.
      if (!(error instanceof SchemaMigrationRequiredError) && code !== '3F000') throw error;
      await runMigrations(client, schema);
    });
  } finally {
    await runner.release();
  }
};

/** One named BullMQ queue, on Postgres or on Redis. */
export class BullmqQueue {
  #queue: Queue | undefined;
  #worker: Worker | undefined;

  constructor(
    private readonly name: string,
    private readonly address: QueueAddress,
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

  /** Calls `deliver` for every job, at most `concurrency` at once. Deliveries may repeat. */
  async listen(deliver: (taskId: string, type: string) => Promise<void>, concurrency: number): Promise<void> {
    await prepareQueue(this.address);
    const options: WorkerOptions = {
      ...idle,
      concurrency,
      connection: this.connection(false),
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    };
    const process = async ({ name, data }: { name: string; data: unknown }): Promise<void> =>
      deliver((data as Delivery).id, name);
    const worker = this.onPostgres
      ? new Worker(this.name, process, options as never, createPostgresBackend)
      : new Worker(this.name, process, options);
    worker.on('error', this.address.onError);
    this.#worker = worker as unknown as Worker;
  }

  /** Takes no more jobs, without waiting for those under way. */
  async pause(): Promise<void> {
    if (this.#worker) await withinReason(this.#worker.pause(true));
  }

  /** Returns within some 4 seconds, whether or not the backend answers. */
  async close(): Promise<void> {
    await Promise.all([
      this.#worker && withinReason(this.#worker.close()),
      this.#queue && withinReason(this.#queue.close()),
    ]);
  }

  private get onPostgres(): boolean {
    return this.address.redisUrl === undefined;
  }

  private connection(failFast: boolean): QueueOptions['connection'] {
    const { redisUrl, databaseUrl } = this.address;
    if (redisUrl === undefined)
      return {
        connectionString: databaseUrl,
        max: 2,
        application_name: `gatehouse-queue-${this.name}`,
        connectionTimeoutMillis: 5_000,
      } as never;
    return {
      url: redisUrl,
      // A blocked worker must wait for ever; an add must fail so that the relay can say so and try again.
      maxRetriesPerRequest: failFast ? 1 : null,
      enableOfflineQueue: !failFast,
      connectTimeout: 5_000,
      retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2_000),
    } as never;
  }

  private open(): Queue {
    if (this.#queue) return this.#queue;
    const options: QueueOptions = { connection: this.connection(true), streams: { events: { maxLen: 100 } } };
    const queue = this.onPostgres
      ? new Queue(this.name, options as never, createPostgresBackend)
      : new Queue(this.name, options);
    queue.on('error', this.address.onError);
    this.#queue = queue as unknown as Queue;
    return this.#queue;
  }

  private async guarded<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    try {
      await prepareQueue(this.address);
      return await work(this.open());
    } catch (cause) {
      throw new GatehouseError(
        'queue.unavailable',
        'The task queue does not answer. Tasks wait in the database until it does; run `gatehouse doctor`.',
        { cause },
      );
    }
  }
}
