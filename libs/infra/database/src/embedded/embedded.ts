import { chmod, mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import pg from 'pg';
import { accountToDropTo, barrierTo, give, type Account } from './account.js';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { chooseBinaries, clusterMajor, clusterPassword, createCluster, roleName } from './cluster.js';
import { install } from './installation.js';
import { isPostmasterOf, runningPostmaster } from './postmaster.js';
import { startServer } from './server.js';

export interface EmbeddedOptions {
  /** Folder of the installation. Postgres lives in `postgres/` below it; made with mode 0700 where missing. */
  readonly dataRoot: string;
  /** TCP port on 127.0.0.1, below 32768: higher ones collide with ports that the kernel gives to clients. */
  readonly port: number;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
  /** Settings of the server beside the defaults, e.g. `{ max_connections: '50' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Binaries to choose from; everything found on this machine when left out. */
  readonly binaries?: readonly PostgresBinaries[];
  /** How long a start may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How long the making of a cluster may take before it is ended and tried once more, in milliseconds. */
  readonly initdbLimitMs?: number;
}

/** From the start of a new cluster's server until it is started again, in milliseconds. */
const newServerLimitMs = 15_000;

/** A Postgres that runs and answers. It outlives this process unless stopped. */
export interface EmbeddedPostgres {
  /** Connection URL with the password: never log it. */
  readonly url: string;
  /** The port it listens on; where a running one was adopted, that one's and not the one asked for. */
  readonly port: number;
  readonly pid: number;
  /** True where it was running already. */
  readonly adopted: boolean;
  /** Settles when the server process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends client sessions and stops the server; returns when it is gone. */
  stop(): Promise<void>;
}

const layout = (dataRoot: string) => {
  const root = resolve(dataRoot);
  const home = join(root, 'postgres');
  return { root, home, data: join(home, 'data'), logFile: join(root, 'logs', 'postgres.log') };
};

/** Makes the folders, private to us and to the account that Postgres runs as. */
const prepareFolders = async (root: string, home: string, account: Account | undefined): Promise<void> => {
  await mkdir(root, { recursive: true, mode: 0o700 });
  if (account !== undefined) {
    const barrier = await barrierTo(account, dirname(root));
    if (barrier !== undefined)
      throw new GatehouseError(
        'database.unavailable',
        `Postgres runs as \`${account.name}\` here, which may not enter ${barrier}. ` +
          'Set GATEHOUSE_DATA_DIR to a folder that it can reach, e.g. below /var/lib, or set DATABASE_URL.',
      );
    // Others pass through, and read nothing: every part of it has a mode of its own.
    await chmod(root, 0o711);
  }
  await mkdir(home, { recursive: true, mode: 0o700 });
  await give(home, account);
};

const urlOf = (port: number, password: string, database: string): string =>
  `postgres://${roleName}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;

/** Proves that the server at `port` is ours, and makes the database where it is new. */
const verify = async (port: number, password: string, data: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: urlOf(port, password, 'postgres'),
    connectionTimeoutMillis: 10_000,
    application_name: 'gatehouse-launcher',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    if (rows[0]?.data_directory !== (await realpath(data)))
      throw new GatehouseError(
        'database.unavailable',
        `Port ${port} is answered by the Postgres of ${rows[0]?.data_directory}, not by ours. Stop it or set GATEHOUSE_PG_PORT.`,
      );
    const known = await client.query('select 1 from pg_database where datname = $1', [roleName]);
    if (known.rowCount === 0)
      await client.query(`create database ${roleName}`).catch((error: { code?: string }) => {
        // 42P04, 23505: another start made it between our two statements.
        if (error.code !== '42P04' && error.code !== '23505') throw error;
      });
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    throw new GatehouseError(
      'database.unavailable',
      `Postgres runs on port ${port} and does not let us in: ${String(cause)}`,
      { cause },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
};

const whenGone = async (
  pid: number,
  data: string,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<boolean> => {
  for (const end = Date.now() + timeoutMs; await isPostmasterOf(pid, data);) {
    if (Date.now() > end) return false;
    await sleep(Number.isFinite(timeoutMs) ? 20 : 250, undefined, { ref: Number.isFinite(timeoutMs) });
  }
  return true;
};

const stopServer = async (pid: number, data: string): Promise<void> => {
  // To Postgres SIGINT is the fast shutdown: sessions end, everything is written. SIGTERM would wait for clients.
  for (const [signal, patience] of [
    ['SIGINT', 8_000],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!(await isPostmasterOf(pid, data))) return;
    process.kill(pid, signal);
    if (await whenGone(pid, data, patience)) return;
  }
  throw new GatehouseError(
    'database.unavailable',
    `Postgres ${pid} does not stop. End it with: kill -9 ${pid}`,
  );
};

/** The Postgres that runs on this data root, whoever started it; undefined where none does. */
export const findEmbeddedPostgres = async (
  dataRoot: string,
): Promise<Omit<EmbeddedPostgres, 'adopted' | 'exited'> | undefined> => {
  const { root, data } = layout(dataRoot);
  const running = await runningPostmaster(data);
  if (running === undefined) return undefined;
  const { pid, port } = running;
  const folder = await realpath(data);
  const password = await clusterPassword(root, true);
  return { pid, port, url: urlOf(port, password, roleName), stop: () => stopServer(pid, folder) };
};

/**
 * Starts the embedded Postgres of a data root, or adopts the one that already runs there. Any number of processes
 * may call it at once: one starts, the others adopt. Throws `database.unavailable`; where the port is taken,
 * `details.reason` is `port_taken`.
 */
export const startEmbeddedPostgres = async (options: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  const { root, home, data, logFile } = layout(options.dataRoot);
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  const account = await accountToDropTo();
  await prepareFolders(root, home, account);
  const password = await clusterPassword(root, (await clusterMajor(data)) !== undefined);
  let late = '';
  for (let attempt = 1; ; attempt += 1) {
    if (Date.now() > deadline)
      throw new GatehouseError(
        'database.unavailable',
        `Postgres was not ready in time. Its log is ${logFile}.${late === '' ? '' : ` Its last words:\n${late.slice(-2000)}`}`,
      );
    const running = await runningPostmaster(data);
    if (running !== undefined) {
      if (!running.ready) {
        await sleep(50);
        continue;
      }
      await verify(running.port, password, data);
      options.log('adopted the running Postgres', { pid: running.pid, port: running.port });
      return serverHandle(running.pid, running.port, password, await realpath(data), true);
    }
    const major = await clusterMajor(data);
    const binaries = chooseBinaries(options.binaries ?? (await findBinaries()), major, data);
    const installation = await install(binaries, home, account);
    if (major === undefined) {
      options.log('making a new database cluster', { data, major: binaries.major });
      await createCluster(home, data, installation, account, password, options.initdbLimitMs);
    }
    const server = { data, home, logFile, port: options.port, settings: options.settings ?? {} };
    // A new cluster has nothing to recover: where its server hangs it is ended and started again.
    const soon = Date.now() + newServerLimitMs;
    const until = major === undefined ? Math.min(deadline, soon) : deadline;
    const outcome = await startServer(server, installation, account, until);
    if (outcome.kind === 'ready') {
      const { pid, port } = outcome.running;
      await verify(port, password, data);
      options.log('started Postgres', { pid, port, major: binaries.major, origin: binaries.origin });
      return serverHandle(pid, port, password, await realpath(data), false);
    }
    if (outcome.kind === 'late') late = outcome.said;
    // Old listeners of a killed server may hold the port for a moment.
    if (outcome.kind === 'port_taken' && attempt >= 4)
      throw new GatehouseError(
        'database.unavailable',
        `Port ${options.port} is taken by another program. Stop it, or set GATEHOUSE_PG_PORT to a free port below 32768.`,
        { details: { reason: 'port_taken', port: options.port } },
      );
    await sleep(100 * Math.min(attempt, 5));
  }
};

const serverHandle = (
  pid: number,
  port: number,
  password: string,
  data: string,
  adopted: boolean,
): EmbeddedPostgres => {
  // The watch holds no process open, so a stop has to settle it itself.
  let stopped!: () => void;
  const byUs = new Promise<void>((resolve) => (stopped = resolve));
  const exited = Promise.race([byUs, whenGone(pid, data).then(() => undefined)]);
  const stop = (): Promise<void> => stopServer(pid, data).then(stopped);
  return { url: urlOf(port, password, roleName), port, pid, adopted, exited, stop };
};
