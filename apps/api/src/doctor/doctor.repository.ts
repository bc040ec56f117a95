import type { Worker } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface Counts {
  readonly workersReady: number;
  readonly tasksDead: number;
  readonly tasksWaiting: number;
  readonly sessionsLive: number;
}

/** Tasks that meet nobody who answers. */
export interface Outage {
  readonly tasks: number;
  readonly since: Date;
  /** The next try of any of them. */
  readonly next: Date;
  /** What the oldest of them met. */
  readonly error: string;
}

/** A sandbox that a connected worker says it has tried and can run. */
export type Offer = Worker['sandboxes'][number] & { readonly worker: string };

@Injectable()
export class DoctorRepository {
  constructor(readonly dataSource: DataSource) {}

  async offers(): Promise<Offer[]> {
    return (await this.dataSource.query(
      `SELECT workers.name AS worker, offer->>'kind' AS kind, offer->>'mode' AS mode, offer->>'detail' AS detail
       FROM workers, jsonb_array_elements(sandboxes) AS offer
       WHERE state IN ('ready', 'draining', 'cordoned') ORDER BY workers.name`,
    )) as Offer[];
  }

  async outage(): Promise<Outage | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT count(*)::int AS tasks, min(outage_since) AS since, min(run_at) AS next,
         (array_agg(last_error ORDER BY outage_since))[1] AS error
       FROM tasks WHERE state IN ('pending', 'queued', 'running') AND outage_since IS NOT NULL`,
    )) as [Outage];
    return row.tasks === 0 ? undefined : row;
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
