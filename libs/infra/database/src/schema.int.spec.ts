import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { createDataSource } from './data-source.js';
import { Migration } from './migration.js';
import { inspectSchema, requireSchema, runMigrations } from './schema.js';
import { createTestDatabase, type TestDatabase } from './testing/index.js';

class Apples0001 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table apples (id int primary key)');
    await runner.query('select pg_sleep(0.2)');
  }
}
class Pears0002 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table pears (id int primary key)');
  }
}
class Broken0003 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table plums (id int primary key)');
    await runner.query('select 1/0');
  }
}

describe('migrations on a real database', () => {
  let database: TestDatabase;
  const open = (...migrations: (typeof Apples0001)[]) =>
    createDataSource({ url: database.url, applicationName: 'spec', migrations, connectTimeoutMs: 60_000 });

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
  });
  afterAll(() => database.drop());

  it('run once, in order, although two processes start at the same time', async () => {
    const [a, b] = [await open(Apples0001, Pears0002), await open(Apples0001, Pears0002)];
    const ran = await Promise.all([runMigrations(a), runMigrations(b)]);
    expect(ran.flat()).toEqual(['Apples0000000000001', 'Pears0000000000002']);
    await expect(requireSchema(a)).resolves.toBeUndefined();
    await Promise.all([a.destroy(), b.destroy()]);
  });

  it('name what is missing, and leave nothing of a step that failed', async () => {
    const dataSource = await open(Apples0001, Pears0002, Broken0003);
    await expect(requireSchema(dataSource)).rejects.toMatchObject({ code: 'database.unavailable' });
    await expect(runMigrations(dataSource)).rejects.toThrow(/division by zero/);
    expect(await dataSource.query(`select to_regclass('plums') as t`)).toEqual([{ t: null }]);
    expect((await inspectSchema(dataSource)).pending).toEqual(['Broken0000000000003']);
    await dataSource.destroy();
  });

  it('of a newer version are refused by an older one', async () => {
    const dataSource = await open(Apples0001);
    await expect(requireSchema(dataSource)).rejects.toMatchObject({ code: 'database.newer_schema' });
    await expect(runMigrations(dataSource)).rejects.toMatchObject({ code: 'database.newer_schema' });
    await dataSource.destroy();
  });
});
