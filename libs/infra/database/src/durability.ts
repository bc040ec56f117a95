import { GatehouseError } from '@gatehouse/contracts';
import type { DataSource } from 'typeorm';

/** Settings under which an acknowledged write survives a crash (I10), and the values that are safe. */
const safe: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
};

/** Throws `database.unsafe` where the server may lose a write that it has acknowledged. */
export const checkDurability = async (dataSource: DataSource): Promise<void> => {
  const rows = (await dataSource.query('select name, setting from pg_settings where name = any($1)', [
    Object.keys(safe),
  ])) as { name: string; setting: string }[];
  const wrong = rows.filter(({ name, setting }) => !safe[name]?.includes(setting));
  if (wrong.length === 0) return;
  const list = wrong.map(({ name, setting }) => `${name} = ${setting}`).join(', ');
  throw new GatehouseError(
    'database.unsafe',
    `Postgres runs with ${list}: a crash can lose what was acknowledged. Set ${wrong.map(({ name }) => `${name} = on`).join(', ')} and reload it.`,
    { details: Object.fromEntries(wrong.map(({ name, setting }) => [name, setting])) },
  );
};
