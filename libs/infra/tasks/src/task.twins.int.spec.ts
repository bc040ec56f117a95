import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OutboxRepository } from './outbox.repository.js';
import { TasksRepository } from './tasks.repository.js';
import { Tasks } from './tasks.js';

describe('tasks with one key', () => {
  let database: TestDatabase;
  let hub: NotifyHub;
  let tasks: Tasks;
  let claims: TasksRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    tasks = new Tasks(database.dataSource, hub);
    claims = new TasksRepository(database.dataSource);
  });
  afterAll(async () => {
    await hub?.close();
    await database?.drop();
  });

  const enqueue = (queue: string, dedupeKey: string, more: object = {}): Promise<string> =>
    inTransaction(database.dataSource, (manager) =>
      tasks.enqueue<string>(manager, { type: 'a.b', payload: {}, queue, dedupeKey, ...more }),
    );
  /** Each is claimed before the next is asked for, so that all run at once, and then the process is gone. */
  const claimedByTheDead = async (queue: string, key: string, more: object = {}): Promise<string> => {
    const id = await enqueue(queue, key, more);
    const claimed = await claims.claimDue(queue, 'a.b', `claim-${id}`, 0);
    expect(claimed?.id).toBe(id);
    return id;
  };
  const sweep = (queue: string) => new OutboxRepository(database.dataSource).sweep([queue], 60_000, 10);
  const statesOf = (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await tasks.find(id)).state));

  it('that a dead process ran at once: the newest runs again and stands for all', async () => {
    const [first, second, third] = [
      await claimedByTheDead('dead', 'k'),
      await claimedByTheDead('dead', 'k'),
      await claimedByTheDead('dead', 'k'),
    ];
    const other = await claimedByTheDead('dead', 'another');
    expect((await sweep('dead')).relayed.map(({ id }) => id).sort()).toEqual([third, other].sort());
    expect(await statesOf([first, second, third, other])).toEqual(['done', 'done', 'queued', 'queued']);
  });

  it('that a dead process ran, of which one waits: that one stands for all', async () => {
    const [first, second] = [await claimedByTheDead('waits', 'w'), await claimedByTheDead('waits', 'w')];
    const waiting = await enqueue('waits', 'w', { runAt: new Date(Date.now() + 3_600_000) });
    expect((await sweep('waits')).relayed).toEqual([]);
    expect(await statesOf([first, second, waiting])).toEqual(['done', 'done', 'pending']);
  });

  it('that a dead process ran too often: they are dead, and stand for none', async () => {
    const first = await claimedByTheDead('spent', 's');
    const last = await claimedByTheDead('spent', 's', { maxAttempts: 1 });
    expect((await sweep('spent')).relayed.map(({ id }) => id)).toEqual([first]);
    expect(await statesOf([first, last])).toEqual(['queued', 'dead']);
  });

  it('of which one is dead and another waits: the dead one is not retried', async () => {
    const dead = await claimedByTheDead('retry', 'r', { maxAttempts: 1 });
    await sweep('retry');
    const waiting = await enqueue('retry', 'r');
    await expect(tasks.retryDead(dead)).rejects.toMatchObject({ code: 'task.twin_waits' });
    expect(await statesOf([dead, waiting])).toEqual(['dead', 'pending']);
  });
});
