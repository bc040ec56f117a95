import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { prepareData, type Installation } from '../installation.js';
import { identify } from '../process.identity.js';
import { planeRoles } from '@gatehouse/database';
import { prepareDatabase, type DatabaseAccess } from './database.access.js';
import { chooseAddresses, type Addresses } from './addresses.js';
import { environmentOf, type Role } from './environment.js';
import { LogFile, rotateInPlace } from './log.file.js';
import { ManagedChild } from './managed.child.js';
import { PostgresKeeper } from './postgres.keeper.js';
import { programOf } from './program.js';
import { databaseUrlFile } from './secret.file.js';
import { Separation } from './separation.js';
import { readStatus, writeStatus, type PlaneStatus, type ProcessStatus } from './status.js';
import { endStrays } from './strays.js';

/** The parts in the order of their start: each row waits for the one before. */
const rows: readonly (readonly Role[])[] = [
  ['api'],
  ['engine', 'promoter', 'worker-agent', 'worker-validator'],
];
const appOf: Readonly<Record<Role, string>> = {
  api: 'api',
  engine: 'engine',
  promoter: 'promoter',
  'worker-agent': 'worker',
  'worker-validator': 'worker',
};
const readyMs = 60_000;
/** SIGTERM to SIGKILL, by row, the last row first. Together with Postgres all is over within 10 s. */
const graceMs = [1_500, 5_000];

/** Runs the plane: Postgres, migrations, then the parts; keeps them alive until it is stopped. */
export class Supervisor {
  readonly #installation: Installation;
  readonly #onStep: (step: string) => void;
  readonly #logs = new Map<string, LogFile>();
  readonly #children: ManagedChild[] = [];
  readonly #startedAt = new Date().toISOString();
  readonly #steps: string[] = [];
  #postgres: PostgresKeeper | undefined;
  #boundary: Separation | undefined;
  #logins: PlaneStatus['logins'] = null;
  #state: PlaneStatus['state'] = 'starting';
  #url: string | undefined;
  #localUrl: string | undefined;
  #failure: string | undefined;
  #stopping = false;
  #booting: Promise<void> = Promise.resolve();
  #rotation: NodeJS.Timeout | undefined;

  constructor(installation: Installation, onStep: (step: string) => void) {
    this.#installation = installation;
    this.#onStep = onStep;
  }

  get status(): PlaneStatus {
    return {
      supervisor: identify(process.pid) ?? { pid: process.pid, started: '' },
      state: this.#state,
      startedAt: this.#startedAt,
      url: this.#url ?? null,
      localUrl: this.#localUrl ?? null,
      steps: this.#steps,
      failure: this.#failure ?? null,
      processes: this.#processes(),
      boundary: this.#boundary?.kind ?? null,
      logins: this.#logins,
    };
  }

  /** Settles when every part serves; rejects with what is in the way. */
  start(): Promise<void> {
    this.#booting = this.#boot();
    return this.#booting;
  }

  /** Ends everything in order; settles when nothing of it runs. */
  async stop(failure?: string): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#failure = failure;
    this.#set('stopping');
    for (const [at, row] of [...rows.entries()].reverse()) {
      const running = this.#children.filter(({ name }) => row.includes(name as Role));
      await Promise.all(running.map((child) => child.stop(graceMs[at] ?? 1_500)));
    }
    await this.#booting.catch(() => undefined);
    const known = this.#processes().flatMap((entry) => entry.process ?? []);
    await endStrays(
      this.#installation.data,
      known.filter(({ pid }) => pid !== this.#postgres?.status.process?.pid),
      0,
    );
    await this.#boundary?.close();
    await this.#postgres?.stop();
    clearInterval(this.#rotation);
    this.#set(failure === undefined ? 'stopped' : 'failed');
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  async #boot(): Promise<void> {
    const { data, paths } = this.#installation;
    prepareData(this.#installation);
    this.#requireBuild();
    const before = readStatus(paths.status)?.processes ?? [];
    this.#set('starting');
    await this.#clearUp(before);
    const boundary = (this.#boundary = await Separation.open(this.#installation, (error) =>
      this.#log('error', 'the broker has trouble', { error: String(error) }),
    ));
    this.#proceed(boundary.words);
    const access = await this.#prepareDatabase(await this.#database());
    this.#logins = access.logins;
    for (const role of planeRoles) boundary.hand(databaseUrlFile(data, role), access.urls[role], role);
    const addresses = await chooseAddresses(this.#installation);
    this.#url = addresses.url;
    this.#localUrl = addresses.localUrl;
    for (const row of rows)
      for (const role of row) this.#children.push(this.#child(role, addresses, boundary));
    for (const row of rows) {
      this.#proceed(`Starting ${row.join(', ')}`);
      const starting = this.#children.filter(({ name }) => row.includes(name as Role));
      await Promise.all(starting.map((child) => this.#started(child)));
      boundary.afterStart(row);
    }
    this.#rotation = setInterval(() => rotateInPlace(join(data, 'logs', 'postgres.log')), 60_000);
    this.#state = 'ready';
    this.#step(`Ready at ${addresses.url}`);
  }

  #requireBuild(): void {
    const missing = rows
      .flat()
      .map((role) => this.#entryOf(role))
      .find((entry) => !existsSync(entry));
    if (missing !== undefined)
      throw new GatehouseError(
        'internal.unexpected',
        `${missing} is missing: run \`make setup\`, which builds it.`,
      );
  }

  #entryOf(role: Role): string {
    return programOf(this.#installation.apps, appOf[role]);
  }

  async #started(child: ManagedChild): Promise<void> {
    try {
      await child.start();
    } catch (cause) {
      const log = join(this.#installation.paths.logs, `${child.name}.log`);
      throw new GatehouseError('internal.unexpected', `${(cause as Error).message} Its log is ${log}.`, {
        cause,
      });
    }
  }

  /** An earlier supervisor may have been killed: its children end by themselves, and hold their ports until then. */
  async #clearUp(before: readonly ProcessStatus[]): Promise<void> {
    const left = before.flatMap(({ name, process }) =>
      name === 'postgres' || process === null ? [] : [process],
    );
    const stubborn = await endStrays(this.#installation.data, left, 5_000);
    if (stubborn.length === 0) return;
    const pids = stubborn.map(({ pid }) => pid).join(' ');
    throw new GatehouseError(
      'internal.unexpected',
      `Processes of an earlier start do not end: kill -9 ${pids}`,
    );
  }

  async #database(): Promise<string> {
    const external = this.#installation.settings.DATABASE_URL;
    if (external !== undefined) {
      this.#proceed('Using the database of DATABASE_URL');
      return external;
    }
    this.#proceed('Starting Postgres');
    const say = (msg: string, facts: Record<string, unknown> = {}): void => this.#log('info', msg, facts);
    this.#postgres = new PostgresKeeper(this.#installation, say, () => this.#changed());
    return (await this.#postgres.start()).url;
  }

  async #prepareDatabase(ownerUrl: string): Promise<DatabaseAccess> {
    this.#proceed('Migrating the database');
    return prepareDatabase(ownerUrl, this.#installation.settings, (migrations) =>
      this.#log('info', 'ran migrations', { migrations }),
    );
  }

  #child(role: Role, addresses: Addresses, boundary: Separation): ManagedChild {
    const plan = {
      name: role,
      entry: this.#entryOf(role),
      env: { ...environmentOf(role, this.#installation, addresses), ...boundary.environmentOf(role) },
      prefix: boundary.prefixOf(role, addresses.port),
      readyMs,
    };
    return new ManagedChild(plan, {
      write: (line) => this.#logOf(role).write(line),
      onChange: () => this.#changed(),
    });
  }

  #processes(): ProcessStatus[] {
    return [
      ...(this.#postgres ? [this.#postgres.status] : []),
      ...this.#children.map(({ status }) => status),
    ];
  }

  /** A step of the start, unless a stop came between. */
  #proceed(text: string): void {
    if (this.#stopping) throw new GatehouseError('internal.unexpected', 'Stopped while starting.');
    this.#step(text);
  }

  #step(text: string): void {
    this.#steps.push(text);
    this.#log('info', text);
    this.#onStep(text);
    this.#changed();
  }

  #set(state: PlaneStatus['state']): void {
    this.#state = state;
    this.#changed();
  }

  #changed(): void {
    const allReady = this.#processes().every(({ state }) => state === 'ready');
    if (this.#state === 'ready' && !allReady) this.#state = 'degraded';
    else if (this.#state === 'degraded' && allReady) this.#state = 'ready';
    try {
      writeStatus(this.#installation.paths.status, this.status);
    } catch (error) {
      // A full disk must not end the plane that may still free it.
      this.#log('error', 'status was not written', { error: String(error) });
    }
  }

  #logOf(name: string): LogFile {
    const open = this.#logs.get(name) ?? new LogFile(join(this.#installation.paths.logs, `${name}.log`));
    this.#logs.set(name, open);
    return open;
  }

  #log(level: 'info' | 'error', msg: string, facts: Record<string, unknown> = {}): void {
    const line = { level: level === 'info' ? 30 : 50, time: Date.now(), name: 'supervisor', ...facts, msg };
    this.#logOf('supervisor').write(`${JSON.stringify(line)}\n`);
  }
}
