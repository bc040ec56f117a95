import { GatehouseError } from '@gatehouse/contracts';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { translate } from './failure.js';
import { forTypeorm, type MigrationClass } from './migration.js';
import { migrations as allMigrations } from './migrations/index.js';
import { SnakeNaming } from './naming.js';
import { SteadyClient } from './steady-client.js';

export interface ConnectOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Shown in pg_stat_activity, e.g. `gatehouse-api`. */
  readonly applicationName: string;
  /** Connections at most; 10 when left out. */
  readonly poolSize?: number;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type of an entity class
  readonly entities?: Function[];
  /** Longest statement in milliseconds, 30 s when left out; 0 for none. */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a connection, a free one of the pool included, in milliseconds; 5 s when left out. */
  readonly connectTimeoutMs?: number;
  /** Told of idle connections that broke; the pool replaces them by itself. */
  readonly onConnectionError?: (error: unknown) => void;
  /** The installation's own list when left out; tests of the runner hand in another. */
  readonly migrations?: readonly MigrationClass[];
}

/** Options for Nest's TypeOrmModule or a DataSource of one's own. */
export const dataSourceOptions = (options: ConnectOptions): DataSourceOptions => ({
  type: 'postgres',
  url: options.url,
  applicationName: options.applicationName,
  poolSize: options.poolSize ?? 10,
  entities: options.entities ?? [],
  migrations: (options.migrations ?? allMigrations).map(forTypeorm),
  migrationsTableName: 'migrations',
  migrationsTransactionMode: 'each',
  namingStrategy: new SnakeNaming(),
  synchronize: false,
  logging: false,
  // Prints only under DEBUG=typeorm:*; the default writes failed migrations to stdout, past our log.
  logger: 'debug',
  installExtensions: false,
  uuidExtension: 'pgcrypto',
  connectTimeoutMS: options.connectTimeoutMs ?? 5_000,
  poolErrorHandler: (error: unknown) => options.onConnectionError?.(error),
  extra: {
    Client: SteadyClient,
    keepAlive: true,
    // Whatever the default of the server, the database or the role is: what we do was thought out for this one.
    options: '-c default_transaction_isolation=read\\ committed',
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    // A transaction whose process hangs must not hold its locks for ever.
    idle_in_transaction_session_timeout: 60_000,
    // Without it a query on a dead network waits for the kernel, some 15 minutes.
    query_timeout: options.statementTimeoutMs === 0 ? 0 : (options.statementTimeoutMs ?? 30_000) + 5_000,
  },
});

/** Host and database of a URL, without its password. */
export const describeUrl = (url: string): string => {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    return `${searchParams.get('host') ?? hostname}${port && `:${port}`}${pathname}`;
  } catch {
    return 'an address that cannot be read';
  }
};

/** A connected DataSource. Throws `database.unavailable` where the database does not answer or refuses us. */
export const createDataSource = async (options: ConnectOptions): Promise<DataSource> => {
  const dataSource = new DataSource(dataSourceOptions(options));
  try {
    return await dataSource.initialize();
  } catch (cause) {
    if (dataSource.isInitialized) await dataSource.destroy().catch(() => undefined);
    const known = translate(cause);
    if (known instanceof GatehouseError && known.code !== 'database.unavailable') throw known;
    const reason =
      cause instanceof Error && cause.message ? cause.message : String((cause as { code?: string }).code);
    throw new GatehouseError(
      'database.unavailable',
      `No connection to ${describeUrl(options.url)}: ${reason}. Check that it runs and that DATABASE_URL is right.`,
      { cause },
    );
  }
};
