import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, readFile, realpath, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatehouseError } from '@gatehouse/contracts';
import type { Account } from './account.js';
import type { Installation } from './installation.js';
import { runningPostmaster, type PostmasterPid } from './postmaster.js';

/** What a server is started with. */
export interface ServerOptions {
  readonly data: string;
  readonly home: string;
  readonly logFile: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

const logLimit = 10 * 1024 * 1024;
/** Longest path that fits a socket address, the file name `.s.PGSQL.<port>` included. */
const socketPathLimit = 103;

/** Reasons that pass by themselves: another start has the lock, or old backends are still on their way out. */
const passing = /lock file "[^"]*" already exists|pre-existing shared memory block|is in use/;
const portTaken = /could not bind|Address already in use/;

export type StartOutcome =
  | { readonly kind: 'ready'; readonly child: ChildProcess; readonly running: PostmasterPid }
  | { readonly kind: 'again' }
  /** Neither ready nor gone when its time was over; it was told to end. */
  | { readonly kind: 'late'; readonly said: string }
  | { readonly kind: 'port_taken' };

const serverArguments = ({ data, port, settings }: ServerOptions): string[] => {
  const fits = Buffer.byteLength(join(data, `.s.PGSQL.${port}`)) <= socketPathLimit;
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: fits ? data : '',
    max_connections: '200',
    logging_collector: 'off',
    log_destination: 'stderr',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...settings,
  };
  return ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
};

const openLog = async (logFile: string) => {
  await mkdir(join(logFile, '..'), { recursive: true, mode: 0o700 });
  const size = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (size > logLimit) await rename(logFile, `${logFile}.1`);
  return open(logFile, 'a', 0o600);
};

/** Starts one server process and waits until it is ready, gone, or late. It outlives this process. */
export const startServer = async (
  options: ServerOptions,
  installation: Installation,
  account: Account | undefined,
  deadline: number,
): Promise<StartOutcome> => {
  const log = await openLog(options.logFile);
  const { size: before } = await log.stat();
  let child: ChildProcess;
  try {
    child = spawn(
      join(installation.bin, 'postgres'),
      serverArguments({ ...options, data: await realpath(options.data) }),
      {
        cwd: options.home,
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { ...installation.env, PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        ...(account && { uid: account.uid, gid: account.gid }),
      },
    );
  } finally {
    await log.close();
  }
  let gone: string | undefined;
  child.once('error', (error) => (gone = error.message));
  child.once('exit', (code, signal) => (gone = `exit ${code ?? signal}`));
  child.unref();
  while (gone === undefined && Date.now() < deadline) {
    const running = await runningPostmaster(options.data);
    if (running?.ready && running.pid === child.pid) return { kind: 'ready', child, running };
    await sleep(20);
  }
  if (gone === undefined) child.kill('SIGQUIT');
  const said = (await readFile(options.logFile)).subarray(before).toString().trim();
  if (passing.test(said)) return { kind: 'again' };
  if (portTaken.test(said)) return { kind: 'port_taken' };
  if (gone === undefined) return { kind: 'late', said };
  throw new GatehouseError(
    'database.unavailable',
    `Postgres did not start (${gone}); its last words, from ${options.logFile}:\n${said.slice(-2000)}`,
  );
};
