import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { NotifyHub, type Wake } from './notify-hub.js';
import { createTestDatabase, until, type TestDatabase } from './testing/index.js';

describe('NotifyHub on a real database', () => {
  let database: TestDatabase;
  const hubs: NotifyHub[] = [];
  const open = (): NotifyHub => {
    const hub = new NotifyHub({ url: database.url, applicationName: 'spec' });
    hubs.push(hub);
    return hub;
  };
  const notified = (wakes: Wake[]) =>
    wakes.filter(({ reason }) => reason === 'notified').map(({ payload }) => payload);

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => Promise.all(hubs.splice(0).map((hub) => hub.close())));
  afterAll(() => database.drop());

  it('wakes the subscribers of a channel in another process, and no others', async () => {
    const [here, there] = [open(), open()];
    const [tasks, events]: [Wake[], Wake[]] = [[], []];
    there.subscribe('tasks', (wake) => tasks.push(wake), { pollMs: 0 });
    there.subscribe('events', (wake) => events.push(wake), { pollMs: 0 });
    await there.start();
    here.notify('tasks', 'tsk_1');
    await until(() => notified(tasks).length > 0);
    expect(notified(tasks)).toEqual(['tsk_1']);
    expect(notified(events)).toEqual([]);
  });

  it('coalesces equal hints while a flush is under way', async () => {
    const hub = open();
    const wakes: Wake[] = [];
    hub.subscribe('tasks', (wake) => wakes.push(wake), { pollMs: 0 });
    await hub.start();
    for (let i = 0; i < 1_000; i += 1) hub.notify('tasks');
    hub.notify('tasks', 'last');
    await until(() => notified(wakes).includes('last'));
    expect(notified(wakes).length).toBeLessThanOrEqual(3);
  });

  it('lets patient hints share a flush, sends the first at once, and never keeps an urgent one waiting', async () => {
    const hub = open();
    const wakes: Wake[] = [];
    hub.subscribe('events', (wake) => wakes.push(wake), { pollMs: 0 });
    await hub.start();
    const patient = (payload: string) => hub.notify('events', payload, { withinMs: 60_000 });
    patient('first');
    await until(() => notified(wakes).includes('first'));
    patient('second');
    patient('third');
    await sleep(100);
    expect(notified(wakes)).toEqual(['first']);
    hub.notify('events', 'urgent');
    await until(() => notified(wakes).length === 4);
    expect(notified(wakes)).toEqual(['first', 'second', 'third', 'urgent']);
    hub.notify('events', 'soon', { withinMs: 20 });
    await until(() => notified(wakes).includes('soon'));
  });

  it('comes back by itself when its connection is cut, and says so to everyone', async () => {
    const [here, there] = [open(), open()];
    const wakes: Wake[] = [];
    there.subscribe('tasks', (wake) => wakes.push(wake), { pollMs: 0 });
    await there.start();
    await database.dataSource.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'spec-hints'`,
    );
    await until(() => wakes.filter(({ reason }) => reason === 'reconnected').length > 1);
    here.notify('tasks', 'after');
    await until(() => notified(wakes).includes('after'));
  });

  it('polls although nobody notifies, and stops when unsubscribed', async () => {
    const hub = open();
    const wakes: Wake[] = [];
    const end = hub.subscribe('quiet', (wake) => wakes.push(wake), { pollMs: 20 });
    await until(() => wakes.some(({ reason }) => reason === 'poll'));
    end();
    const seen = wakes.length;
    await sleep(80);
    expect(wakes.length).toBe(seen);
  });

  it('never throws where the database is away, and refuses what is no hint', async () => {
    const hub = new NotifyHub({ url: 'postgres://x:y@127.0.0.1:1/none', applicationName: 'spec' });
    hub.notify('tasks');
    await hub.start();
    expect(hub.connected).toBe(false);
    expect(() => hub.notify('Robert"; drop')).toThrow(/no channel name/);
    expect(() => hub.notify('tasks', 'x'.repeat(201))).toThrow(/an id/);
    await hub.close();
  });
});
