import { GatehouseError } from '@gatehouse/contracts';
import { generateSigningKey, signingKeyFromPem, signingKeyToPem, type SigningKey } from '@gatehouse/proof';
import { randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';

/**
 * The installation's Ed25519 key that signs checkpoints and tombstones. Made on first use, mode 0600; of several
 * processes that start at once, one makes it and all read that one.
 */
export const openSigningKey = async (path: string): Promise<SigningKey> => {
  const found = await readKey(path);
  if (found !== undefined) return found;
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(signingKeyToPem(generateSigningKey()));
    await file.sync();
  } finally {
    await file.close();
  }
  // A hard link fails where the name is taken, which a rename would not.
  await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(fresh);
  return (await readKey(path))!;
};

const readKey = async (path: string): Promise<SigningKey | undefined> => {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      throw new GatehouseError(
        'internal.unexpected',
        `The signing key ${path} can be read by others. Run: chmod 600 '${path}'`,
      );
    return signingKeyFromPem(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
