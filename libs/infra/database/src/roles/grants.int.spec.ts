import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../data-source.js';
import { NotifyHub } from '../notify-hub.js';
import { requireSchema } from '../schema.js';
import { createTestDatabase, type TestDatabase } from '../testing/index.js';
import { grants } from './grants.js';
import { planeRoles, type PlaneRole } from './plane.role.js';
import { ensureLogins, grantRights, type Logins } from './role.keeper.js';

const each = (make: (role: PlaneRole) => string): Logins => ({
  api: make('api'),
  engine: make('engine'),
  promoter: make('promoter'),
});

describe('the logins of the processes', () => {
  // Roles belong to the whole server, and other specs run beside this one.
  const prefix = `t${randomBytes(4).toString('hex')}`;
  const logins = each((role) => `${prefix}_${role}`);
  const passwords = each((role) => `p-${role}-${prefix}`);
  const open: DataSource[] = [];
  let database: TestDatabase;

  const urlOf = (role: PlaneRole, password = passwords[role]): string => {
    const url = new URL(database.url);
    url.username = logins[role];
    url.password = password;
    return url.href;
  };
  const as = async (role: PlaneRole): Promise<DataSource> => {
    const source = await createDataSource({ url: urlOf(role), applicationName: `test ${role}`, poolSize: 1 });
    open.push(source);
    return source;
  };
  const refusal = (role: PlaneRole, sql: string) =>
    as(role)
      .then((source) => source.query(sql))
      .then(
        () => 'allowed',
        (error: Error) => error.message,
      );

  beforeAll(async () => {
    database = await createTestDatabase();
    await ensureLogins(database.dataSource, logins, passwords);
    await grantRights(database.dataSource, logins);
  });
  afterAll(async () => {
    for (const source of open) await source.destroy();
    for (const role of planeRoles) {
      await database.dataSource.query(`drop owned by ${logins[role]}`);
      await database.dataSource.query(`drop role ${logins[role]}`);
    }
    await database.drop();
  });

  it('have a row for every table, and only for tables', async () => {
    const rows = (await database.dataSource.query(
      `select tablename from pg_tables where schemaname = 'public'`,
    )) as { tablename: string }[];
    expect(Object.keys(grants).sort()).toEqual(rows.map(({ tablename }) => tablename).sort());
  });

  it('open only by their own password, which a second call replaces', async () => {
    await expect(
      createDataSource({ url: urlOf('promoter', passwords.api), applicationName: 'x' }),
    ).rejects.toMatchObject({
      code: 'database.unavailable',
    });
    const fresh = each((role) => `fresh-${role}`);
    await ensureLogins(database.dataSource, logins, fresh);
    await expect(createDataSource({ url: urlOf('api'), applicationName: 'x' })).rejects.toThrow();
    await ensureLogins(database.dataSource, logins, passwords);
    expect(await refusal('api', 'select 1')).toBe('allowed');
  });

  it.each(planeRoles)('%s sees that the schema is right, and is woken', async (role) => {
    await expect(requireSchema(await as(role))).resolves.toBeUndefined();
    const hub = new NotifyHub({ url: urlOf(role), applicationName: 'test' });
    const woken = new Promise<string>((resolve) =>
      hub.subscribe('roles_test', ({ reason, payload }) => reason === 'notified' && resolve(payload), {
        pollMs: 0,
      }),
    );
    await hub.start();
    hub.notify('roles_test', 'hello');
    expect(await woken).toBe('hello');
    await hub.close();
  });

  it.each(planeRoles)('%s changes neither the schema nor an event', async (role) => {
    for (const sql of [
      `update ledger_events set type = 'x'`,
      'delete from ledger_events',
      'truncate ledger_events',
      'delete from ledger_streams',
      'drop table ledger_events',
      'alter table ledger_events disable trigger all',
      'create table mine (id int)',
      'create schema mine',
      `insert into migrations ("timestamp", name) values (1, 'x')`,
      'create role mine',
      `select pg_read_file('/etc/passwd')`,
    ])
      expect([sql, await refusal(role, sql)]).toEqual([
        sql,
        expect.stringMatching(/permission denied|must be owner/),
      ]);
  });

  it.each<[string, PlaneRole[]]>([
    [`update promotions set branch = 'x' where false`, ['promoter']],
    [`update promotions set commit = 'x' where false`, ['promoter']],
    [`update promotions set published_tree = 'x' where false`, ['promoter']],
    [`update promotions set state = state where false`, ['api', 'engine', 'promoter']],
    ['delete from promotions where false', []],
    [`insert into promotions (id, state) select 'x', 'pending' where false`, ['engine']],
    [`insert into promotions (branch) select 'x' where false`, []],
    [`insert into promotions (commit) select 'x' where false`, []],
    [`insert into promotions (published_tree) select 'x' where false`, []],
    [`insert into promotions (lane_generation) select 1 where false`, []],
    ['update lanes set generation = 1 where false', ['promoter']],
    [`insert into promotion_log_entries (entry) select 'x' where false`, ['promoter']],
    [`update promotion_log_entries set entry = 'x' where false`, []],
    ['delete from promotion_log_entries where false', []],
    [`update promotion_logs set exported_seq = 0 where false`, ['promoter']],
    ['update sessions set state = state where false', ['api', 'engine']],
    ['select 1 from sessions for update', ['api', 'engine', 'promoter']],
    ['select secret_sha256 from tokens', ['api']],
    ['select id, revoked_at from tokens', ['api', 'engine']],
    ['select answer from idempotency_keys', ['api']],
    [`update policies set active = false where false`, ['api']],
    [`update principals set disabled = false where false`, ['api']],
    [`insert into approvals select * from approvals where false`, ['api']],
    [`update approvals set reason = reason where false`, ['api']],
    [`insert into forge_identities select * from forge_identities where false`, ['api']],
    [`update repositories set source = 'x', mirror_error = 'x' where false`, ['api', 'engine']],
    [`update repositories set mode = 'live' where false`, ['api']],
    [`update forge_identities set principal_id = 'x' where false`, ['api']],
    [`insert into trigger_firings select * from trigger_firings where false`, ['api']],
    [`insert into webhook_deliveries select * from webhook_deliveries where false`, ['api']],
    [`insert into triggers select * from triggers where false`, ['api']],
    [`insert into principals select * from principals where false`, ['api']],
    [`insert into verdicts select * from verdicts where false`, ['engine']],
    [`insert into candidates select * from candidates where false`, ['engine']],
    ['delete from schedule_runs where false', ['engine']],
    ['delete from tasks where false', ['api', 'engine', 'promoter']],
  ])('%s is for %j', async (sql, allowed) => {
    for (const role of planeRoles) {
      const answer = await refusal(role, sql);
      expect([role, answer]).toEqual([
        role,
        allowed.includes(role) ? 'allowed' : expect.stringContaining('permission denied'),
      ]);
    }
  });

  it('let the promoter alone say that something was published, and nobody take it back', async () => {
    const insert = (id: string, state: string): string =>
      `insert into promotions (id, candidate_id, session_id, verdict_id, repository_id, target, requested_level,
         level, state, quorum, binding_digest)
       values ('${id}', 'c', '${id}', 'v', 'r', 'main', 'branch', 'branch', '${state}', 0, 'b')`;
    const move = (set: string): string => `update promotions set ${set} where id = 'here'`;
    await database.dataSource.transaction(async (manager) => {
      // What it is about does not matter here.
      await manager.query('set local session_replication_role = replica');
      await manager.query(insert('here', 'running'));
    });
    expect(await refusal('engine', insert('there', 'succeeded'))).toMatch(/promotions_published/);
    expect(await refusal('engine', insert('there', 'pending'))).toMatch(/foreign key/);
    for (const role of ['api', 'engine'] as const)
      expect(await refusal(role, move(`state = 'succeeded'`))).toMatch(/promotions_published/);
    expect(await refusal('promoter', move(`state = 'succeeded', published_tree = 't'`))).toBe('allowed');
    for (const role of planeRoles)
      expect(await refusal(role, move(`state = 'failed'`))).toMatch(/promotions_published/);
  });

  it('take back what was given by hand', async () => {
    await database.dataSource.query(`grant update on verdicts to ${logins.api}`);
    expect(await refusal('api', 'update verdicts set cached = false where false')).toBe('allowed');
    await grantRights(database.dataSource, logins);
    expect(await refusal('api', 'update verdicts set cached = false where false')).toMatch(/permission/);
  });

  it('are refused as one and the same, or as the owner', async () => {
    await expect(
      grantRights(
        database.dataSource,
        each(() => logins.api),
      ),
    ).rejects.toThrow(/three logins/);
    const owner = new URL(database.url).username;
    await expect(grantRights(database.dataSource, { ...logins, api: owner })).rejects.toThrow(/owns/);
  });
});
