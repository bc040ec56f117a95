import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a running Postgres writes into postmaster.pid of its data folder. */
export interface PostmasterPid {
  readonly pid: number;
  readonly dataDirectory: string;
  readonly port: number;
  /** Line 8: Postgres accepts connections. */
  readonly ready: boolean;
}

/** Undefined while the file is still being written. */
export const parsePostmasterPid = (text: string): PostmasterPid | undefined => {
  const [pid, dataDirectory, , port, , , , status] = text.split('\n').map((line) => line.trim());
  if (!pid || !dataDirectory || !port) return undefined;
  return { pid: Math.abs(Number(pid)), dataDirectory, port: Number(port), ready: status === 'ready' };
};

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The command line of a process, empty where there is none. A zombie has none either. */
const commandOf = async (pid: number): Promise<string> => {
  if (process.platform === 'linux')
    return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text.replaceAll('\0', ' ').trim(),
      () => '',
    );
  return run('ps', ['-p', String(pid), '-o', 'command=']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
};

/** True while `pid` is a Postgres on `data`: a number alone may have been given to another process since. */
export const isPostmasterOf = async (pid: number, data: string): Promise<boolean> => {
  if (!isAlive(pid)) return false;
  const command = await commandOf(pid);
  return command.includes('postgres') && command.includes(data);
};

/** True while any process works in `data`: a backend may outlive its postmaster for a moment. */
const isInhabited = async (data: string): Promise<boolean> => {
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const folder = await readlink(`/proc/${entry}/cwd`).catch(() => '');
    if (folder === data) return true;
  }
  return false;
};

/** The Postgres that runs on `data` now, if any. */
export const runningPostmaster = async (data: string): Promise<PostmasterPid | undefined> => {
  const path = join(data, 'postmaster.pid');
  const found = parsePostmasterPid(await readFile(path, 'utf8').catch(() => ''));
  if (found === undefined) return undefined;
  const folder = await realpath(data);
  if (await isPostmasterOf(found.pid, folder)) return found;
  // The file of a dead postmaster stays: Postgres finds by it whether old backends still use the memory. Only
  // where its number went to a stranger would Postgres refuse to start for good.
  if (process.platform === 'linux' && isAlive(found.pid) && !(await isInhabited(folder)))
    await rm(path, { force: true });
  return undefined;
};
