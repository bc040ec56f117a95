import type { EntityManager } from 'typeorm';
import { translate } from './failure.js';

/** What one statement answers, on the pool or in a transaction. What the driver throws comes in our own words. */
export const runQuery = async <Result>(
  on: Pick<EntityManager, 'query'>,
  sql: string,
  parameters: unknown[],
): Promise<Result> => {
  try {
    return (await on.query(sql, parameters)) as Result;
  } catch (error) {
    throw translate(error);
  }
};
