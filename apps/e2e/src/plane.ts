import { execFile, execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createClient, type Client } from '@gatehouse/client';
import type { Job, PrincipalKind, Role } from '@gatehouse/contracts';
import { clone } from './examples.js';

const launcher = join(clone, 'apps', 'launcher', 'dist', 'main.js');

/** A whole plane of its own in a folder of its own, started the way everybody starts one. */
export interface Plane {
  readonly url: string;
  readonly admin: Client;
  readonly adminToken: string;
  /** Folder of everything it keeps. */
  readonly data: string;
  /** Its settings, as a command run beside it would have them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Works once. */
  panelLink(): Promise<string>;
  /** A new principal's client. */
  as(name: string, ...roles: Role[]): Promise<Client>;
  /** A new principal with a token, for those who speak without the client. */
  enrol(name: string, roles: readonly Role[], kind?: PrincipalKind): Promise<Enrolled>;
  /** A repository of one commit, registered and live. */
  repository(name: string, files: Readonly<Record<string, string>>): Promise<Target>;
  /** Ends every process and keeps the data. */
  down(): Promise<void>;
  /** Starts again on the data that is there. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

export interface Enrolled {
  readonly id: string;
  readonly tokenId: string;
  readonly secret: string;
}

export interface Target {
  readonly name: string;
  readonly base: string;
  /** What git itself says. */
  git(...args: string[]): string;
}

interface Said {
  readonly ok: boolean;
  readonly url: string;
  readonly adminTokenFile: string;
  readonly panelLink: string;
}

const isRoot = process.getuid?.() === 0;
/** Whether every account may pass through. */
const isOpen = (path: string): boolean =>
  (statSync(path).mode & 0o001) !== 0 && (path === dirname(path) || isOpen(dirname(path)));

/** Below the range that the kernel gives to clients. */
const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
};

/** Starts a plane; throws with the launcher's own words where it does not come up. */
export const startPlane = async (more: Readonly<Record<string, string>> = {}): Promise<Plane> => {
  // The database runs as another account where we are root, and has to reach the folder.
  const home = mkdtempSync(join(isRoot && !isOpen(tmpdir()) ? '/var/tmp' : tmpdir(), 'gatehouse-e2e-'));
  chmodSync(home, 0o711);
  const data = join(home, 'plane');
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GATEHOUSE_DATA_DIR: data,
    GATEHOUSE_PORT: String(await freePort()),
    GATEHOUSE_PG_PORT: String(await freePort()),
    // A busy machine must not make a scenario see what people would see of an outage.
    GATEHOUSE_DATABASE_WAIT: '60s',
    ...more,
  };
  const say = async (verb: string): Promise<Said> => {
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, verb, '--json'], { env }).catch(
      (error: { stdout?: string }) => {
        throw new Error(`gatehouse ${verb}: ${error.stdout || String(error)}`, { cause: error });
      },
    );
    return JSON.parse(stdout) as Said;
  };
  const end = async (): Promise<void> => {
    await say('stop');
    rmSync(home, { recursive: true, force: true });
  };
  const started = await say('start').catch(async (error: unknown) => {
    await say('stop').catch(() => undefined);
    throw error;
  });
  const { url } = started;
  const adminToken = readFileSync(started.adminTokenFile, 'utf8').trim();
  const admin = createClient({ baseUrl: url, token: adminToken });
  const enrol: Plane['enrol'] = async (name, roles, kind = 'user') => {
    const body = { name, kind, roles: [...roles] };
    const { id } = await admin.call('principals.create', { body, idempotencyKey: randomUUID() });
    const issued = await admin.call('tokens.create', {
      body: { principalId: id, name: 'scenario', expiresInDays: 1 },
    });
    return { id, tokenId: issued.token.id, secret: issued.secret };
  };

  return {
    url,
    admin,
    adminToken,
    data,
    env,
    enrol,
    panelLink: async () => (await say('start')).panelLink,
    as: async (name, ...roles) => createClient({ baseUrl: url, token: (await enrol(name, roles)).secret }),
    repository: async (name, files) => {
      const target = makeTarget(join(data, 'demo', name), name, files);
      const body = { name, source: join(data, 'demo', name), mode: 'live' as const };
      await admin.call('repositories.add', { body, idempotencyKey: randomUUID() });
      return target;
    },
    down: async () => void (await say('stop')),
    up: async () => void (await say('start')),
    stop: end,
  };
};

const makeTarget = (path: string, name: string, files: Readonly<Record<string, string>>): Target => {
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '-q', '-b', 'main');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  git('add', '-A');
  git('commit', '-q', '-m', 'Begin');
  return { name, base: git('rev-parse', 'main'), git };
};

/** Looks until the job is in the phase, or over. */
export const untilPhase = async (
  client: Client,
  id: string,
  phase: string,
  limitMs = 300_000,
): Promise<Job> => {
  let job = await client.call('jobs.get', { params: { id } });
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(150)) {
    job = await client.call('jobs.get', { params: { id } });
    if (job.phase === phase || job.endedAt !== null) return job;
  }
  return job;
};
