import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DoctorReport, readSettings } from '@gatehouse/contracts';
import { createTestDatabase } from '@gatehouse/database/testing';
import { connectionOf, fail, openOnce, pass, runCheck, type Check, type Database } from './check.js';
import { clock } from './checks/clock.check.js';
import { database } from './checks/database.check.js';
import { durability } from './checks/durability.check.js';
import { migrations } from './checks/migrations.check.js';
import { redis } from './checks/redis.check.js';
import { spawner } from './checks/spawner.check.js';

const look = async (env: Record<string, string>, ...checks: Check[]) => {
  const read = readSettings(env);
  if (!read.ok) throw new Error(read.faults.join('; '));
  const opened: Database[] = [];
  const context = {
    settings: read.settings,
    data: '/nowhere/at/all',
    database: openOnce(async () => {
      const url = read.settings.DATABASE_URL;
      if (url === undefined) return { missing: 'it does not run', isStopped: true };
      const found = await connectionOf(url);
      if (!('missing' in found)) opened.push(found);
      return found;
    }),
  };
  try {
    return await Promise.all(checks.map((check) => runCheck(check, context)));
  } finally {
    await Promise.all(opened.map((one) => one.destroy()));
  }
};

describe('checks on real things', () => {
  const servers: Server[] = [];
  const listen = (onLine: (line: string) => string): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((socket) =>
        socket.on('data', (chunk) => socket.write(onLine(chunk.toString()))),
      );
      servers.push(server);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  it('pass on a migrated, durable database', async () => {
    const test = await createTestDatabase();
    try {
      const results = await look({ DATABASE_URL: test.url }, database, migrations, durability, clock);
      expect(results.map(({ id, status }) => [id, status])).toEqual([
        ['database', 'PASS'],
        ['migrations', 'PASS'],
        ['durability', 'PASS'],
        ['clock', 'PASS'],
      ]);
      expect(DoctorReport.safeParse({ ok: true, checks: results }).success).toBe(true);
    } finally {
      await test.drop();
    }
  });

  it('fail with a fix on one that is unsafe and not migrated', async () => {
    const test = await createTestDatabase({ empty: true });
    try {
      const name = new URL(test.url).pathname.slice(1);
      await test.dataSource.query(`alter database ${name} set synchronous_commit = off`);
      const [schema, safety] = await look({ DATABASE_URL: test.url }, migrations, durability);
      expect(schema).toMatchObject({ status: 'FAIL', fix: 'make stop start' });
      expect(safety).toMatchObject({
        status: 'FAIL',
        fix: expect.stringContaining('synchronous_commit = on'),
      });
    } finally {
      await test.drop();
    }
  });

  it('fail on a database that does not answer, and only warn of an embedded one that is not started', async () => {
    const [away] = await look({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' }, database);
    expect(away).toMatchObject({ status: 'FAIL' });
    expect(away?.detail).not.toContain('hunter2');
    const [stopped] = await look({}, database);
    expect(stopped).toMatchObject({ status: 'WARN', fix: 'make start' });
  });

  it('ask Redis in its own words, password included', async () => {
    const good = await listen((line) =>
      line.includes('AUTH') && line.includes('p w') ? '+OK\r\n+PONG\r\n' : '-NOAUTH\r\n',
    );
    const [ok] = await look({ REDIS_URL: `redis://:p%20w@127.0.0.1:${good}` }, redis);
    expect(ok).toMatchObject({ status: 'PASS' });
    const [refused] = await look({ REDIS_URL: `redis://127.0.0.1:${good}` }, redis);
    expect(refused).toMatchObject({ status: 'FAIL', detail: expect.stringContaining('NOAUTH') });
    const [away] = await look({ REDIS_URL: 'redis://127.0.0.1:1' }, redis);
    expect(away).toMatchObject({ status: 'FAIL', detail: expect.stringContaining('ECONNREFUSED') });
  });

  it('run a command through the spawner', async () => {
    const [spawning] = await look({}, spawner);
    expect(spawning).toMatchObject({ status: 'PASS' });
  });

  it('that break are a FAIL, not a crash', async () => {
    const broken: Check = { id: 'broken', title: 'Broken', run: () => Promise.reject(new Error('planted')) };
    const fine: Check = { id: 'fine', title: 'Fine', run: async () => pass('yes') };
    const bad: Check = { id: 'bad', title: 'Bad', run: async () => fail('no', 'do it') };
    expect(await look({}, broken, fine, bad)).toEqual([
      { id: 'broken', title: 'Broken', status: 'FAIL', detail: 'the check itself broke: planted', fix: null },
      { id: 'fine', title: 'Fine', status: 'PASS', detail: 'yes', fix: null },
      { id: 'bad', title: 'Bad', status: 'FAIL', detail: 'no', fix: 'do it' },
    ]);
  });
});
