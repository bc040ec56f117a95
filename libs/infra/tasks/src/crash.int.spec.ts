import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, until, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
});
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
const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
  children.delete(child);
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
    const id = await enqueue(600_000);
    await until(async () => (await count(id, 'begun')) === 1);
    const second = await start();
    await kill(first);
    expect(await count(id, 'done')).toBe(0);
    await until(async () => (await count(id, 'begun')) > 1);
    await until(async () => (await tasks.find(id)).state === 'done');
    expect(await count(id, 'done')).toBe(1);
    expect((await tasks.find(id)).attempts).toBeGreaterThan(1);
    await kill(second);
  });

  it('at random moments of a stream of tasks: each is done exactly once', async () => {
    let child = await start();
    const ids: string[] = [];
    for (let i = 0; i < 40; i++) {
      ids.push(await enqueue(30));
      await sleep(40);
      if (i % 13 !== 12) continue;
      await kill(child);
      child = await start();
    }
    await until(async () =>
      (await Promise.all(ids.map((id) => tasks.find(id)))).every(({ state }) => state === 'done'),
    );
    for (const id of ids) expect(await count(id, 'done')).toBe(1);
    await kill(child);
  });
});
