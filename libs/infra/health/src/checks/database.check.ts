import { askServer, type ServerFacts } from '@gatehouse/database';
import { fail, onDatabase, pass, warn, type Answer, type Check } from '../check.js';

/** 15 is the oldest that the tests run on. */
export const judgeServer = ({ version, connections: { used, limit } }: ServerFacts): Answer => {
  const detail = `Postgres ${Math.floor(version / 10_000)}.${version % 10_000}, ${used} of ${limit} connections used`;
  if (version < 150_000) return fail(`${detail}: 15 or newer is needed`, 'apt-get install postgresql');
  return used > limit * 0.8 ? warn(detail, `ALTER SYSTEM SET max_connections = ${limit * 2};`) : pass(detail);
};

export const database: Check = {
  id: 'database',
  title: 'Database',
  run: (context) => onDatabase(context, async (open) => judgeServer(await askServer(open))),
};
