import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { writeSecret } from '../supervisor/secret.file.js';
import type { Identity } from './identities.js';

const names = ['admin', 'worker-agent', 'worker-validator'].map((name) => `${name}.token`);
const maxBytes = 4096;

/** Reads a file that the api made. A link, a pipe or another's file there is not what it made. */
const readOf = (path: string, owner: Identity): string | undefined => {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.uid !== owner.uid || found.nlink !== 1 || found.size > maxBytes)
      return undefined;
    const bytes = Buffer.alloc(maxBytes);
    const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, maxBytes, 0)).trim();
    return /^[\w.-]+$/.test(text) ? text : undefined;
  } finally {
    closeSync(file);
  }
};

/** Lets the api find the tokens that hold, before it starts: those of `credentials` count. */
export const lendTokens = (credentials: string, folder: string, owner: Identity): void => {
  for (const name of names) {
    const path = join(credentials, name);
    if (existsSync(path)) writeSecret(join(folder, name), readFileSync(path, 'utf8'), owner);
  }
};

/** Takes the tokens that the api made or kept into `credentials`, where root alone reads them. */
export const takeTokens = (credentials: string, folder: string, owner: Identity): void => {
  for (const name of names) {
    const token = readOf(join(folder, name), owner);
    const path = join(credentials, name);
    if (token !== undefined && !(existsSync(path) && readFileSync(path, 'utf8').trim() === token))
      writeSecret(path, `${token}\n`);
  }
};
