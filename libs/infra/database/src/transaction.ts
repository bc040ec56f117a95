import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { translate, wantsRetry } from './failure.js';

export interface TransactionOptions {
  /** Read committed when left out, by a setting of the connection: asking for it costs each transaction a round trip. */
  readonly isolation?: 'REPEATABLE READ' | 'SERIALIZABLE';
  /** How often the work is run at most, 5 when left out. */
  readonly attempts?: number;
}

/** Full jitter under a doubling cap, in milliseconds: two that collided must not meet again. */
export const pauseBefore = (attempt: number, random: () => number = Math.random): number =>
  random() * Math.min(10 * 2 ** attempt, 500);

/**
 * Runs `work` in one transaction and commits it. On a serialization failure or a deadlock everything is rolled back
 * and `work` is called again, so it must touch nothing but the manager it is given.
 */
export const inTransaction = async <T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  { isolation, attempts = 5 }: TransactionOptions = {},
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await (isolation === undefined
        ? dataSource.transaction(work)
        : dataSource.transaction(isolation, work));
    } catch (error) {
      if (!wantsRetry(error) || attempt >= attempts) throw translate(error);
      await sleep(pauseBefore(attempt));
    }
  }
};
