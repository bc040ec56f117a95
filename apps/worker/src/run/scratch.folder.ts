import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** A copy for one use: modes, times and links as they are, sharing blocks where the file system can. */
export const copyFolder = async (from: string, to: string): Promise<void> => {
  await exec('cp', ['-a', '--reflink=auto', '--sparse=auto', '--', from, to], { env: environment });
};

/** When a process started, in clock ticks since boot; tells it from a later one of the same id. */
const startOf = (pid: number): string | undefined => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

const ownName = (): string => `${process.pid}-${startOf(process.pid) ?? '0'}`;
const attemptsOf = (workerDir: string): string => join(workerDir, 'attempts');

/** Makes the scratch folder of one attempt, below one of this process. */
export const makeScratch = async (workerDir: string, name: string): Promise<string> => {
  const path = join(attemptsOf(workerDir), ownName(), name);
  await removeFolder(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
};

/** Removes what processes left that are no longer there; answers how many those were. */
export const sweepScratch = async (workerDir: string): Promise<number> => {
  const folder = attemptsOf(workerDir);
  const names = await readdir(folder).catch(() => []);
  const dead = names.filter((name) => {
    const [pid, start] = name.split('-');
    return startOf(Number(pid)) !== start || name === ownName();
  });
  for (const name of dead) await removeFolder(join(folder, name));
  return dead.length;
};
