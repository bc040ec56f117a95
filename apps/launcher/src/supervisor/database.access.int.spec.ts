import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '@gatehouse/contracts';
import { createDataSource, ensureLogins, NotifyHub, planeRoles, type Logins } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { taskHandler, TaskRelay, Tasks, TaskWorker } from '@gatehouse/tasks';
import { prepareDatabase, type DatabaseAccess } from './database.access.js';

describe('the database of a plane', () => {
  const prefix = `a${randomBytes(4).toString('hex')}`;
  const names = (make: (role: string) => string): Logins => ({
    api: make('api'),
    engine: make('engine'),
    promoter: make('promoter'),
  });
  const logins = names((role) => `${prefix}_${role}`);
  let database: TestDatabase;
  let access: DatabaseAccess;

  beforeAll(async () => {
    database = await createTestDatabase();
    await ensureLogins(database.dataSource, logins, logins);
    const urlOf = (role: string): string => {
      const url = new URL(database.url);
      url.username = url.password = `${prefix}_${role}`;
      return url.href;
    };
    const read = readSettings({
      DATABASE_URL: database.url,
      GATEHOUSE_DATABASE_URL_API: urlOf('api'),
      GATEHOUSE_DATABASE_URL_ENGINE: urlOf('engine'),
      GATEHOUSE_DATABASE_URL_PROMOTER: urlOf('promoter'),
    });
    if (!read.ok) throw new Error(read.faults.join());
    access = await prepareDatabase(database.url, read.settings, () => undefined);
  });
  afterAll(async () => {
    for (const role of planeRoles) await database.dataSource.query(`drop owned by ${logins[role]}`);
    for (const role of planeRoles) await database.dataSource.query(`drop role ${logins[role]}`);
    await database.drop();
  });

  it('gives each process its own login', () => {
    expect(access.logins).toEqual(logins);
  });

  it('lets a task go from the login of one process to that of another', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const [api, engine] = await Promise.all(
      (['api', 'engine'] as const).map((role) =>
        createDataSource({ url: access.urls[role], applicationName: 'test' }),
      ),
    );
    const hubs = [access.urls.api, access.urls.engine].map(
      (url) => new NotifyHub({ url, applicationName: 'test', onError }),
    );
    const address = { database: engine!, databaseUrl: access.urls.engine, onError };
    let ran!: (id: string) => void;
    const done = new Promise<string>((resolve) => (ran = resolve));
    const worker = new TaskWorker({
      ...address,
      queue: 'engine',
      handlers: [
        taskHandler({
          type: 'session.settle',
          concurrency: 1,
          run: async ({ sessionId }) => ran(sessionId),
        }),
      ],
      onFailure: ({ error }) => errors.push(error),
    });
    const relay = new TaskRelay({ ...address, hub: hubs[1]!, queues: ['engine'] });
    try {
      await worker.start();
      relay.start();
      const sessionId = `ses_${'0'.repeat(25)}1`;
      await api!.transaction((manager) =>
        new Tasks(api!, hubs[0]!).enqueue(manager, { type: 'session.settle', payload: { sessionId } }),
      );
      expect(await done).toBe(sessionId);
      expect(errors).toEqual([]);
    } finally {
      await Promise.all([worker.close({ graceMs: 1_000 }), relay.close()]);
      await Promise.all([...hubs.map((hub) => hub.close()), api!.destroy(), engine!.destroy()]);
    }
  });
});
