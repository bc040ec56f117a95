export { openLastWord, type LastWord } from './last-word.js';
export { until } from './until.js';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource, type ConnectOptions } from '../data-source.js';

/** A database of one spec file, a clone of the migrated template. */
export interface TestDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  /** Disconnects and removes it. Call it in afterAll. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions extends Partial<Omit<ConnectOptions, 'url'>> {
  /** No migrations: for specs of the migration runner itself. */
  readonly empty?: boolean;
}

interface Server {
  readonly adminUrl: string;
  readonly template: string;
}

const askGuardian = async (): Promise<Server> => {
  const path = process.env['GATEHOUSE_TEST_DATABASE_SOCKET'];
  if (path === undefined)
    throw new GatehouseError(
      'database.unavailable',
      'There is no test database: name the file *.int.spec.ts and run it with TEST_KIND=int.',
    );
  const answer = JSON.parse(await text(connect(path))) as Server | { error: string };
  if ('error' in answer)
    throw new GatehouseError('database.unavailable', `The test database did not start: ${answer.error}`);
  return answer;
};

const asAdmin = async <T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 60_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** 55006: the template is in use for the moment, by another clone that is just being made. */
const clone = async (client: pg.Client, name: string, template: string): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(`create database ${name} template ${template}`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '55006' || tries >= 600) throw error;
      await sleep(100);
    }
  }
};

/** A private database on the Postgres of this test run; works in any number of Jest workers at once. */
export const createTestDatabase = async (options: TestDatabaseOptions = {}): Promise<TestDatabase> => {
  const { empty = false, ...connect } = options;
  // Planes that a spec starts on it are as patient as its own connections.
  process.env['GATEHOUSE_DATABASE_WAIT'] ??= '60s';
  const { adminUrl, template } = await askGuardian();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, (client) => clone(client, name, empty ? 'template0' : template));
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const dataSource = await createDataSource({
    applicationName: 'gatehouse-test',
    poolSize: 5,
    // Specs ask for far more at once than a part does, on machines that have other lanes to run beside them.
    connectTimeoutMs: 60_000,
    ...connect,
    url: url.href,
  });
  const drop = async (): Promise<void> => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await asAdmin(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return { url: url.href, dataSource, drop };
};
export { reachableTempFolder, startOnFreePort } from './test-server.js';
