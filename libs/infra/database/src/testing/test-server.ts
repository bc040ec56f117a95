import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { createDataSource } from '../data-source.js';
import { accountToDropTo, barrierTo } from '../embedded/account.js';
import { startEmbeddedPostgres, type EmbeddedOptions, type EmbeddedPostgres } from '../embedded/embedded.js';
import { runMigrations } from '../schema.js';

/** A throw-away Postgres with a migrated database to clone. */
export interface TestServer {
  readonly adminUrl: string;
  /** Database that `create database … template` copies. */
  readonly template: string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** A fresh folder that the account which Postgres drops to can reach, whatever TMPDIR says. */
export const reachableTempFolder = async (prefix: string): Promise<string> => {
  const account = await accountToDropTo();
  for (const place of [tmpdir(), '/tmp', '/var/tmp'])
    if (account === undefined || (await barrierTo(account, place)) === undefined)
      return mkdtemp(join(place, prefix));
  throw new GatehouseError(
    'database.unavailable',
    'No temporary folder is reachable for Postgres. Set TMPDIR.',
  );
};

/** Starts on a random free port below the ephemeral range. */
export const startOnFreePort = async (options: Omit<EmbeddedOptions, 'port'>): Promise<EmbeddedPostgres> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startEmbeddedPostgres({ timeoutMs: 180_000, ...options, port: randomInt(20_000, 32_000) });
    } catch (error) {
      const taken = error instanceof GatehouseError && error.details?.['reason'] === 'port_taken';
      if (!taken || tries >= 5) throw error;
    }
  }
};

const template = 'gatehouse';

export const startTestServer = async (): Promise<TestServer> => {
  const dataRoot = await reachableTempFolder('gatehouse-pg-');
  const remove = () => rm(dataRoot, { recursive: true, force: true });
  let server: EmbeddedPostgres | undefined;
  try {
    server = await startOnFreePort({ dataRoot, log: () => undefined });
    const dataSource = await createDataSource({
      url: server.url,
      applicationName: 'gatehouse-test',
      poolSize: 1,
      connectTimeoutMs: 60_000,
    });
    await runMigrations(dataSource);
    await dataSource.destroy();
    const { url, stop } = server;
    const adminUrl = new URL(url);
    adminUrl.pathname = '/postgres';
    return { adminUrl: adminUrl.href, template, stop: () => stop().finally(remove) };
  } catch (error) {
    await server?.stop();
    await remove();
    throw error;
  }
};
