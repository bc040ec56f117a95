import type { inTransaction } from '@gatehouse/database';

/** A running transaction of the caller: TypeORM's EntityManager, without importing typeorm. */
export type Transaction = Parameters<Parameters<typeof inTransaction>[1]>[0];
/** TypeORM's DataSource, without importing typeorm. */
export type Database = Parameters<typeof inTransaction>[0];

type Runner = NonNullable<Transaction['queryRunner']>;

const waiting = new WeakMap<Runner, Map<string, () => void>>();
const watched = new WeakSet<Database>();

const watch = (database: Database): void => {
  if (watched.has(database)) return;
  watched.add(database);
  const drop = ({ queryRunner }: { queryRunner: Runner }): void => {
    if (!queryRunner.isTransactionActive) waiting.delete(queryRunner);
  };
  database.subscribers.push({
    afterTransactionCommit: (event: { queryRunner: Runner }) => {
      // A savepoint's release is announced as a commit too; only the outermost one is durable.
      if (event.queryRunner.isTransactionActive) return;
      const works = waiting.get(event.queryRunner);
      drop(event);
      for (const work of works?.values() ?? []) work();
    },
    afterTransactionRollback: drop,
  });
};

/**
 * Runs `work` once the transaction has committed, never when it rolls back; outside of a transaction at once.
 * For hints only: it is lost when the process dies at that moment. The same `key` runs once per transaction.
 */
export const afterCommit = (manager: Transaction, key: string, work: () => void): void => {
  const runner = manager.queryRunner;
  if (!runner?.isTransactionActive) return work();
  watch(runner.dataSource);
  const works = waiting.get(runner) ?? new Map<string, () => void>();
  waiting.set(runner, works.set(key, work));
};
