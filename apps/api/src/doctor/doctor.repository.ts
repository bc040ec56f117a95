import { inspectSchema, type SchemaState } from '@gatehouse/database';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface Counts {
  readonly workersReady: number;
  readonly tasksDead: number;
  readonly tasksWaiting: number;
  readonly sessionsLive: number;
}

@Injectable()
export class DoctorRepository {
  constructor(private readonly dataSource: DataSource) {}

  async ping(): Promise<void> {
    await this.dataSource.query('SELECT 1');
  }

  schema(): Promise<SchemaState> {
    return inspectSchema(this.dataSource);
  }

  async counts(): Promise<Counts> {
    const [row] = (await this.dataSource.query(
      `SELECT (SELECT count(*) FROM workers WHERE state = 'ready')::int AS workers,
         (SELECT count(*) FROM tasks WHERE state = 'dead')::int AS dead,
         (SELECT count(*) FROM tasks WHERE state IN ('pending', 'queued', 'running'))::int AS waiting,
         (SELECT count(*) FROM sessions WHERE ended_at IS NULL)::int AS sessions`,
    )) as [{ workers: number; dead: number; waiting: number; sessions: number }];
    return {
      workersReady: row.workers,
      tasksDead: row.dead,
      tasksWaiting: row.waiting,
      sessionsLive: row.sessions,
    };
  }
}
