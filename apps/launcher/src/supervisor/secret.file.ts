import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PlaneRole } from '@gatehouse/database';

/** The folder in which one process finds what the supervisor made for it alone. */
export const runFolder = (data: string, role: PlaneRole): string => join(data, 'run', role);

/** Where one process finds the address of the database, password and all. */
export const databaseUrlFile = (data: string, role: PlaneRole): string =>
  join(runFolder(data, role), 'database.url');

/** Writes a file that only `owner` (ourselves where left out) can read. It appears whole or not at all. */
export const writeSecret = (path: string, text: string, owner?: { uid: number; gid: number }): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    if (owner !== undefined) chownSync(draft, owner.uid, owner.gid);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
};
