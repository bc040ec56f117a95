import { GatehouseError } from '@gatehouse/contracts';
import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, until, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskRelay } from './task-relay.js';
import { TaskWorker, type TaskContext } from './task-worker.js';
import { Tasks } from './tasks.js';

describe('a process with room', () => {
  let database: TestDatabase;
  let hub: NotifyHub;
  let tasks: Tasks;
  const open: { close(): Promise<void> }[] = [];
  let round = 0;

  beforeAll(async () => {
    database = await createTestDatabase({ poolSize: 10 });
    hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    tasks = new Tasks(database.dataSource, hub);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((part) => part.close()));
    round += 1;
  });
  afterAll(async () => {
    await hub?.close();
    await database?.drop();
  });

  const address = () => ({
    ...{ database: database.dataSource, databaseUrl: database.url, redisUrl: undefined },
    onError: () => undefined,
  });
  const queueName = () => `taking${round}`;
  const worker = async (
    concurrency: number,
    run: (payload: never, context: TaskContext) => Promise<void>,
  ): Promise<TaskWorker> => {
    const handlers = [{ type: 'a.b', concurrency, run }];
    const made = new TaskWorker({ ...address(), queue: queueName(), handlers });
    open.push(made);
    await made.start();
    return made;
  };
  const relay = (taking: TaskWorker): void => {
    const take = (): Promise<number> => taking.takeDue();
    const made = new TaskRelay({ ...address(), hub, queues: [queueName()], pollMs: 300, take });
    open.push(made);
    made.start();
  };
  const enqueue = (type: string, more: object = {}): Promise<string> =>
    inTransaction(database.dataSource, (manager) =>
      tasks.enqueue<string>(manager, { type, payload: {}, queue: queueName(), ...more }),
    );
  const enqueued = async (n: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let i = 0; i < n; i += 1) ids.push(await enqueue('a.b'));
    return ids;
  };
  const rowsOf = async (ids: readonly string[]): Promise<string[]> => {
    const rows = (await database.dataSource.query(
      `SELECT state || ' ' || relays AS row FROM tasks WHERE id = ANY($1) ORDER BY run_at`,
      [ids],
    )) as { row: string }[];
    return rows.map(({ row }) => row);
  };
  const areDone = (ids: readonly string[]) =>
    until(async () => (await rowsOf(ids)).every((row) => row.startsWith('done')));

  it('runs at once what there is room for, and the queue hears of the rest alone', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const ids = await enqueued(5);
    const later = await enqueue('a.b', { runAt: new Date(Date.now() + 3_600_000) });
    const other = await enqueue('c.d');
    const taking = await worker(2, () => finished);
    relay(taking);
    const split = ['running 0', 'running 0', 'queued 1', 'queued 1', 'queued 1'];
    await until(async () => (await rowsOf(ids)).join() === split.join());
    expect(await taking.takeDue()).toBe(0);
    finish();
    await areDone(ids);
    // Neither what is not due yet, nor what it has no handler for.
    await until(() => taking.busy === 0);
    expect(await taking.takeDue()).toBe(0);
    expect(await rowsOf([other, later])).toEqual(['queued 1', 'pending 0']);
  });

  it('has a task to itself, however many take it', async () => {
    const ran: string[] = [];
    const run = (_: never, { id }: TaskContext) => Promise.resolve(void ran.push(id));
    const all = [await worker(3, run), await worker(3, run), await worker(3, run)];
    const ids = await enqueued(20);
    for (const one of all) relay(one);
    await areDone(ids);
    expect(ran.sort()).toEqual(ids.sort());
  });

  it('waits for others who do not answer without counting the tries, for days and not for ever', async () => {
    let error: Error | undefined;
    const tries: number[] = [];
    const taking = await worker(1, (_, { attempt }) => {
      tries.push(attempt);
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    });
    const id = await enqueue('a.b', { maxAttempts: 2 });
    const again = async (next?: Error, since?: string) => {
      error = next;
      await database.dataSource.query(
        `UPDATE tasks SET run_at = now() - interval '1 s',
           outage_since = COALESCE(now() - $2::interval, outage_since) WHERE id = $1`,
        [id, since ?? null],
      );
      await taking.takeDue();
      await until(() => taking.busy === 0);
      return tasks.find(id);
    };
    const away = new GatehouseError('forge.unavailable', 'no answer');
    const first = await again(away);
    expect(first).toMatchObject({ state: 'pending', attempts: 0, lastError: 'forge.unavailable: no answer' });
    expect(first.outageSince).not.toBeNull();
    for (let i = 0; i < 3; i += 1)
      expect(await again(away)).toMatchObject({ state: 'pending', outageSince: first.outageSince });
    expect(tries).toEqual([1, 1, 1, 1]);
    const day = await again(away, '1 day');
    expect(Date.parse(day.runAt) - Date.now()).toBeGreaterThan(200_000);
    // Another error than that is one of the tries, and ends what was waited for.
    expect(await again(new Error('odd'))).toMatchObject({ state: 'pending', attempts: 1, outageSince: null });
    const git = new GatehouseError('git.unavailable', 'no answer');
    expect(await again(git)).toMatchObject({ state: 'pending', attempts: 1 });
    expect(await again(git, '73 hours')).toMatchObject({ state: 'dead' });
    expect(await tasks.retryDead(id)).toMatchObject({ attempts: 0, outageSince: null });
    expect(await again(git)).toMatchObject({ state: 'pending', attempts: 0 });
    expect(await again()).toMatchObject({ state: 'done', lastError: null, outageSince: null });
  });

  it('takes none before it has started, nor once it stops', async () => {
    const unstarted = new TaskWorker({
      ...address(),
      queue: queueName(),
      handlers: [{ type: 'a.b', concurrency: 1, run: () => Promise.resolve() }],
    });
    const stopped = await worker(1, () => Promise.resolve());
    await stopped.close();
    const ids = await enqueued(1);
    expect([await unstarted.takeDue(), await stopped.takeDue(), await rowsOf(ids)]).toEqual([
      0,
      0,
      ['pending 0'],
    ]);
  });
});
