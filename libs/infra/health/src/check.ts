import type { CheckResult, Settings } from '@gatehouse/contracts';
import { createDataSource } from '@gatehouse/database';
import { Spawner } from '@gatehouse/git';

export type Database = Awaited<ReturnType<typeof createDataSource>>;

/** Why there is no database to look into; one that is merely not started is no fault. */
export interface MissingDatabase {
  readonly missing: string;
  readonly isStopped: boolean;
}

/** What checks look at. Expensive looks are taken once, by the first check that needs them. */
export interface CheckContext {
  readonly settings: Settings;
  /** The data folder. */
  readonly data: string;
  database(): Promise<Database | MissingDatabase>;
  /** The spawner of this process, where it has one. */
  readonly spawner?: Spawner;
}

/** The answer of one check; `fix` is the command that mends it. */
export type Answer =
  | { readonly status: 'PASS'; readonly detail: string }
  | { readonly status: 'WARN' | 'FAIL'; readonly detail: string; readonly fix?: string };

/** One line of doctor. `id` is the name of its file. */
export interface Check<Context = CheckContext> {
  readonly id: string;
  readonly title: string;
  run(context: Context): Promise<Answer>;
}

export const pass = (detail: string): Answer => ({ status: 'PASS', detail });
export const warn = (detail: string, fix?: string): Answer => ({
  status: 'WARN',
  detail,
  ...(fix && { fix }),
});
export const fail = (detail: string, fix?: string): Answer => ({
  status: 'FAIL',
  detail,
  ...(fix && { fix }),
});

/** Looks into the database; a stopped plane is no fault of the database. */
export const onDatabase = async (
  context: CheckContext,
  look: (database: Database) => Promise<Answer>,
): Promise<Answer> => {
  const database = await context.database();
  if (!('missing' in database)) return look(database);
  return database.isStopped ? warn(database.missing, 'make start') : fail(database.missing, 'make start');
};

/** A value that is made when it is first asked for. */
export const openOnce = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};

/** A small connection of its own, so that doctor does not wait for a busy pool. */
export const connectionOf = async (url: string): Promise<Database | MissingDatabase> => {
  try {
    return await createDataSource({
      url,
      applicationName: 'gatehouse-doctor',
      poolSize: 2,
      statementTimeoutMs: 5_000,
    });
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error), isStopped: false };
  }
};

/** How long one check may take, in milliseconds. */
const patienceMs = 30_000;

/** Runs one check; one that breaks or hangs is a FAIL, never a crash of doctor. */
export const runCheck = async <Context>(
  check: Check<Context>,
  context: Context,
  limitMs = patienceMs,
): Promise<CheckResult> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve(fail(`no answer within ${limitMs / 1000} s`)), limitMs);
  });
  const answer = await Promise.race([check.run(context), late])
    .catch((error: unknown) =>
      fail(`the check itself broke: ${error instanceof Error ? error.message : String(error)}`),
    )
    .finally(() => clearTimeout(timer));
  const fix = answer.status === 'PASS' ? null : (answer.fix ?? null);
  return { id: check.id, title: check.title, status: answer.status, detail: answer.detail, fix };
};
