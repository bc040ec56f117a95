import { createPool } from '@gatehouse/database';
import {
  assertSchemaCompatibility,
  runMigrations,
  SchemaMigrationRequiredError,
  type QueueOptions,
} from 'bullmq';
import type { Database } from './after-commit.js';
import type { OutageListener } from './outage.js';

export interface QueueAddress extends OutageListener {
  /** Postgres of the installation; the queue lives there, in schema `bullmq`, unless there is a Redis. */
  readonly database: Database;
  readonly databaseUrl: string;
  readonly redisUrl?: string | undefined;
}

const schema = 'bullmq';
const closeWithinMs = 1_000;

/** Closing waits for a backend that does not answer, 13 s and more: it is left to die with the process instead. */
export const withinReason = async (closing: Promise<unknown>): Promise<void> => {
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
      // 23505: another made the schema while we waited for its lock, and Postgres still remembered that there was none.
      await runMigrations(client, schema).catch((made: { code?: string }) => {
        if (made.code !== '23505') throw made;
        return runMigrations(client, schema);
      });
    });
  } finally {
    await runner.release();
  }
};

export interface QueueConnection {
  readonly connection: QueueOptions['connection'];
  /** Ends what BullMQ does not end itself. */
  end(): Promise<void>;
}

export const connectionTo = (
  name: string,
  { redisUrl, databaseUrl }: Pick<QueueAddress, 'databaseUrl' | 'redisUrl'>,
  failFast: boolean,
): QueueConnection => {
  if (redisUrl === undefined) {
    // Of our making: connections that BullMQ makes itself take the process with them when they break too early.
    const pool = createPool({
      url: databaseUrl,
      applicationName: `gatehouse-queue-${name}`,
      // One of them listens.
      size: 3,
      schema,
    });
    return { connection: pool as never, end: () => pool.end() };
  }
  const connection = {
    url: redisUrl,
    // A blocked worker must wait for ever; an add must fail so that the relay can say so and try again.
    maxRetriesPerRequest: failFast ? 1 : null,
    enableOfflineQueue: !failFast,
    connectTimeout: 5_000,
    retryStrategy: (times: number) => Math.min(100 * 2 ** times, 2_000),
  };
  return { connection: connection as never, end: () => Promise.resolve() };
};
