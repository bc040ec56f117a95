import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { barrierTo, give, mayUse, type Account } from './account.js';
import type { PostgresBinaries } from './binaries.js';

/** Binaries that are ready to run, and the library path that they need. */
export interface Installation {
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const linkLibraries = async (packageRoot: string, native: string, into: string): Promise<void> => {
  const links = JSON.parse(
    await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8'),
  ) as LibraryLink[];
  for (const { source, target } of links) {
    const file = join(native, relative('native', source));
    await symlink(file, join(into, basename(target))).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

/** Whether the dropped account can run the package where npm put it: not below a 0700 home, for one. */
const isRunnable = async (account: Account | undefined, packageRoot: string): Promise<boolean> => {
  if (account === undefined) return true;
  const native = join(packageRoot, 'native');
  for (const folder of ['bin', 'lib', 'share'])
    if (await barrierTo(account, join(native, folder))) return false;
  const executable = await stat(join(native, 'bin', 'postgres'));
  return mayUse(account, executable, 1) && mayUse(account, executable, 4);
};

/** Makes `folder` appear whole or not at all, whoever else tries at the same time. */
const once = async (
  folder: string,
  account: Account | undefined,
  fill: (draft: string) => Promise<void>,
): Promise<void> => {
  if (await exists(folder)) return;
  const draft = `${folder}.${randomBytes(4).toString('hex')}.part`;
  await mkdir(draft, { recursive: true });
  await fill(draft);
  // Under a strict umask even the copies are private to root.
  for (const path of [draft, ...(await readdir(draft, { recursive: true })).map((name) => join(draft, name))])
    await give(path, account);
  await rename(draft, folder).catch(async (error: NodeJS.ErrnoException) => {
    await rm(draft, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
};

/**
 * Makes binaries runnable by `account`. The npm package comes without its library links (they are made by an
 * install script, and none is run here), so they are made below `home`; where the account cannot reach
 * node_modules, the binaries (58 MB) are copied there once.
 */
export const install = async (
  binaries: PostgresBinaries,
  home: string,
  account: Account | undefined,
): Promise<Installation> => {
  const { packageRoot } = binaries;
  if (packageRoot === undefined) return { bin: binaries.bin, env: {} };
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  if (await isRunnable(account, packageRoot)) {
    const native = join(packageRoot, 'native');
    // Named after where they point, since a clone may move.
    const place = createHash('sha256').update(native).digest('hex').slice(0, 12);
    const links = join(home, `links-${version}-${place}`);
    await once(links, account, (draft) => linkLibraries(packageRoot, native, draft));
    return { bin: binaries.bin, env: { [variable]: `${links}:${join(native, 'lib')}` } };
  }
  const copy = join(home, `binaries-${version}`);
  await once(copy, account, async (draft) => {
    for (const folder of ['bin', 'lib', 'share'])
      await cp(join(packageRoot, 'native', folder), join(draft, folder), { recursive: true });
    await linkLibraries(packageRoot, copy, join(draft, 'lib'));
  });
  return { bin: join(copy, 'bin'), env: { [variable]: join(copy, 'lib') } };
};
