import { CreateSchedule, type Principal, type Schedule, type ScheduleRun } from '@gatehouse/contracts';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { Changes, LedgerService } from '@gatehouse/ledger';
import { PlaneModule } from '@gatehouse/orchestration';
import { AccessService } from '@gatehouse/policy';
import { newId, RepositoryService } from '@gatehouse/session';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SchedulesModule } from './schedule.module.js';
import { ScheduleRunner } from './schedule.runner.js';
import { ScheduleService } from './schedule.service.js';

const failed = (error: unknown): void => void process.stderr.write(`${String(error)}\n`);

/** The engine's part of a plane on a database and a repository of its own; time passes by shifting `next_due`. */
export class ScheduleFixture {
  requester!: Principal;
  operator!: Principal;

  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    readonly app: INestApplicationContext,
  ) {}

  static async start(): Promise<ScheduleFixture> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-schedule-')));
    const database = await createTestDatabase();
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      GATEHOUSE_DATA_DIR: join(dir, 'data'),
      GATEHOUSE_REPOSITORY_ROOTS: dir,
      GATEHOUSE_MIRROR_FRESH: '1h',
    });
    class TestModule {}
    Module({ imports: [PlaneModule.for('engine', failed), SchedulesModule] })(TestModule);
    const app = await NestFactory.createApplicationContext(TestModule, {
      logger: false,
      abortOnError: false,
    });
    const made = new ScheduleFixture(dir, database, app);
    await made.prepare();
    return made;
  }

  private async prepare(): Promise<void> {
    const source = join(this.dir, 'widgets');
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-C', source, ...args]);
    execFileSync('git', ['init', '-q', '-b', 'main', source]);
    writeFileSync(join(source, 'README.md'), 'first line\n');
    git('add', '.');
    git('commit', '-qm', 'base');
    this.requester = await this.principal('requester');
    this.operator = await this.principal('operator');
    const repositories = this.app.get(RepositoryService);
    const row = await repositories.prepare({ name: 'widgets', source, mode: 'live' });
    await this.changes.run((change) => repositories.add(change, row, this.requester));
  }

  get changes(): Changes {
    return this.app.get(Changes);
  }
  get service(): ScheduleService {
    return this.app.get(ScheduleService);
  }
  get runner(): ScheduleRunner {
    return this.app.get(ScheduleRunner);
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(sql, parameters);
  }

  async principal(role: string): Promise<Principal> {
    const id = newId('principal');
    const sql = `INSERT INTO principals (id, name, kind, roles, zone) VALUES ($1, $2, 'user', $3, NULL)`;
    await this.query(sql, [id, id.toLowerCase(), [role]]);
    return this.app.get(AccessService).principal(id);
  }

  given(more: Record<string, unknown> = {}, spec: Record<string, unknown> = {}): CreateSchedule {
    return CreateSchedule.parse({
      name: 'tidy',
      when: { every: '1h' },
      job: {
        apiVersion: 'gatehouse.dev/v1',
        kind: 'Job',
        metadata: { name: 'tidy', labels: { team: 'docs' } },
        spec: {
          repository: 'widgets',
          goal: 'Tidy up',
          agent: { adapter: 'command', command: ['true'] },
          ...spec,
        },
      },
      ...more,
    });
  }

  async create(more: Record<string, unknown> = {}, caller: Principal = this.requester): Promise<Schedule> {
    const given = this.given(more);
    await this.service.check(caller, given);
    return this.changes.run((change) => this.service.create(change, caller, given));
  }

  /** As if so much time had passed since the schedule was stored. */
  async pass(id: string, interval: string): Promise<void> {
    await this.query(
      `UPDATE schedules SET next_due = next_due - $2::interval,
         due_when = CASE WHEN due_when ? 'from' THEN jsonb_set(due_when, '{from}',
           to_jsonb(to_char((due_when->>'from')::timestamptz - $2::interval, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
         ELSE due_when END WHERE id = $1`,
      [id, interval],
    );
  }

  async tick(): Promise<unknown[]> {
    const errors: unknown[] = [];
    await this.runner.tick((error) => errors.push(error));
    return errors;
  }

  /** As another engine would look. */
  async freshTick(): Promise<unknown[]> {
    const errors: unknown[] = [];
    const other = await this.app.get(ModuleRef).create(ScheduleRunner);
    await other.tick((error) => errors.push(error));
    return errors;
  }

  async trigger(caller: Principal, id: string): Promise<ScheduleRun> {
    const ready = await this.runner.ready(caller, id);
    return this.changes.run((change) => this.runner.trigger(change, caller, ready));
  }

  find(id: string): Promise<Schedule> {
    return this.service.rows.find(id);
  }

  /** Oldest first. */
  async runs(id: string): Promise<ScheduleRun[]> {
    return (await this.service.rows.runs(id, { limit: 200 })).items.reverse();
  }

  /** Its jobs' sessions are over. */
  async endSessions(): Promise<void> {
    await this.query(
      `UPDATE sessions SET state = 'ended', outcome = 'noop', ended_at = now() WHERE state <> 'ended'`,
    );
  }

  async verify(): Promise<boolean> {
    return (await this.app.get(LedgerService).verifyInstallation()).ok;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
