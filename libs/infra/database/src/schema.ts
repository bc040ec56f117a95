import { GatehouseError } from '@gatehouse/contracts';
import { DataSource, MigrationExecutor, type DataSourceOptions } from 'typeorm';
import { translate } from './failure.js';

/** Any constant does, as long as every Gatehouse takes the same: the first eight bytes of "gatehouse". */
const lockKey = '7449363237540164979';

/** How the schema of a database compares with the migrations of this build. */
export interface SchemaState {
  /** Known here and not yet run there. */
  readonly pending: readonly string[];
  /** Run there and unknown here: a newer Gatehouse was at work. */
  readonly unknown: readonly string[];
}

const namesOf = (dataSource: DataSource): string[] => dataSource.migrations.map(({ name }) => name ?? '');

const stateOf = async (
  dataSource: DataSource,
  database: { query(sql: string): Promise<unknown> },
): Promise<SchemaState> => {
  const [table] = (await database.query(`select to_regclass('migrations') is not null as exists`)) as [
    { exists: boolean },
  ];
  const rows = table.exists
    ? ((await database.query('select name from migrations order by id')) as { name: string }[])
    : [];
  const here = namesOf(dataSource);
  const there = rows.map(({ name }) => name);
  return {
    pending: here.filter((name) => !there.includes(name)),
    unknown: there.filter((name) => !here.includes(name)),
  };
};

/** Compares without changing anything. */
export const inspectSchema = (dataSource: DataSource): Promise<SchemaState> =>
  stateOf(dataSource, dataSource);

const refuseNewer = ({ unknown }: SchemaState): void => {
  if (unknown.length > 0)
    throw new GatehouseError(
      'database.newer_schema',
      `This database has migrations that this version does not know: ${unknown.join(', ')}. ` +
        'Start the newer Gatehouse again, or restore the backup made before the upgrade.',
      { details: { unknown } },
    );
};

/** What every process asks at boot: throws `database.newer_schema`, or `database.unavailable` while steps are missing. */
export const requireSchema = async (dataSource: DataSource): Promise<void> => {
  const state = await inspectSchema(dataSource);
  refuseNewer(state);
  if (state.pending.length > 0)
    throw new GatehouseError(
      'database.unavailable',
      `The database lacks the migrations ${state.pending.join(', ')}. Run \`make start\`, which applies them.`,
      { details: { pending: state.pending } },
    );
};

/** A single connection without the time limits of requests: a large table may take minutes to change. */
const forMigrations = (dataSource: DataSource): Promise<DataSource> =>
  new DataSource({
    ...dataSource.options,
    entities: [],
    poolSize: 1,
    extra: { keepAlive: true },
  } as DataSourceOptions).initialize();

/**
 * Brings the schema up to this build and returns the names of what was run. Any number of processes may call it at
 * once: an advisory lock lets one work while the others wait. Throws `database.newer_schema`.
 */
export const runMigrations = async (dataSource: DataSource): Promise<string[]> => {
  try {
    const own = await forMigrations(dataSource);
    const runner = own.createQueryRunner();
    try {
      // Held by the session: it goes with the connection, whatever becomes of this process.
      await runner.query('select pg_advisory_lock($1)', [lockKey]);
      refuseNewer(await stateOf(own, runner));
      const executor = new MigrationExecutor(own, runner);
      executor.transaction = 'each';
      return (await executor.executePendingMigrations()).map(({ name }) => name);
    } finally {
      await runner.release();
      await own.destroy();
    }
  } catch (error) {
    throw translate(error);
  }
};
