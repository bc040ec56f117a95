import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, pass, warn, type Answer, type Database } from '@gatehouse/health';
import { envelopeKeysFromPem, type EnvelopeKeys } from '@gatehouse/proof';
import type { Check } from './check.js';
import { logFaults } from './promotion-log.look.js';
import { proofFaults } from './proof.look.js';

/** All that is looked at; a large installation takes no longer than a small one. */
export const mostProofs = 20;
const patienceMs = 5_000;

/** What two looks found, in one answer. */
export interface Looked {
  readonly seen: number;
  /** What was changed here. */
  readonly faults: readonly string[];
  /** What is wrong at a repository; the promoter has said what to do. */
  readonly told?: readonly string[];
  /** What is not wrong now and was not long ago. */
  readonly warnings?: readonly string[];
  /** There was no time for the rest. */
  readonly isCut: boolean;
}

const restore =
  'keep the database and its logs as they are, find out who wrote to them, and restore a backup (docs/operate.md); gatehouse verify says what the repository itself still proves (docs/proof.md)';

const seeLog = 'see "The promotion log" in docs/proof.md';

/** One answer out of both: the first fault, how many more there are, and what was looked at. */
export const judgeProofs = (proofs: Looked, logs: Looked): Answer => {
  const [first, ...more] = [...proofs.faults, ...logs.faults];
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  if (first !== undefined) return fail(`${first}${rest}`, restore);
  const [told] = logs.told ?? [];
  if (told !== undefined) return fail(told, seeLog);
  const [warning] = logs.warnings ?? [];
  if (warning !== undefined) return warn(warning, seeLog);
  const within = proofs.isCut || logs.isCut ? `, as far as ${patienceMs / 1000} s went` : '';
  return pass(
    proofs.seen === 0 && logs.seen === 0 && within === ''
      ? 'nothing was published yet'
      : `the latest ${proofs.seen} hold, and ${logs.seen} entries of promotion logs${within}`,
  );
};

const keysOf = async (data: string): Promise<EnvelopeKeys> => {
  const folder = join(data, 'proof', 'keys');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const pems = names
    .filter((name) => name.endsWith('.pub.pem'))
    .map((name) => readFile(join(folder, name), 'utf8'));
  return envelopeKeysFromPem((await Promise.all(pems)).join(''));
};

/** Looks at both, for as long as `patienceMs` at most. */
export const lookAtProofs = async (
  database: Database,
  keys: EnvelopeKeys,
  until = Date.now() + patienceMs,
): Promise<Answer> =>
  judgeProofs(
    await proofFaults(database, keys, { most: mostProofs, until }),
    await logFaults(database, keys, until),
  );

/** Holds what was published last against the keys and the database. */
export const proofs: Check = {
  id: 'proofs',
  title: 'Proofs',
  run: async (context): Promise<Answer> => {
    const database = await context.database();
    if ('missing' in database) return warn(`they cannot be looked at: ${database.missing}`, 'make start');
    const [{ known }] = (await database.query(
      `SELECT to_regclass('promotion_logs') IS NOT NULL AS known`,
    )) as [{ known: boolean }];
    if (!known) return warn('the database is of an earlier version', 'make stop start');
    return lookAtProofs(database, await keysOf(context.data));
  },
};
