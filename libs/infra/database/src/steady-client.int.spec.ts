import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from './data-source.js';
import { createPool } from './pool.js';
import { createTestDatabase, openLastWord, type LastWord, type TestDatabase } from './testing/index.js';

// An `error` event that nobody hears ends the process, and so fails these specs.
describe('a connection that ends with the answer that somebody waits for', () => {
  let database: TestDatabase;
  let door: LastWord;

  beforeAll(async () => {
    database = await createTestDatabase();
    door = await openLastWord(database.url);
  });
  afterAll(async () => {
    await door?.close();
    await database?.drop();
  });

  it('leaves a data source that works on', async () => {
    const source = await createDataSource({ url: door.url, applicationName: 'test', poolSize: 2 });
    try {
      door.cut(10);
      for (let tries = 0; door.left > 0 && tries < 50; tries += 1)
        await Promise.all(
          [1, 2, 3].map((n) => source.transaction((manager) => manager.query(`SELECT ${n}`)).catch(() => 0)),
        );
      expect(door.left).toBe(0);
      expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await source.destroy();
    }
  });

  it('tells whoever took it from a pool once it is there to be told', async () => {
    const pool = createPool({ url: door.url, applicationName: 'test', size: 1, schema: 'public' });
    pool.on('error', () => undefined);
    try {
      door.cut(1);
      const client = await pool.connect();
      const told = await new Promise<Error>((resolve) => client.once('error', resolve));
      expect(told.message).toBe('terminating connection due to unexpected postmaster exit');
      client.release(true);
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
    }
  });
});
