import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planeRoles, type PlaneRole } from '@gatehouse/database';
import { fail, pass, warn, type Answer } from '@gatehouse/health';
import { placesOf, type Place } from '../boundary/data.layout.js';
import type { Identities } from '../boundary/identities.js';
import { databaseUrlFile } from '../supervisor/secret.file.js';
import type { PlaneStatus } from '../supervisor/status.js';
import type { Check } from './check.js';

/** What the kernel says of a process. */
export interface SeenProcess {
  readonly name: PlaneRole;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
}

/** Numbers of a line of /proc/<pid>/status. */
export const idsOf = (status: string, field: string): number[] =>
  (new RegExp(`^${field}:(.*)$`, 'm').exec(status)?.[1] ?? '')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);

/** The first process that is not who it should be, in words. */
export const judgeUsers = (seen: readonly SeenProcess[], identities: Identities): string | undefined => {
  for (const { name, uids, gids, groups } of seen) {
    const { uid, gid } = identities[name];
    const odd = uids.find((id) => id !== uid) ?? gids.find((id) => id !== gid);
    if (odd !== undefined) return `${name} runs as ${odd}, not as ${uid}`;
    const more = groups.find((id) => id !== identities.planeGid && id !== gid);
    if (more !== undefined) return `${name} is in group ${more} too`;
  }
  return undefined;
};

export interface SeenLogin {
  readonly application: string;
  readonly login: string;
}

/** The first connection under somebody else's login, in words. */
export const judgeLogins = (
  seen: readonly SeenLogin[],
  logins: Readonly<Record<string, string>>,
): string | undefined => {
  for (const { application, login } of seen) {
    const name = /^gatehouse (\w+)/.exec(application)?.[1];
    if (name !== undefined && logins[name] !== undefined && logins[name] !== login)
      return `${name} is connected to the database as ${login}, not as ${logins[name]}`;
  }
  return undefined;
};

/** The first place that belongs to somebody else or is open to others; undefined where all are right. */
export const judgePlaces = (
  places: readonly Place[],
  look: (path: string) => { uid: number; gid: number; mode: number } | undefined,
): { readonly detail: string; readonly fix: string } | undefined => {
  for (const { path, uid, gid, mode } of places) {
    const found = look(path);
    if (found === undefined) continue;
    const octal = mode.toString(8);
    const fix = `chown ${uid}:${gid} ${path} && chmod ${octal} ${path}`;
    if (found.uid !== uid || found.gid !== gid)
      return { detail: `${path} belongs to ${found.uid}:${found.gid}, not to ${uid}:${gid}`, fix };
    if ((found.mode & 0o777 & ~mode) !== 0)
      return { detail: `${path} has mode ${(found.mode & 0o7777).toString(8)}, not ${octal}`, fix };
  }
  return undefined;
};

const lookAt = (path: string) => lstatSync(path, { throwIfNoEntry: false });

/** Files that one process alone may read. */
const secretsOf = (data: string, identities: Identities): Place[] => [
  ...planeRoles.map((role) => ({ path: databaseUrlFile(data, role), ...identities[role], mode: 0o600 })),
  ...planeRoles.map((role) => ({
    path: join(data, 'run', role, 'git.sock'),
    ...identities[role],
    mode: 0o600,
  })),
  ...['admin.token', 'worker-agent.token', 'worker-validator.token', 'tls.key'].map((name) => ({
    path: join(data, 'api', name),
    ...identities.api,
    mode: 0o600,
  })),
  ...['admin.token', 'worker-agent.token', 'worker-validator.token'].map((name) => ({
    path: join(data, 'credentials', name),
    uid: 0,
    gid: 0,
    mode: 0o600,
  })),
  {
    path: join(data, 'ledger', 'ledger-signing.pem'),
    uid: identities.engine.uid,
    gid: identities.planeGid,
    mode: 0o600,
  },
  {
    path: join(data, 'proof', 'proof-signing.pem'),
    uid: identities.promoter.uid,
    gid: identities.planeGid,
    mode: 0o600,
  },
  { path: join(data, 'postgres.password'), uid: 0, gid: 0, mode: 0o600 },
];

const seenProcesses = ({ processes }: PlaneStatus): SeenProcess[] =>
  processes.flatMap(({ name, process }) => {
    const role = planeRoles.find((one) => one === name);
    if (role === undefined || process === null) return [];
    try {
      const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
      const of = (field: string): number[] => idsOf(status, field);
      return [{ name: role, uids: of('Uid'), gids: of('Gid'), groups: of('Groups') }];
    } catch {
      // It is just being started again; the next look sees it.
      return [];
    }
  });

const describe = ({ api, engine, promoter }: Identities, behind: readonly string[]): string => {
  const view = behind.length > 0 ? `, which of ${behind.join(' and ')} see only what they need` : '';
  return `api is user ${api.uid}, engine ${engine.uid}, promoter ${promoter.uid}${view}; workers are root without a login`;
};

/** Looks at what runs, not at what was meant (I3). */
export const boundary: Check = {
  id: 'boundary',
  title: 'Boundary between processes',
  run: async (context): Promise<Answer> => {
    const { plane, installation } = context;
    if (plane === undefined || plane.boundary === null)
      return warn('Gatehouse does not run, so there is nothing to look at', 'make start');
    const { boundary: kind, logins } = plane;
    if (kind.kind === 'process')
      return warn(
        `the boundary between the processes is only the process: ${kind.reason}`,
        'see "The boundary between processes" in docs/operate.md',
      );
    const { identities, behind = [] } = kind;
    const wrongUser = judgeUsers(seenProcesses(plane), identities);
    if (wrongUser !== undefined) return fail(wrongUser, 'make stop start');
    const { data } = installation;
    const wrongPlace = judgePlaces([...placesOf(data, identities), ...secretsOf(data, identities)], lookAt);
    if (wrongPlace !== undefined) return fail(wrongPlace.detail, wrongPlace.fix);
    if (logins === null)
      return warn(
        `${describe(identities, behind)}; all share one login of the database of DATABASE_URL`,
        'set GATEHOUSE_DATABASE_URL_API, _ENGINE and _PROMOTER (docs/operate.md)',
      );
    const database = await context.database();
    if ('missing' in database)
      return warn(`the logins cannot be looked at: ${database.missing}`, 'make start');
    const seen = (await database.query(
      `select distinct application_name as application, usename as login from pg_stat_activity
         where datname = current_database() and application_name like 'gatehouse %'`,
    )) as SeenLogin[];
    const wrongLogin = judgeLogins(seen, logins);
    return wrongLogin === undefined
      ? pass(
          `${describe(identities, behind)}; logins ${[...new Set(seen.map(({ login }) => login))].sort().join(', ')}`,
        )
      : fail(wrongLogin, 'make stop start');
  },
};
