import type { CheckResult } from '@gatehouse/contracts';
import { createDataSource, findEmbeddedPostgres } from '@gatehouse/database';
import { probeSandboxes, type SandboxProbe } from '@gatehouse/sandbox';
import type { Installation } from '../installation.js';
import type { PlaneStatus } from '../supervisor/status.js';

type Database = Awaited<ReturnType<typeof createDataSource>>;

/** What checks look at. Expensive looks are taken once, by the first check that needs them. */
export interface CheckContext {
  readonly installation: Installation;
  /** The plane's own words; undefined where no supervisor runs. */
  readonly plane: PlaneStatus | undefined;
  /** An open database, or why there is none. */
  database(): Promise<Database | { readonly missing: string; readonly isStopped: boolean }>;
  sandboxes(): Promise<readonly SandboxProbe[]>;
}

/** The answer of one check; `fix` is the command that mends it. */
export type Answer =
  | { readonly status: 'PASS'; readonly detail: string }
  | { readonly status: 'WARN' | 'FAIL'; readonly detail: string; readonly fix?: string };

/** One line of doctor. `id` is the name of its file. */
export interface Check {
  readonly id: string;
  readonly title: string;
  run(context: CheckContext): Promise<Answer>;
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

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
};

const openDatabase = async (installation: Installation, plane: PlaneStatus | undefined) => {
  const external = installation.settings.DATABASE_URL;
  const url = external ?? (await findEmbeddedPostgres(installation.data))?.url;
  if (url === undefined)
    return { missing: 'the embedded Postgres does not run', isStopped: plane === undefined } as const;
  try {
    return await createDataSource({
      url,
      applicationName: 'gatehouse-doctor',
      poolSize: 2,
      statementTimeoutMs: 5_000,
    });
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error), isStopped: false } as const;
  }
};

/** A context, and the function that puts away what it opened. */
export const openContext = (installation: Installation, plane: PlaneStatus | undefined) => {
  const opened: Database[] = [];
  const context: CheckContext = {
    installation,
    plane,
    database: once(async () => {
      const database = await openDatabase(installation, plane);
      if (!('missing' in database)) opened.push(database);
      return database;
    }),
    sandboxes: once(() =>
      probeSandboxes({ allowUnisolated: installation.settings.GATEHOUSE_ALLOW_UNISOLATED }),
    ),
  };
  return { context, close: () => Promise.all(opened.map((database) => database.destroy())) };
};

/** How long one check may take, in milliseconds. */
const limitMs = 30_000;

/** Runs one check; one that breaks or hangs is a FAIL, never a crash of doctor. */
export const runCheck = async (check: Check, context: CheckContext): Promise<CheckResult> => {
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
