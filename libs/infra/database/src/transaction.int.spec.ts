import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from './data-source.js';
import { checkDurability } from './durability.js';
import { createTestDatabase, type TestDatabase } from './testing/index.js';
import { inTransaction } from './transaction.js';

describe('transactions on a real database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    await database.dataSource.query('create table counters (id int primary key, n int not null)');
    await database.dataSource.query('insert into counters values (1, 0), (2, 0)');
  });
  afterAll(() => database.drop());

  it('run again after a serialization failure, so that no update is lost', async () => {
    let runs = 0;
    let reads = 0;
    let open = (): void => undefined;
    // Both have read before either writes, so that one of them has to fail.
    const bothHaveRead = new Promise<void>((resolve) => (open = resolve));
    const bump = () =>
      inTransaction(
        database.dataSource,
        async (manager) => {
          runs += 1;
          const [row] = (await manager.query('select n from counters where id = 1')) as [{ n: number }];
          if ((reads += 1) === 2) open();
          await bothHaveRead;
          await manager.query('update counters set n = $1 where id = 1', [row.n + 1]);
        },
        { isolation: 'SERIALIZABLE' },
      );
    await Promise.all([bump(), bump()]);
    expect(await database.dataSource.query('select n from counters where id = 1')).toEqual([{ n: 2 }]);
    expect(runs).toBe(3);
  });

  it('read what is committed, whatever the database has as its default', async () => {
    const [{ name }] = (await database.dataSource.query('select current_database() as name')) as [
      { name: string },
    ];
    await database.dataSource.query(
      `alter database ${name} set default_transaction_isolation to 'serializable'`,
    );
    const fresh = await createDataSource({ url: database.url, applicationName: 'spec' });
    const level = await inTransaction(fresh, (manager) => manager.query('show transaction_isolation'));
    expect(level).toEqual([{ transaction_isolation: 'read committed' }]);
    await fresh.destroy();
    await database.dataSource.query(`alter database ${name} reset default_transaction_isolation`);
  });

  it('run again after a deadlock', async () => {
    let arrived = 0;
    let open: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (open = resolve));
    const cross = (first: number, second: number) =>
      inTransaction(database.dataSource, async (manager) => {
        await manager.query('update counters set n = n + 1 where id = $1', [first]);
        if ((arrived += 1) === 2) open();
        await both;
        await manager.query('update counters set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(await database.dataSource.query('select n from counters where id = 2')).toEqual([{ n: 2 }]);
  });

  it('give up after the bound, and roll back on any other error at once', async () => {
    let runs = 0;
    const fail = (code: string) =>
      inTransaction(
        database.dataSource,
        async (manager) => {
          runs += 1;
          await manager.query('update counters set n = 99 where id = 1');
          throw Object.assign(new Error('planted'), { code });
        },
        { attempts: 3 },
      );
    await expect(fail('40001')).rejects.toThrow('planted');
    expect(runs).toBe(3);
    await expect(fail('23505')).rejects.toThrow('planted');
    expect(runs).toBe(4);
    expect(await database.dataSource.query('select 1 from counters where n = 99')).toEqual([]);
  });

  it('of a session that may lose writes are refused at boot', async () => {
    await expect(checkDurability(database.dataSource)).resolves.toBeUndefined();
    const name = new URL(database.url).pathname.slice(1);
    await database.dataSource.query(`alter database ${name} set synchronous_commit = off`);
    const unsafe = await createDataSource({ url: database.url, applicationName: 'spec' });
    await expect(checkDurability(unsafe)).rejects.toMatchObject({
      code: 'database.unsafe',
      details: { synchronous_commit: 'off' },
    });
    await unsafe.destroy();
  });

  it('need a database: an absent one is a plain outage without the password', async () => {
    const attempt = createDataSource({
      url: 'postgres://me:hunter2@127.0.0.1:1/none',
      applicationName: 'spec',
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'database.unavailable',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});
