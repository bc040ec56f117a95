import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { GatehouseError, readSettings, settings as known, type Settings } from '@gatehouse/contracts';
import { parseSettingsFile } from './settings.file.js';

/** Everything the launcher knows before anything runs: where things lie and what was asked for. */
export interface Installation {
  /** Root of the clone. */
  readonly clone: string;
  /** Folder of the apps; each has its entry at `<app>/dist/main.js`. */
  readonly apps: string;
  readonly data: string;
  readonly settings: Settings;
  /** Settings as text, from the environment or the settings file; what was not said is absent. */
  readonly given: Readonly<Record<string, string>>;
  readonly paths: Paths;
}

export interface Paths {
  readonly settingsFile: string;
  readonly ports: string;
  readonly logs: string;
  readonly credentials: string;
  readonly adminToken: string;
  readonly lock: string;
  readonly status: string;
}

export const pathsIn = (data: string): Paths => ({
  settingsFile: join(data, 'settings.env'),
  ports: join(data, 'ports.json'),
  logs: join(data, 'logs'),
  credentials: join(data, 'credentials'),
  adminToken: join(data, 'credentials', 'admin.token'),
  lock: join(data, 'supervisor.pid'),
  status: join(data, 'status.json'),
});

/** The default data folder of a clone: one installation for each, wherever it lies. */
export const defaultData = (clone: string, isRoot: boolean, home: string): string => {
  const hash = createHash('sha256').update(clone).digest('hex').slice(0, 12);
  return isRoot ? join('/var/lib/gatehouse', hash) : join(home, '.local', 'share', 'gatehouse', hash);
};

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new GatehouseError(
      'request.invalid',
      `${path} cannot be read: ${String(error)}. Check its owner and mode.`,
    );
  }
};

/**
 * Reads where this installation lies and how it is set up. The environment wins over the settings file. Throws
 * `request.invalid` that lists every fault at once.
 */
export const readInstallation = (
  env: Readonly<Record<string, string | undefined>> = process.env,
): Installation => {
  const clone = realpathSync(resolve(import.meta.dirname, '..', '..', '..'));
  const isRoot = process.getuid?.() === 0;
  const data = resolve(env['GATEHOUSE_DATA_DIR'] || defaultData(clone, isRoot, homedir()));
  const paths = pathsIn(data);
  const file = parseSettingsFile(readIfThere(paths.settingsFile));
  if (!file.ok)
    throw new GatehouseError('request.invalid', `${paths.settingsFile}: ${file.faults.join('; ')}.`);
  const given: Record<string, string> = {};
  for (const name of Object.keys(known)) {
    const value = env[name] || file.values[name];
    if (value) given[name] = value;
  }
  const read = readSettings(given);
  if (!read.ok)
    throw new GatehouseError('request.invalid', `These settings are not valid: ${read.faults.join('; ')}.`);
  const apps = env['GATEHOUSE_APPS_DIR'] || join(clone, 'apps');
  return { clone, apps, data, settings: read.settings, given, paths };
};

/** Makes the folders of an installation; private, except that root's parent folder may be walked through. */
export const prepareData = ({ data, paths }: Installation): void => {
  // Postgres runs as another account when we are root, and has to reach its folder below.
  if (process.getuid?.() === 0) mkdirSync(dirname(data), { recursive: true, mode: 0o711 });
  for (const folder of [data, paths.logs, paths.credentials])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
};
