import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, until, type TestDatabase } from '@gatehouse/database/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { QueueAddress } from './bullmq.connection.js';
import { TaskRelay } from './task-relay.js';
import { TaskWorker, type TaskContext, type TaskWorkerOptions } from './task-worker.js';
import { Tasks } from './tasks.js';

export interface QueueServer {
  readonly redisUrl?: string;
  /** Loses all that the queue knows. */
  wipe(database: TestDatabase): Promise<void>;
  stop(): Promise<void>;
}

type Run = (payload: Record<string, unknown>, context: TaskContext) => Promise<void>;
/** What a task queue owes, whatever it runs on. */
export const tasksContract = (name: string, startServer: () => Promise<QueueServer>): void => {
  describe(`tasks on ${name}`, () => {
    let database: TestDatabase;
    let server: QueueServer;
    let hub: NotifyHub;
    let tasks: Tasks;
    const open: { close(): Promise<void> }[] = [];
    const errors: unknown[] = [];
    let queue = 0;

    beforeAll(async () => {
      server = await startServer();
      database = await createTestDatabase({ poolSize: 10 });
      hub = new NotifyHub({ url: database.url, applicationName: 'test' });
      tasks = new Tasks(database.dataSource, hub);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((part) => part.close()));
      errors.length = 0;
      queue += 1;
    });
    afterAll(async () => {
      await hub?.close();
      await database?.drop();
      await server?.stop();
    });

    const address = (): QueueAddress => ({
      database: database.dataSource,
      databaseUrl: database.url,
      redisUrl: server.redisUrl,
      onError: (error) => errors.push(error),
    });
    const queueName = () => `q${queue}`;
    const relay = (options: { pollMs?: number; lostAfterMs?: number } = {}): TaskRelay => {
      const made = new TaskRelay({ ...address(), hub, queues: [queueName()], pollMs: 300, ...options });
      open.push(made);
      made.start();
      return made;
    };
    const worker = async (
      handlers: Record<string, Run>,
      { concurrency = 4, ...options }: Partial<TaskWorkerOptions> & { concurrency?: number } = {},
    ): Promise<TaskWorker> => {
      const made = new TaskWorker({
        ...address(),
        queue: queueName(),
        handlers: Object.entries(handlers).map(([type, run]) => ({ type, concurrency, run })),
        ...options,
      });
      open.push(made);
      await made.start();
      return made;
    };
    const enqueue = (
      type: string,
      payload: Record<string, unknown> = {},
      more: object = {},
    ): Promise<string> =>
      inTransaction(database.dataSource, (manager) =>
        tasks.enqueue<string>(manager, { type, payload, queue: queueName(), ...more }),
      );
    const state = async (id: string) => (await tasks.find(id)).state;

    it('runs what was committed, soon, and nothing that was rolled back', async () => {
      const ran: unknown[] = [];
      await worker({ 'a.b': async (payload) => void ran.push(payload) });
      // Far beyond what the test waits: only the hint of the commit can have told of it.
      relay({ pollMs: 3_600_000 });
      await sleep(300);
      const id = await enqueue('a.b', { text: 'x\u0000y', nested: [1] });
      await until(async () => (await state(id)) === 'done');
      await expect(
        inTransaction(database.dataSource, async (manager) => {
          await tasks.enqueue<string>(manager, { type: 'a.b', payload: {}, queue: queueName() });
          throw new GatehouseError('session.state_conflict', 'no');
        }),
      ).rejects.toThrow('no');
      await sleep(300);
      expect(ran).toEqual([{ text: 'x\u0000y', nested: [1] }]);
      expect(await tasks.find(id)).toMatchObject({ attempts: 1, lastError: null });
    });

    it('keeps to the time that was asked for', async () => {
      const at: number[] = [];
      await worker({ 'a.b': async () => void at.push(Date.now()) });
      relay({ pollMs: 3_600_000 });
      const due = Date.now() + 1_500;
      await enqueue('a.b', {}, { runAt: new Date(due) });
      await until(() => at.length === 1);
      expect(at[0]! - due).toBeGreaterThanOrEqual(-20);
    });

    it('makes one of two that wait under one key, and another while the first runs', async () => {
      const first = await enqueue('a.b', { n: 1 }, { dedupeKey: 'k' });
      expect(await enqueue('a.b', { n: 2 }, { dedupeKey: 'k' })).toBe(first);
      let finish: () => void = () => undefined;
      const ran: unknown[] = [];
      await worker({
        'a.b': async (payload) => {
          ran.push(payload['n']);
          if (ran.length === 1) await new Promise<void>((resolve) => (finish = resolve));
        },
      });
      relay();
      await until(() => ran.length === 1);
      const second = await enqueue('a.b', { n: 3 }, { dedupeKey: 'k' });
      expect(second).not.toBe(first);
      finish();
      await until(async () => (await state(second)) === 'done');
      expect(ran).toEqual([1, 3]);
    });

    it('retries an outage after a pause, and buries what cannot succeed', async () => {
      const failures: string[] = [];
      let tries = 0;
      await worker(
        {
          'a.outage': async () => {
            if (++tries < 3) throw new GatehouseError('database.unavailable', 'down');
          },
          'a.never': async () => {
            throw new Error('still down');
          },
          'a.bad': async () => {
            throw new GatehouseError('request.invalid', 'no such thing');
          },
        },
        { onFailure: ({ type, attempt, outcome }) => failures.push(`${type} ${attempt} ${outcome}`) },
      );
      relay();
      const [outage, never, bad] = await Promise.all([
        enqueue('a.outage'),
        enqueue('a.never', {}, { maxAttempts: 2 }),
        enqueue('a.bad'),
      ]);
      await until(async () => (await state(outage)) === 'done' && failures.length === 5);
      expect(await state(never)).toBe('dead');
      expect(await tasks.find(outage)).toMatchObject({ attempts: 3 });
      expect(await tasks.find(never)).toMatchObject({ attempts: 2, lastError: 'Error: still down' });
      expect(await tasks.find(bad)).toMatchObject({
        state: 'dead',
        attempts: 1,
        lastError: 'request.invalid: no such thing',
      });
      expect(failures.sort()).toEqual([
        'a.bad 1 dead',
        'a.never 1 retry',
        'a.never 2 dead',
        'a.outage 1 retry',
        'a.outage 2 retry',
      ]);
      await expect(tasks.retryDead(outage)).rejects.toMatchObject({ code: 'task.not_dead' });
      expect(await tasks.retryDead(bad)).toMatchObject({ state: 'pending', attempts: 0 });
      await until(async () => (await state(bad)) === 'dead');
      const listed = await tasks.list({ state: 'dead', type: 'a.bad', limit: 10 });
      expect(listed.items.map((task) => task.id)).toEqual([bad]);
    });

    it('commits effect and completion together', async () => {
      await database.dataSource.query('CREATE TABLE IF NOT EXISTS effects (id text)');
      let fail = true;
      await worker({
        'a.b': async (_, context) => {
          await inTransaction(database.dataSource, async (manager) => {
            await manager.query('INSERT INTO effects VALUES ($1)', [context.id]);
            await context.complete(manager);
            if (fail) {
              fail = false;
              throw new Error('before the commit');
            }
          });
        },
      });
      relay();
      const id = await enqueue('a.b');
      await until(async () => (await state(id)) === 'done');
      expect(await database.dataSource.query('SELECT count(*)::int AS n FROM effects')).toEqual([{ n: 1 }]);
      expect(await tasks.find(id)).toMatchObject({ attempts: 2 });
    });

    it('runs each of many once, on two workers and two relays, within its concurrency', async () => {
      const runs = new Map<string, number>();
      const now = [0, 0];
      const most = [0, 0];
      const handler =
        (at: 0 | 1): Run =>
        async (_, context) => {
          runs.set(context.id, (runs.get(context.id) ?? 0) + 1);
          most[at] = Math.max(most[at]!, ++now[at]!);
          await sleep(5);
          now[at]! -= 1;
        };
      await worker({ 'a.b': handler(0), 'a.c': async () => undefined }, { concurrency: 3 });
      await worker({ 'a.b': handler(1), 'a.c': async () => undefined }, { concurrency: 3 });
      relay();
      relay();
      const ids = await inTransaction(database.dataSource, async (manager) => {
        const made: string[] = [];
        for (let i = 0; i < 150; i++)
          made.push(
            await tasks.enqueue<string>(manager, {
              type: 'a.b',
              payload: { i },
              queue: queueName(),
            }),
          );
        return made;
      });
      await until(async () => (await Promise.all(ids.map(state))).every((each) => each === 'done'));
      expect([...runs.values()].filter((n) => n !== 1)).toEqual([]);
      expect(ids.filter((id) => !runs.has(id))).toEqual([]);
      expect(Math.max(...most)).toBeLessThanOrEqual(3);
    });

    it('takes over from a process that froze, and lets the frozen one change nothing', async () => {
      const signals: AbortSignal[] = [];
      let thaw: () => void = () => undefined;
      let late: unknown;
      await worker(
        {
          'a.b': async (_, context) => {
            signals.push(context.signal);
            if (signals.length > 1) return;
            await new Promise<void>((resolve) => (thaw = resolve));
            late = await inTransaction(database.dataSource, (m) => context.complete(m)).catch((e) => e);
          },
        },
        { claimTtlMs: 6_000 },
      );
      relay();
      const id = await enqueue('a.b');
      await until(() => signals.length === 1);
      await database.dataSource.query(
        `UPDATE tasks SET claimed_until = clock_timestamp() - interval '1 s' WHERE id = $1`,
        [id],
      );
      await until(async () => signals.length === 2 && (await state(id)) === 'done');
      await until(() => signals[0]!.aborted);
      thaw();
      await until(() => late !== undefined);
      expect(late).toMatchObject({ code: 'task.claim_lost' });
      expect(await tasks.find(id)).toMatchObject({ state: 'done', attempts: 2 });
    });

    it('loses nothing when the queue loses everything', async () => {
      const ids: string[] = [];
      const ran = new Set<string>();
      const feeding = relay({ lostAfterMs: 500 });
      for (let i = 0; i < 20; i++) ids.push(await enqueue('a.b'));
      await until(async () => (await Promise.all(ids.map(state))).every((s) => s === 'queued'));
      await server.wipe(database);
      await worker({ 'a.b': async (_, context) => void ran.add(context.id) });
      await feeding.wake();
      await until(() => ids.every((id) => ran.has(id)));
    });

    it('gives a task back when it shuts down, without counting the try', async () => {
      let started = 0;
      const stopping = await worker({
        'a.b': async (_, { signal }) => {
          started += 1;
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stop'))),
          );
        },
      });
      relay();
      const id = await enqueue('a.b');
      await until(() => started === 1);
      await stopping.close();
      await until(async () => ['pending', 'queued'].includes(await state(id)));
      expect(await tasks.find(id)).toMatchObject({ attempts: 0, lastError: null });
      await worker({ 'a.b': async () => void (started += 1) });
      await until(async () => (await state(id)) === 'done');
      expect(started).toBe(2);
    });
  });
};
