import { findEmbeddedPostgres } from '@gatehouse/database';
import {
  connectionOf,
  openOnce,
  type Check as CheckOf,
  type CheckContext as Seen,
  type Database,
} from '@gatehouse/health';
import { probeSandboxes, type SandboxProbe } from '@gatehouse/sandbox';
import type { Installation } from '../installation.js';
import type { PlaneStatus } from '../supervisor/status.js';

/** What the checks of this machine look at, beside what every process of the plane can see. */
export interface CheckContext extends Seen {
  readonly installation: Installation;
  /** The plane's own words; undefined where no supervisor runs. */
  readonly plane: PlaneStatus | undefined;
  sandboxes(): Promise<readonly SandboxProbe[]>;
}

/** One line of doctor. `id` is the name of its file. */
export type Check = CheckOf<CheckContext>;

const open = async (installation: Installation, plane: PlaneStatus | undefined) => {
  const url = installation.settings.DATABASE_URL ?? (await findEmbeddedPostgres(installation.data))?.url;
  if (url === undefined)
    return { missing: 'the embedded Postgres does not run', isStopped: plane === undefined };
  return connectionOf(url);
};

/** A context, and the function that puts away what it opened. */
export const openContext = (installation: Installation, plane: PlaneStatus | undefined) => {
  const opened: Database[] = [];
  const context: CheckContext = {
    settings: installation.settings,
    data: installation.data,
    installation,
    plane,
    database: openOnce(async () => {
      const database = await open(installation, plane);
      if (!('missing' in database)) opened.push(database);
      return database;
    }),
    sandboxes: openOnce(() =>
      probeSandboxes({
        allowUnisolated: installation.settings.GATEHOUSE_ALLOW_UNISOLATED,
        image: installation.settings.GATEHOUSE_SANDBOX_IMAGE,
      }),
    ),
  };
  return { context, close: () => Promise.all(opened.map((database) => database.destroy())) };
};
