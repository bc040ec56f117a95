// Who commits what: Postgres writes down each statement with its application and the number of its transaction, which
// only one that writes has. For counting alone, since writing it down takes time.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import pg from 'pg';

const prefix = 'bench|%a|%x|';
const line = /^bench\|(.*?)\|(\d+)\|LOG: {2}duration: [\d.]+ ms {2}(?:statement|execute [^:]*): ([^]*)$/;
const written = /\b(?:insert into|update|delete from)\s+(?:only\s+)?"?([a-z_]+)"?/gi;

/** `DO UPDATE SET`, `FOR UPDATE SKIP LOCKED` and `FOR UPDATE OF` name no table. */
const tablesOf = (sql) =>
  [...sql.matchAll(written)].map(([, name]) => name).filter((name) => !/^(?:set|skip|of)$/i.test(name));

/** Reads what comes into the server's log from now on. */
export const openCommitLog = async ({ url, logFile }) => {
  const client = new pg.Client({ connectionString: url, application_name: 'bench counts' });
  await client.connect();
  const set = (name, value) => client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  const reload = async () => {
    await client.query('SELECT pg_reload_conf()');
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  const next = async () => {
    const { rows } = await client.query(
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next',
    );
    return Number(rows[0].next);
  };
  const file = openSync(logFile, 'r');
  const rest = (from) => {
    const bytes = Buffer.alloc(fstatSync(file).size - from);
    readSync(file, bytes, 0, bytes.length, from);
    return bytes.toString();
  };
  return {
    /** Runs `work` and answers its transactions that wrote: by whom, and what they wrote to, in order. */
    during: async (work) => {
      await set('log_line_prefix', prefix);
      await set('log_min_duration_statement', '0');
      await reload();
      const from = fstatSync(file).size;
      const first = await next();
      await work();
      const end = await next();
      await client.query('ALTER SYSTEM RESET ALL');
      await reload();
      const found = new Map();
      for (const entry of rest(from).split(/^(?=bench\|)/m)) {
        const [, application, xid, sql] = line.exec(entry) ?? [];
        if (xid === undefined || xid === '0' || Number(xid) < first || Number(xid) >= end) continue;
        const seen = found.get(xid) ?? { xid: Number(xid), application, tables: new Set() };
        for (const table of tablesOf(sql)) seen.tables.add(table);
        found.set(xid, seen);
      }
      const transactions = [...found.values()].map((one) => ({ ...one, tables: [...one.tables].sort() }));
      return { transactions, numbers: end - first };
    },
    close: async () => {
      closeSync(file);
      await client.end();
    },
  };
};
