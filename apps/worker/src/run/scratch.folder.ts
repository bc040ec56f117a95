import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

/**
 * Removes a folder whatever an agent left in it. By `rm`, which goes down by file descriptor: Node's own removal
 * fails on paths longer than PATH_MAX, which an agent makes with a loop of mkdir and cd.
 */
export const removeFolder = async (path: string): Promise<void> => {
  const rm = (): Promise<unknown> =>
    exec('rm', ['-rf', '--one-file-system', '--', path], { env: environment });
  try {
    await rm();
  } catch {
    // Not root, and a folder without the right to list it: take that right back first.
    await exec('chmod', ['-R', 'u+rwX', '--', path], { env: environment }).catch(() => undefined);
    await rm();
  }
};

/** A copy for one use: modes, times and links as they are, without copying blocks where the file system can share them. */
export const copyFolder = async (from: string, to: string): Promise<void> => {
  await exec('cp', ['-a', '--reflink=auto', '--sparse=auto', '--', from, to], { env: environment });
};

/** Makes the scratch folder of one attempt. */
export const makeScratch = async (workerDir: string, name: string): Promise<string> => {
  const path = join(workerDir, 'attempts', name);
  await removeFolder(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
};

/** Removes what attempts of an earlier life of this worker left. Answers how many there were. */
export const sweepScratch = async (workerDir: string): Promise<number> => {
  const folder = join(workerDir, 'attempts');
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await removeFolder(join(folder, name));
  return names.length;
};
