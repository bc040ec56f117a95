import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEmbeddedPostgres } from '@gatehouse/database';
import { reachableTempFolder } from '@gatehouse/database/testing';
import { pathsIn } from '../installation.js';
import { readStatus, type PlaneStatus } from '../supervisor/status.js';
import { markedProcesses } from '../supervisor/strays.js';

const orphan = `process.on('disconnect', () => process.exit(0)); process.on('SIGTERM', () => process.exit(0));`;

const room = join(import.meta.dirname, '..', '..');
// The built program starts four times as fast as its sources, and it is what people run.
const main = join(room, 'dist', 'main.js');
const tsc = join(room, '..', '..', 'node_modules', 'typescript-7', 'bin', 'tsc');
let isBuilt = false;
const buildOnce = (): void => {
  if (!isBuilt) execFileSync(process.execPath, [tsc, '-b', room], { stdio: 'pipe' });
  isBuilt = true;
};

/** The smallest programs that keep the contract with the supervisor. */
const programs: Readonly<Record<string, string>> = {
  api: `${orphan}
    const { createServer } = require('node:http'); const { writeFileSync, appendFileSync } = require('node:fs');
    writeFileSync(process.env.GATEHOUSE_BOOTSTRAP_DIR + '/admin.token', 'ghs_admin', { mode: 0o600 });
    appendFileSync(process.env.GATEHOUSE_DATA_DIR + '/../environments', JSON.stringify({ role: 'api', ...process.env }) + '\\n');
    createServer((request, response) => {
      const ok = request.headers.authorization === 'Bearer ghs_admin' && request.url === '/api/v1/login-codes';
      response.writeHead(ok ? 201 : 401);
      response.end(JSON.stringify({ code: 'once', expiresAt: '2030-01-01T00:00:00.000Z' }));
    }).listen(Number(process.env.GATEHOUSE_PORT), '127.0.0.1', () => process.send({ type: 'ready' }));`,
  engine: `${orphan} console.log('plain words'); process.send({ type: 'ready' }); setInterval(() => {}, 1e6);`,
  promoter: `${orphan} process.send({ type: 'ready' }); setInterval(() => {}, 1e6);`,
  worker: `${orphan}
    const { appendFileSync } = require('node:fs');
    appendFileSync(process.env.GATEHOUSE_INSTALLATION + '/../environments', JSON.stringify({ role: 'worker', ...process.env }) + '\\n');
    process.send({ type: 'ready' }); setInterval(() => {}, 1e6);`,
};

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (free) return port;
  }
};

/** A data folder and fake apps of its own, driven through the real launcher in processes of its own. */
export class FakePlane {
  readonly data: string;
  readonly env: Record<string, string>;

  private constructor(data: string, env: Record<string, string>) {
    this.data = data;
    this.env = env;
  }

  static async make(): Promise<FakePlane> {
    buildOnce();
    const folder = await reachableTempFolder('gatehouse-launcher-');
    // Every process has to reach its program, and whatever user it is may say what it was given.
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'environments'), '');
    await chmod(join(folder, 'environments'), 0o666);
    const apps = join(folder, 'apps');
    const plane = new FakePlane(join(folder, 'data'), {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      PLANTED_SECRET: 'of the parent only',
      GATEHOUSE_APPS_DIR: apps,
      GATEHOUSE_DATA_DIR: join(folder, 'data'),
      GATEHOUSE_PORT: String(await freePort()),
      GATEHOUSE_PG_PORT: String(await freePort()),
    });
    for (const app of Object.keys(programs)) await plane.program(app);
    return plane;
  }

  /** Replaces the program of an app, or puts the good one back. */
  async program(app: string, source = programs[app] ?? ''): Promise<void> {
    const folder = join(this.data, '..', 'apps', app, 'dist');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'main.js'), source);
  }

  spawn(...args: string[]): ChildProcess {
    return spawn(process.execPath, [main, ...args], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(...args: string[]): Promise<Ended> {
    const child = this.spawn(...args);
    const [out, err, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'exit'),
    ]);
    return { code: code as number | null, out, err };
  }

  status(): PlaneStatus | undefined {
    return readStatus(pathsIn(this.data).status);
  }

  pidOf(name: string): number {
    const pid = this.status()?.processes.find((entry) => entry.name === name)?.process?.pid;
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  async until(
    what: string,
    condition: (status: PlaneStatus | undefined) => boolean,
    ms = 120_000,
  ): Promise<void> {
    for (const end = Date.now() + ms; !condition(this.status()); await sleep(20))
      if (Date.now() > end)
        throw new Error(`${what} not within ${ms} ms: ${JSON.stringify(this.status(), null, 1)}`);
  }

  /** Every process of this installation that is alive, Postgres included. */
  async alive(): Promise<number[]> {
    const postgres = await findEmbeddedPostgres(this.data).catch(() => undefined);
    return [...markedProcesses(this.data).map(({ pid }) => pid), ...(postgres ? [postgres.pid] : [])];
  }

  async remove(): Promise<void> {
    await this.run('stop');
    await rm(join(this.data, '..'), { recursive: true, force: true });
  }
}
