import type { CheckResult, DoctorReport } from '@gatehouse/contracts';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { access, constants } from 'node:fs/promises';
import { DoctorRepository } from './doctor.repository.js';

/** A check that does not answer in this many milliseconds has failed. */
const patienceMs = 3_000;

type Finding = Pick<CheckResult, 'status' | 'detail' | 'fix'>;
const pass = (detail: string): Finding => ({ status: 'PASS', detail, fix: null });
const fail = (detail: string, fix: string): Finding => ({ status: 'FAIL', detail, fix });
const warn = (detail: string, fix: string): Finding => ({ status: 'WARN', detail, fix });

const within = async (work: Promise<Finding>, otherwise: Finding): Promise<Finding> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), patienceMs);
  });
  try {
    return await Promise.race([work.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** How the parts are that this process needs. */
@Injectable()
export class DoctorService {
  constructor(
    private readonly rows: DoctorRepository,
    private readonly plane: PlaneSettings,
  ) {}

  /** What it takes to serve. */
  ready(): Promise<DoctorReport> {
    return this.report([this.database(), this.migrations(), this.mirrors()]);
  }

  /** That, and what it takes to get work done. */
  full(): Promise<DoctorReport> {
    return this.report([this.database(), this.migrations(), this.mirrors(), this.workers(), this.tasks()]);
  }

  private async report(checks: Promise<CheckResult>[]): Promise<DoctorReport> {
    const done = await Promise.all(checks);
    return { ok: done.every(({ status }) => status !== 'FAIL'), checks: done };
  }

  private async database(): Promise<CheckResult> {
    const down = fail('The database does not answer.', 'gatehouse doctor');
    const found = await within(
      this.rows.ping().then(() => pass('It answers.')),
      down,
    );
    return { id: 'database', title: 'Database', ...found };
  }

  private async migrations(): Promise<CheckResult> {
    const unknown = fail('The state of the schema cannot be read.', 'gatehouse doctor');
    const look = async (): Promise<Finding> => {
      const { pending, unknown: newer } = await this.rows.schema();
      if (newer.length > 0)
        return fail('A newer Gatehouse migrated the database.', 'Start the newer version.');
      if (pending.length > 0) return fail(`Migrations are missing: ${pending.join(', ')}.`, 'make start');
      return pass('All migrations have run.');
    };
    return { id: 'migrations', title: 'Schema', ...(await within(look(), unknown)) };
  }

  private async mirrors(): Promise<CheckResult> {
    const found = await within(
      access(this.plane.mirrorsDir, constants.W_OK | constants.X_OK).then(() => pass('It can be written.')),
      fail('The folder of the mirrors cannot be written.', 'Give the plane’s account the data directory.'),
    );
    return { id: 'mirrors', title: 'Mirrors', ...found };
  }

  private async workers(): Promise<CheckResult> {
    const look = async (): Promise<Finding> => {
      const { workersReady } = await this.rows.counts();
      return workersReady > 0
        ? pass(`${workersReady} ready.`)
        : warn('No worker is ready, so nothing runs.', 'make start, or start a gatehouse-worker');
    };
    const down = fail('Workers cannot be counted.', 'gatehouse doctor');
    return { id: 'workers', title: 'Workers', ...(await within(look(), down)) };
  }

  private async tasks(): Promise<CheckResult> {
    const look = async (): Promise<Finding> => {
      const { tasksDead, tasksWaiting } = await this.rows.counts();
      return tasksDead === 0
        ? pass(`${tasksWaiting} open, none dead.`)
        : warn(`${tasksDead} dead.`, 'gatehouse task list --state dead');
    };
    const down = fail('Tasks cannot be counted.', 'gatehouse doctor');
    return { id: 'tasks', title: 'Tasks', ...(await within(look(), down)) };
  }
}
