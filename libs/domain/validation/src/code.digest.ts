import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What decides an answer besides this room: matching paths, and reading trees and blobs. */
const rooms = ['@gatehouse/policy', '@gatehouse/git'];

const isCode = (name: string): boolean =>
  /\.[cm]?[jt]s$/.test(name) && !/\.(?:d|spec|fixture|sample)\.[cm]?[jt]s$/.test(name);

/** Digest of all code below these folders, whatever their place: names and bytes, in order. */
export const digestOfCode = (folders: readonly string[]): string => {
  const hash = createHash('sha256').update(process.versions.unicode ?? '');
  for (const folder of folders) {
    const names = (readdirSync(folder, { recursive: true }) as string[]).filter(isCode).sort();
    for (const name of names) {
      const bytes = readFileSync(join(folder, name));
      hash.update(`\0${name}\0${bytes.length}\0`).update(bytes);
    }
    hash.update('\0\0');
  }
  return hash.digest('hex');
};

/**
 * Digest of the code that the gates of this process are made of. A version that somebody forgot to raise would let
 * answers of an older gate count for a newer one; this cannot be forgotten, at the price of asking anew after every
 * upgrade.
 */
export const ownCode = (): string => {
  const { resolve } = createRequire(import.meta.url);
  return digestOfCode([import.meta.dirname, ...rooms.map((room) => dirname(resolve(room)))]);
};
