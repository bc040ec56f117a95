import { lchown, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';

/** The operating system account that Postgres runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Accounts of a passwd file. */
export const parsePasswd = (text: string): Account[] =>
  text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });

/**
 * Postgres refuses to run as root: the account to drop to is `postgres` where there is one, else `nobody`.
 * Undefined when this process is not root, and Postgres runs as we do.
 */
export const accountToDropTo = async (): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const account = ['postgres', 'nobody'].flatMap((name) =>
    accounts.filter((entry) => entry.name === name),
  )[0];
  if (account === undefined)
    throw new GatehouseError(
      'database.unavailable',
      'Postgres does not run as root, and there is no user `postgres` or `nobody` to run it as. ' +
        'Create one (useradd --system postgres), start as another user, or set DATABASE_URL.',
    );
  return account;
};

/** May `account` use the permission `bit` (4 read, 1 execute or enter) of a file with this owner and mode? */
export const mayUse = (
  account: Account,
  file: { readonly uid: number; readonly gid: number; readonly mode: number },
  bit: 1 | 4,
): boolean => {
  const shift = file.uid === account.uid ? 6 : file.gid === account.gid ? 3 : 0;
  return ((file.mode >> shift) & bit) === bit;
};

/** The first folder on the way to `path` that `account` may not enter; undefined when it gets there. */
export const barrierTo = async (account: Account, path: string): Promise<string | undefined> => {
  const folders: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of folders) if (!mayUse(account, await stat(folder), 1)) return folder;
  return undefined;
};

/** Hands a file or folder to `account`; does nothing where Postgres runs as we do. */
export const give = async (path: string, account: Account | undefined): Promise<void> => {
  if (account !== undefined) await lchown(path, account.uid, account.gid);
};
