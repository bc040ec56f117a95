import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { GatehouseError } from '@gatehouse/contracts';
import { hashObject } from './tree/tree.format.js';

export interface NewObject {
  readonly type: 'blob' | 'tree' | 'commit';
  readonly content: Uint8Array;
}

const atOnce = 8;
const compress = promisify(deflate);

/**
 * Stores an object in a repository that is ours alone and answers its id: a file with a name that its bytes give it, as
 * git would write it. It costs no process.
 *
 * @param level of compression
 * @throws GatehouseError `storage.full`
 */
export const writeObject = async (
  gitDir: string,
  { type, content }: NewObject,
  level = 1,
): Promise<string> => {
  const oid = hashObject(type, content);
  const folder = join(gitDir, 'objects', oid.slice(0, 2));
  const head = Buffer.from(`${type} ${content.length}\0`);
  const bytes = await compress(Buffer.concat([head, content]), { level });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Whoever reads meanwhile sees all of it or nothing.
    const draft = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
    await writeFile(draft, bytes, { mode: 0o444, flag: 'wx' });
    await rename(draft, join(folder, oid.slice(2)));
  } catch (error) {
    const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!full) throw error;
    throw new GatehouseError('storage.full', 'There is no space left for objects; free some and try again.', {
      cause: error,
    });
  }
  return oid;
};

/** Several, a few at a time. */
export const writeObjects = async (gitDir: string, objects: readonly NewObject[]): Promise<void> => {
  for (let i = 0; i < objects.length; i += atOnce)
    await Promise.all(objects.slice(i, i + atOnce).map((object) => writeObject(gitDir, object)));
};
