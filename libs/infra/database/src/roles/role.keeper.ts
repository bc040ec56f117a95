import { GatehouseError } from '@gatehouse/contracts';
import type { DataSource } from 'typeorm';
import { translate } from '../failure.js';
import { grantStatements, queueStatements } from './grants.js';
import { planeRoles, type PlaneRole } from './plane.role.js';
import { scramVerifier } from './scram.js';

type Query = (sql: string, parameters?: unknown[]) => Promise<unknown>;

/** Names of logins by process. */
export type Logins = Readonly<Record<PlaneRole, string>>;

/** A login for each process in the database of an installation. */
export const embeddedLogins: Logins = {
  api: 'gatehouse_api',
  engine: 'gatehouse_engine',
  promoter: 'gatehouse_promoter',
};

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const inOneTransaction = async (owner: DataSource, work: (query: Query) => Promise<void>): Promise<void> => {
  try {
    await owner.transaction((manager) => work((sql, parameters) => manager.query(sql, parameters)));
  } catch (error) {
    throw translate(error);
  }
};

/**
 * Makes the logins where they are missing and gives each this password. `owner` must be allowed to make roles; the
 * password itself reaches neither a statement nor a log.
 */
export const ensureLogins = (owner: DataSource, logins: Logins, passwords: Logins): Promise<void> =>
  inOneTransaction(owner, async (query) => {
    const [{ database }] = (await query('select current_database() as database')) as [{ database: string }];
    for (const role of planeRoles) {
      const login = quoted(logins[role]);
      const known = (await query('select 1 from pg_roles where rolname = $1', [logins[role]])) as unknown[];
      if (known.length === 0) await query(`create role ${login}`);
      await query(
        `alter role ${login} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls ` +
          `password '${scramVerifier(passwords[role])}'`,
      );
      // Temporary tables, because BullMQ adds jobs through one.
      await query(`grant connect, temporary on database ${quoted(database)} to ${login}`);
    }
    await query(`revoke all on database ${quoted(database)} from public`);
  });

/** BullMQ makes a sequence for every queue when it is first used, which only the owner of its schema may do. */
const nameQueue = `select bullmq.next_job_id($1) where to_regclass('bullmq.' || bullmq.job_id_seq_name($1)) is null`;

/**
 * Gives every login exactly the rights of its process. Run it after the migrations, as the owner of the schema.
 * Throws `internal.unexpected` where one login is shared or is the owner: then there is no boundary to draw.
 */
export const grantRights = (
  owner: DataSource,
  logins: Logins,
  queues: readonly string[] = [],
): Promise<void> =>
  inOneTransaction(owner, async (query) => {
    const [{ self }] = (await query('select current_user as self')) as [{ self: string }];
    const names = planeRoles.map((role) => logins[role]);
    if (new Set([self, ...names]).size <= names.length)
      throw new GatehouseError(
        'internal.unexpected',
        `${names.join(', ')} must be three logins, and none of them ${self}, who owns the schema.`,
      );
    const tables = (await query(
      `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
    )) as { name: string }[];
    const [{ queue }] = (await query(`select to_regnamespace('bullmq') is not null as queue`)) as [
      { queue: boolean },
    ];
    await query('revoke create on schema public from public');
    if (queue) for (const name of queues) await query(nameQueue, [name]);
    for (const role of planeRoles) {
      const login = quoted(logins[role]);
      for (const sql of grantStatements(
        role,
        login,
        tables.map(({ name }) => name),
      ))
        await query(sql);
      if (queue) for (const sql of queueStatements(login)) await query(sql);
    }
  });
