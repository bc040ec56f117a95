import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, pass, warn, type Answer } from '@gatehouse/health';
import type { Check } from './check.js';

interface Expected {
  readonly path: string;
  /** Permission bits that nobody else may have. */
  readonly forbidden: number;
  /** What chmod is told where they do. */
  readonly mode: string;
}

export interface Seen extends Expected {
  readonly uid: number;
  readonly actual: number;
}

/**
 * Private means: ours, and nothing for others; the users of the processes and of Postgres walk through root's data
 * folder.
 */
export const judgeModes = (data: string, seen: readonly Seen[], uid: number): Answer => {
  const foreign = seen.find((entry) => entry.uid !== uid);
  if (foreign !== undefined)
    return fail(
      `${foreign.path} belongs to uid ${foreign.uid}, and we are ${uid}`,
      `chown ${uid} ${foreign.path}`,
    );
  const open = seen.find((entry) => (entry.actual & entry.forbidden) !== 0);
  if (open !== undefined)
    return fail(
      `${open.path} has mode ${(open.actual & 0o777).toString(8)}: others can get at it`,
      `chmod ${open.mode} ${open.path}`,
    );
  return pass(`${data} is private`);
};

const look = async (expected: Expected): Promise<Seen[]> =>
  stat(expected.path).then(
    ({ uid, mode }) => [{ ...expected, uid, actual: mode }],
    () => [],
  );

export const dataDirectory: Check = {
  id: 'data-directory',
  title: 'Data directory',
  run: async ({ installation: { data, paths } }) => {
    const isRoot = process.getuid?.() === 0;
    const secret = (path: string): Expected => ({ path, forbidden: 0o077, mode: '600' });
    const expected: Expected[] = [
      { path: data, forbidden: isRoot ? 0o066 : 0o077, mode: isRoot ? '711' : '700' },
      { path: paths.credentials, forbidden: 0o077, mode: '700' },
      { path: paths.logs, forbidden: 0o077, mode: '700' },
      ...['admin', 'worker-agent', 'worker-validator'].map((name) =>
        secret(join(paths.credentials, `${name}.token`)),
      ),
      secret(join(data, 'postgres.password')),
    ];
    const seen = (await Promise.all(expected.map(look))).flat();
    if (!seen.some(({ path }) => path === data)) return warn(`${data} does not exist yet`, 'make start');
    return judgeModes(data, seen, process.getuid?.() ?? 0);
  },
};
