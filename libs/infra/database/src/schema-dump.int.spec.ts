import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { dumpSchema } from './schema-dump.js';
import { createTestDatabase } from './testing/index.js';

it('schema.sql in git is what the migrations make (refresh it: npm run schema -w @gatehouse/database)', async () => {
  const database = await createTestDatabase();
  try {
    const kept = await readFile(join(import.meta.dirname, '..', 'schema.sql'), 'utf8');
    expect(await dumpSchema(database.dataSource)).toBe(kept);
    await database.dataSource.query('create table planted (id int default 7)');
    expect(await dumpSchema(database.dataSource)).toContain(
      'CREATE TABLE planted (\n  id integer DEFAULT 7\n)',
    );
  } finally {
    await database.drop();
  }
});
