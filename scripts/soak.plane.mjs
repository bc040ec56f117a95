// A plane of its own for the soak: started, killed part by part, looked into from outside, and stopped.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminOf, launch } from './plane.mjs';
import { clone } from './step.mjs';

const pg = createRequire(join(clone, 'libs', 'infra', 'database', 'package.json'))('pg');

/** Every part that a kill may hit, and where its work is seen in the database. */
export const parts = ['api', 'engine', 'promoter', 'worker-agent', 'worker-validator', 'postgres'];
const leased = `SELECT 1 FROM leases l JOIN workers w ON w.id = l.worker_id
  WHERE l.state = 'active' AND w.zone = $1 AND w.name NOT LIKE 'ghost%'`;
const workOf = {
  engine: [`SELECT 1 FROM tasks WHERE state = 'running' AND queue = $1`, 'engine'],
  promoter: [`SELECT 1 FROM tasks WHERE state = 'running' AND queue = $1`, 'promoter'],
  'worker-agent': [leased, 'agent'],
  'worker-validator': [leased, 'validator'],
};

/** Short clocks, so that what a dead worker held comes back while we watch. */
export const ttlMs = 4_000;
export const marginMs = 1_000;

export class SoakPlane {
  constructor({ seed, name, apps }) {
    const isRoot = process.getuid?.() === 0;
    // Open to walk through: the database runs as another account where we are root.
    this.folder = mkdtempSync(join(isRoot ? '/var/tmp' : tmpdir(), `gatehouse-soak-${name}-`));
    chmodSync(this.folder, 0o711);
    this.data = join(this.folder, 'plane');
    mkdirSync(this.data, { recursive: true });
    this.env = {
      GATEHOUSE_DATA_DIR: this.data,
      GATEHOUSE_PORT: String(20_000 + (seed % 5_000)),
      GATEHOUSE_PG_PORT: String(26_000 + (seed % 5_000)),
      GATEHOUSE_LEASE_TTL: `${ttlMs / 1000}s`,
      GATEHOUSE_LEASE_MARGIN: `${marginMs / 1000}s`,
      GATEHOUSE_LEASE_HEARTBEAT: '1s',
      GATEHOUSE_INFRA_RETRIES: '20',
      GATEHOUSE_RATE_LIMIT: '0',
      GATEHOUSE_REPOSITORY_ROOTS: this.folder,
      DATABASE_URL: '',
      REDIS_URL: '',
      ...(apps === undefined ? {} : { GATEHOUSE_APPS_DIR: apps }),
    };
  }

  async start(more = {}) {
    const started = await launch('start', { env: { ...this.env, ...more } });
    if (started.code !== 0) throw new Error(started.error ?? 'The plane did not start.');
    this.url = started.url;
    this.admin = adminOf(started);
    return this;
  }

  /** Answers what is wrong with its end, nothing where it ended well or never began. */
  async stop() {
    if (!existsSync(join(this.data, 'status.json'))) return undefined;
    await this.pool?.end().catch(() => undefined);
    this.pool = undefined;
    const ended = await launch('stop', { env: this.env, quiet: true }).catch((error) => ({
      code: 1,
      error: error.message,
    }));
    return ended.code === 0 ? undefined : JSON.stringify(ended);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** URL of its database, or of a copy beside it. */
  databaseUrl(name = 'gatehouse') {
    const password = readFileSync(join(this.data, 'postgres.password'), 'utf8').trim();
    return `postgres://gatehouse:${encodeURIComponent(password)}@127.0.0.1:${this.env.GATEHOUSE_PG_PORT}/${name}`;
  }

  /** One query as the database's owner: the outside view that needs no word of Gatehouse. */
  async sql(text, values = []) {
    if (this.pool === undefined) {
      this.pool = new pg.Pool({ connectionString: this.databaseUrl(), max: 3 });
      this.pool.on('error', () => undefined);
    }
    return (await this.pool.query(text, values)).rows;
  }

  client(name) {
    const client = new pg.Client({ connectionString: this.databaseUrl(name) });
    client.on('error', () => undefined);
    return client;
  }

  get processes() {
    const { processes } = JSON.parse(readFileSync(join(this.data, 'status.json'), 'utf8'));
    return Object.fromEntries(
      processes.map(({ name, process, state }) => [name, { pid: process?.pid, state }]),
    );
  }

  /** The process id of a part that serves; waits a while where it is being started again. */
  async pidOf(name, waitMs = 20_000) {
    for (const end = Date.now() + waitMs; Date.now() < end; await sleep(100)) {
      const { pid, state } = this.processes[name] ?? {};
      if (pid !== undefined && state === 'ready' && existsSync(`/proc/${pid}`)) return pid;
    }
    return undefined;
  }

  /** Waits for a moment at which the part is at work; answers whether there was one. */
  async untilBusy(name, waitMs) {
    const query = workOf[name];
    if (query === undefined) return true;
    for (const end = Date.now() + waitMs; Date.now() < end; await sleep(15)) {
      const rows = await this.sql(query[0], [query[1]]).catch(() => []);
      if (rows.length > 0) return true;
    }
    return false;
  }
}
