// Counts what Postgres was asked to do, by all that this process runs on it.
import pg from 'pg';

let statements = 0;
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (...args) {
  statements += 1;
  return query.apply(this, args);
};

/** A connection that looks without being counted. */
export const openCounters = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const look = async () => {
    // Every transaction that writes takes the next number, whoever runs it; reading takes none.
    const { rows } = await query.call(
      client,
      `select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as writes, pg_current_wal_insert_lsn() - '0/0' as wal`,
    );
    return { statements, writes: Number(rows[0].writes), wal: Number(rows[0].wal) };
  };
  return {
    /** Runs `work`, which answers how many operations it did, and says what one of them cost. */
    count: async (work) => {
      const before = await look();
      const operations = await work();
      const after = await look();
      return {
        statements: (after.statements - before.statements) / operations,
        commits: (after.writes - before.writes) / operations,
        wal: (after.wal - before.wal) / operations,
      };
    },
    close: () => client.end(),
  };
};
