import { randomBytes } from 'node:crypto';
import { GatehouseError, taskQueues, type Settings } from '@gatehouse/contracts';
import {
  checkDurability,
  createDataSource,
  embeddedLogins,
  ensureLogins,
  grantRights,
  planeRoles,
  runMigrations,
  type Logins,
  type PlaneRole,
} from '@gatehouse/database';
import { prepareQueue } from '@gatehouse/tasks';

/** The address of the database for each process, with its own login where there are any. */
export interface DatabaseAccess {
  readonly urls: Readonly<Record<PlaneRole, string>>;
  /** Names of the logins; null where all processes share the one that owns the schema. */
  readonly logins: Logins | null;
}

const each = (make: (role: PlaneRole) => string): Logins => ({
  api: make('api'),
  engine: make('engine'),
  promoter: make('promoter'),
});

/**
 * The addresses that were given for each process; undefined where none was. Throws `request.invalid` where some are
 * missing.
 */
export const givenUrls = (settings: Settings): Logins | undefined => {
  const given: Record<PlaneRole, string | undefined> = {
    api: settings.GATEHOUSE_DATABASE_URL_API,
    engine: settings.GATEHOUSE_DATABASE_URL_ENGINE,
    promoter: settings.GATEHOUSE_DATABASE_URL_PROMOTER,
  };
  const named = planeRoles.filter((role) => given[role] !== undefined);
  if (named.length === 0) return undefined;
  if (named.length < planeRoles.length || settings.DATABASE_URL === undefined)
    throw new GatehouseError(
      'request.invalid',
      'Give GATEHOUSE_DATABASE_URL_API, _ENGINE and _PROMOTER together, and with them DATABASE_URL for the owner of the schema, or none of the three.',
    );
  return each((role) => given[role] ?? '');
};

const withLogin = (url: string, user: string, password: string): string => {
  const own = new URL(url);
  own.username = user;
  own.password = password;
  return own.href;
};

/** The queues that live in this database. */
const queues = ({ REDIS_URL }: Settings): string[] =>
  REDIS_URL === undefined ? [...new Set(Object.values(taskQueues))] : [];

const loginOf = (url: string): string => decodeURIComponent(new URL(url).username);

/**
 * Brings schema and queue up to date as their owner, and then gives each process its own login: in the embedded
 * database a fresh password at every start, in a database of the user's the logins that the settings name.
 */
export const prepareDatabase = async (
  ownerUrl: string,
  settings: Settings,
  onMigrated: (names: readonly string[]) => void,
): Promise<DatabaseAccess> => {
  const given = givenUrls(settings);
  const owner = await createDataSource({
    url: ownerUrl,
    applicationName: 'gatehouse-migrate',
    poolSize: 2,
  });
  try {
    await checkDurability(owner);
    const ran = await runMigrations(owner);
    if (ran.length > 0) onMigrated(ran);
    if (settings.DATABASE_URL === undefined) {
      await prepareQueue({ database: owner, redisUrl: settings.REDIS_URL });
      const passwords = each(() => randomBytes(24).toString('base64url'));
      await ensureLogins(owner, embeddedLogins, passwords);
      await grantRights(owner, embeddedLogins, queues(settings));
      const urls = each((role) => withLogin(ownerUrl, embeddedLogins[role], passwords[role]));
      return { urls, logins: embeddedLogins };
    }
    if (given === undefined) return { urls: each(() => ownerUrl), logins: null };
    await prepareQueue({ database: owner, redisUrl: settings.REDIS_URL });
    const logins = each((role) => loginOf(given[role]));
    await grantRights(owner, logins, queues(settings));
    return { urls: given, logins };
  } finally {
    await owner.destroy();
  }
};
