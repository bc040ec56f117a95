import pg from 'pg';
import { SteadyClient } from './steady-client.js';

export interface PoolOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Connections at most. */
  readonly size: number;
  /** Schema in which names without one are looked up. */
  readonly schema: string;
}

/** A pool for a library that speaks to Postgres by itself. Whoever takes it listens for its `error` and ends it. */
export const createPool = ({ url, applicationName, size, schema }: PoolOptions): pg.Pool =>
  new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: size,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c search_path=${schema}`,
    Client: SteadyClient,
  });
