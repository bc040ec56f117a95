import type { DataSource } from 'typeorm';

/** What a server says of itself. */
export interface ServerFacts {
  /** E.g. 180004 for 18.4. */
  readonly version: number;
  /** Its clock, and ours half way through the question. */
  readonly clock: Date;
  readonly ourClock: Date;
  readonly connections: { readonly used: number; readonly limit: number };
}

export const askServer = async (dataSource: DataSource): Promise<ServerFacts> => {
  const asked = Date.now();
  const [row] = (await dataSource.query(
    `select current_setting('server_version_num')::int as version, clock_timestamp() as clock,
            (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
            current_setting('max_connections')::int as "limit"`,
  )) as [{ version: number; clock: Date; used: number; limit: number }];
  const ourClock = new Date((asked + Date.now()) / 2);
  return {
    version: row.version,
    clock: row.clock,
    ourClock,
    connections: { used: row.used, limit: row.limit },
  };
};
