import { inspectSchema, type SchemaState } from '@gatehouse/database';
import { fail, onDatabase, pass, type Answer, type Check } from '../check.js';

export const judgeSchema = ({ pending, unknown }: SchemaState): Answer => {
  if (unknown.length > 0)
    return fail(
      `a newer Gatehouse migrated this database (${unknown.join(', ')})`,
      'git pull && make setup start',
    );
  if (pending.length > 0)
    return fail(`${pending.length} not applied yet: ${pending.join(', ')}`, 'make stop start');
  return pass('all applied');
};

export const migrations: Check = {
  id: 'migrations',
  title: 'Migrations',
  run: (context) => onDatabase(context, async (open) => judgeSchema(await inspectSchema(open))),
};
