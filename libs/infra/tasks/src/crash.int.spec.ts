import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from './until.fixture.js';
import { Tasks } from './tasks.js';

const room = join(import.meta.dirname, '..');
const tsc = join(room, '../../../node_modules/typescript-7/bin/tsc');

let database: TestDatabase;
let hub: NotifyHub;
let tasks: Tasks;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  execFileSync(process.execPath, [tsc, '-b', room], { stdio: 'pipe' });
  database = await createTestDatabase();
  hub = new NotifyHub({ url: database.url, applicationName: 'test' });
  tasks = new Tasks(database.dataSource, hub);
  await database.dataSource.query('CREATE TABLE effects (id text, what text)');
}, 120_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await hub?.close();
  await database?.drop();
});

const start = async (): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(room, 'dist/crash.fixture.js'), database.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  await once(child.stdout, 'data');
  return child;
};
const stop = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number> => {
  const at = Date.now();
  child.kill(signal);
  await once(child, 'exit');
  children.delete(child);
  return Date.now() - at;
};
const enqueue = (ms: number): Promise<string> =>
  inTransaction(database.dataSource, (manager) =>
    tasks.enqueue<string>(manager, { type: 'a.b', payload: { ms }, queue: 'crash' }),
  );
const count = async (id: string, what: string): Promise<number> => {
  const rows = (await database.dataSource.query('SELECT FROM effects WHERE id = $1 AND what = $2', [
    id,
    what,
  ])) as unknown[];
  return rows.length;
};

describe('kill -9', () => {
  it('in the middle of a handler: another process runs the task once the claim has run out', async () => {
    const first = await start();
    const id = await enqueue(8_000);
    await until(async () => (await count(id, 'begun')) === 1);
    const second = await start();
    await stop(first, 'SIGKILL');
    expect(await count(id, 'done')).toBe(0);
    await until(async () => (await count(id, 'begun')) === 2, 20_000);
    await until(async () => (await tasks.find(id)).state === 'done', 30_000);
    expect(await count(id, 'done')).toBe(1);
    expect(await tasks.find(id)).toMatchObject({ attempts: 2 });
    await stop(second, 'SIGKILL');
  });

  it('at random moments of a stream of tasks: each is done exactly once', async () => {
    let child = await start();
    const ids: string[] = [];
    for (let i = 0; i < 40; i++) {
      ids.push(await enqueue(30));
      await sleep(40);
      if (i % 13 !== 12) continue;
      await stop(child, 'SIGKILL');
      child = await start();
    }
    await until(
      async () => (await Promise.all(ids.map((id) => tasks.find(id)))).every(({ state }) => state === 'done'),
      40_000,
    );
    for (const id of ids) expect(await count(id, 'done')).toBe(1);
    await stop(child, 'SIGKILL');
  });
});
