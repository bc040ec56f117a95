import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createDataSource,
  inTransaction,
  NotifyHub,
  runMigrations,
  startEmbeddedPostgres,
} from '@gatehouse/database';
import {
  createTestDatabase,
  openLastWord,
  reachableTempFolder,
  startOnFreePort,
  until,
  type TestDatabase,
} from '@gatehouse/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from './after-commit.js';
import { startRedis, type TestRedis } from './redis.fixture.js';
import { Tasks } from './tasks.js';

const room = join(import.meta.dirname, '..');
const tsc = join(room, '../../../node_modules/typescript-7/bin/tsc');

/** A process at work, and all that it said. */
class Child {
  said = '';
  exit: number | string | undefined;
  readonly #process: ChildProcessByStdio<null, Readable, null>;

  constructor(databaseUrl: string, redisUrl?: string) {
    const given = [databaseUrl, ...(redisUrl === undefined ? [] : [redisUrl])];
    this.#process = spawn(process.execPath, [join(room, 'dist/crash.fixture.js'), ...given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process.stdout.on('data', (bytes: Buffer) => (this.said += bytes.toString()));
    this.#process.once('exit', (code, signal) => (this.exit = code ?? signal ?? ''));
  }
  ready = (): Promise<void> => until(() => this.lines('ready').length > 0);
  lines = (word: string): string[] => this.said.split('\n').filter((line) => line.startsWith(word));
  get connects(): number {
    return Number(this.lines('connects')[0]?.split(' ')[1]);
  }
  kill = (signal: NodeJS.Signals): boolean => this.#process.kill(signal);
}

const children: Child[] = [];
const start = async (databaseUrl: string, redisUrl?: string): Promise<Child> => {
  const child = new Child(databaseUrl, redisUrl);
  children.push(child);
  await child.ready();
  return child;
};
const ended = (child: Child): Promise<void> => until(() => child.exit !== undefined);

beforeAll(() => {
  execFileSync(process.execPath, [tsc, '-b', room], { stdio: 'pipe' });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Tasks of the child's queue, and how often each had its effect. */
const workOf = (database: Database, hub: NotifyHub) => {
  const tasks = new Tasks(database, hub);
  return {
    enqueue: (ms = 20): Promise<string> =>
      inTransaction(database, (manager) =>
        tasks.enqueue<string>(manager, { type: 'a.b', payload: { ms }, queue: 'crash' }),
      ),
    count: async (id: string, what: string): Promise<number> =>
      ((await database.query('SELECT FROM effects WHERE id = $1 AND what = $2', [id, what])) as unknown[])
        .length,
    done: (ids: readonly string[]): Promise<void> =>
      until(async () => {
        const found = await Promise.all(ids.map((id) => tasks.find(id)));
        return found.every(({ state }) => state === 'done');
      }),
  };
};

describe('a Postgres that refuses connections', () => {
  let database: TestDatabase;
  let admin: Database;
  let hub: NotifyHub;
  const name = (): string => new URL(database.url).pathname.slice(1);
  const refuse = async (): Promise<void> => {
    await admin.query(`ALTER DATABASE ${name()} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name()]);
  };
  const accept = (): Promise<unknown> => admin.query(`ALTER DATABASE ${name()} ALLOW_CONNECTIONS true`);

  beforeAll(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url);
    url.pathname = '/postgres';
    admin = await createDataSource({
      url: url.href,
      applicationName: 'test',
      poolSize: 1,
      connectTimeoutMs: 60_000,
    });
    hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    await database.dataSource.query('CREATE TABLE effects (id text, what text)');
  });
  afterAll(async () => {
    await accept();
    await hub?.close();
    await admin?.destroy();
    await database?.drop();
  });

  it('is asked with pauses, told of in a few lines, and worked for again by itself', async () => {
    const work = workOf(database.dataSource, hub);
    const child = await start(database.url);
    const before = await work.enqueue();
    await work.done([before]);
    const underWay = await work.enqueue(2_500);
    await until(async () => (await work.count(underWay, 'begun')) === 1);
    await refuse();
    await until(() => child.lines('trouble').length > 0);
    await sleep(3_000);
    await accept();
    const after = await work.enqueue();
    await work.done([underWay, after]);
    expect(await work.count(underWay, 'done')).toBe(1);
    expect(await work.count(after, 'done')).toBe(1);
    await until(() => child.lines('recovered listener').length > 0);
    // One line per part of the process: listener, relay, claims, worker.
    expect(child.lines('trouble').length).toBeLessThanOrEqual(4);
    child.kill('SIGTERM');
    await ended(child);
    expect(child.exit).toBe(0);
    expect(child.connects).toBeGreaterThan(5);
    expect(child.connects).toBeLessThan(150);
  });

  it.each([0, 1_500])('does not keep a process from ending, %i ms into the outage', async (ms) => {
    const work = workOf(database.dataSource, hub);
    const child = await start(database.url);
    const underWay = await work.enqueue(60_000);
    await until(async () => (await work.count(underWay, 'begun')) === 1);
    await refuse();
    await sleep(ms);
    child.kill('SIGTERM');
    await ended(child);
    await accept();
    expect(child.exit).toBe(0);
    await start(database.url);
    await work.done([underWay]);
    expect(await work.count(underWay, 'done')).toBe(1);
  });
});

describe('a Postgres that is killed', () => {
  it('comes back to a process that works on, and that did everything once', async () => {
    const dataRoot = await reachableTempFolder('gatehouse-outage-');
    const log = (): void => undefined;
    let server = await startOnFreePort({ dataRoot, log });
    const database = await createDataSource({
      url: server.url,
      applicationName: 'test',
      connectTimeoutMs: 60_000,
    });
    const hub = new NotifyHub({ url: server.url, applicationName: 'test' });
    try {
      await runMigrations(database);
      await database.query('CREATE TABLE effects (id text, what text)');
      const work = workOf(database, hub);
      const child = await start(server.url);
      const ids: string[] = [];
      for (let kills = 0; kills < 3; kills += 1) {
        ids.push(await work.enqueue(2_000), await work.enqueue());
        await sleep(150 * kills);
        process.kill(server.pid, 'SIGKILL');
        await server.exited;
        server = await startEmbeddedPostgres({ dataRoot, port: server.port, log, timeoutMs: 180_000 });
        await until(async () => (await database.query('SELECT 1').catch(() => undefined)) !== undefined);
        ids.push(await work.enqueue());
      }
      await work.done(ids);
      for (const id of ids) expect(await work.count(id, 'done')).toBe(1);
      expect(child.exit).toBeUndefined();
      child.kill('SIGTERM');
      await ended(child);
      expect(child.exit).toBe(0);
    } finally {
      await hub.close();
      await database.destroy();
      await server.stop();
      await rm(dataRoot, { recursive: true, force: true });
    }
  });
});

describe('a Postgres that ends a connection with the answer that somebody waits for', () => {
  it('finds a process that works on, and that hears of new work', async () => {
    const database = await createTestDatabase();
    const hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    const door = await openLastWord(database.url);
    try {
      await database.dataSource.query('CREATE TABLE effects (id text, what text)');
      const work = workOf(database.dataSource, hub);
      const child = await start(door.url);
      const ids = [await work.enqueue()];
      await work.done(ids);
      for (let times = 0; times < 3; times += 1) {
        door.cut(6);
        ids.push(await work.enqueue(500), await work.enqueue());
        await until(() => door.left === 0 || child.exit !== undefined);
        expect(child.exit).toBeUndefined();
      }
      await work.done(ids);
      for (const id of ids) expect(await work.count(id, 'done')).toBe(1);
      expect(child.exit).toBeUndefined();
    } finally {
      await door.close();
      await hub.close();
      await database.drop();
    }
  });
});

describe('a Redis that is killed', () => {
  let database: TestDatabase;
  let hub: NotifyHub;
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
    database = await createTestDatabase();
    hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    await database.dataSource.query('CREATE TABLE effects (id text, what text)');
  });
  afterAll(async () => {
    await hub?.close();
    await database?.drop();
    await redis?.stop();
  });

  it('comes back empty to a process that works on, and that did everything once', async () => {
    const work = workOf(database.dataSource, hub);
    const child = await start(database.url, redis.url);
    const other = await start(database.url, redis.url);
    const ids = [await work.enqueue(), await work.enqueue(2_000)];
    await until(async () => (await work.count(ids[1]!, 'begun')) === 1);
    await redis.kill();
    for (let i = 0; i < 10; i++) ids.push(await work.enqueue());
    await until(() => child.lines('trouble').length > 0);
    await sleep(2_000);
    other.kill('SIGTERM');
    await ended(other);
    expect(other.exit).toBe(0);
    await redis.restart();
    await work.done(ids);
    await redis.flush();
    ids.push(await work.enqueue());
    await work.done(ids);
    for (const id of ids) expect(await work.count(id, 'done')).toBe(1);
    expect(child.lines('trouble').length).toBeLessThanOrEqual(4);
    child.kill('SIGTERM');
    await ended(child);
    expect(child.exit).toBe(0);
    expect(child.connects).toBeLessThan(150);
  });
});
