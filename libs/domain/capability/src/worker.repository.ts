import {
  GatehouseError,
  type Page,
  type PageQuery,
  type RegisterWorker,
  type Worker,
} from '@gatehouse/contracts';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WorkerEntity } from './worker.entity.js';

@Injectable()
export class WorkersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Known again by its name, which belongs to one principal for good. Answers undefined where it is another's. */
  async register(
    manager: Transaction,
    principalId: string,
    worker: RegisterWorker,
  ): Promise<{ id: string; first: boolean } | undefined> {
    const [row] = (await manager.query(
      `INSERT INTO workers (id, principal_id, name, zone, state, sandboxes, labels, version, slots)
       SELECT $1, $2, $3, $4, 'ready', $5::jsonb, $6::jsonb, $7, $8::int
       -- A principal keeps the trust zone it began in: an agent's worker can never become a validator.
       WHERE NOT EXISTS (SELECT 1 FROM workers WHERE principal_id = $2 AND zone <> $4)
       ON CONFLICT (name) DO UPDATE SET
         state = CASE WHEN workers.state IN ('draining', 'cordoned') THEN workers.state ELSE 'ready' END,
         sandboxes = excluded.sandboxes, labels = excluded.labels, version = excluded.version,
         slots = excluded.slots, last_seen_at = now()
       WHERE workers.principal_id = excluded.principal_id AND workers.zone = excluded.zone
       RETURNING id, xmax = 0 AS first`,
      [
        newId('worker'),
        principalId,
        worker.name,
        worker.zone,
        JSON.stringify(worker.sandboxes),
        JSON.stringify(worker.labels),
        worker.version,
        worker.slots,
      ],
    )) as { id: string; first: boolean }[];
    return row;
  }

  async find(id: string, manager: Transaction = this.dataSource.manager): Promise<WorkerEntity> {
    const row = await manager.findOneBy(WorkerEntity, { id });
    if (!row) throw new GatehouseError('worker.not_found', `There is no worker ${id}. Register again.`);
    return row;
  }

  async names(ids: readonly string[]): Promise<Map<string, string>> {
    const rows = (await this.dataSource.query(`SELECT id, name FROM workers WHERE id = ANY($1)`, [ids])) as {
      id: string;
      name: string;
    }[];
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Notes that it was heard of, at most every few seconds: a waiting worker must cost nothing. */
  async seen(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE workers SET last_seen_at = now(), state = CASE WHEN state = 'disconnected' THEN 'ready' ELSE state END
       WHERE id = $1 AND (last_seen_at < now() - interval '10 seconds' OR state = 'disconnected')`,
      [id],
    );
  }

  async setState(manager: Transaction, id: string, state: WorkerEntity['state']): Promise<void> {
    await manager.update(WorkerEntity, { id }, { state });
  }

  /** Ready workers that were not heard of for this long become disconnected. */
  async markDisconnected(silentMs: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE workers SET state = 'disconnected'
       WHERE state IN ('ready', 'draining', 'cordoned') AND last_seen_at < now() - $1 * interval '1 millisecond'`,
      [silentMs],
    );
  }

  async page(query: PageQuery): Promise<Page<Worker>> {
    const rows = await this.dataSource.manager.find(WorkerEntity, {
      where: pageWhere(query, 'wrk'),
      order: { id: 'DESC' },
      take: query.limit + 1,
    });
    const page = pageOfRows(rows, query.limit);
    const counts = (await this.dataSource.query(
      `SELECT worker_id, count(*)::int AS n FROM leases WHERE state = 'active' AND worker_id = ANY($1) GROUP BY 1`,
      [page.items.map(({ id }) => id)],
    )) as { worker_id: string; n: number }[];
    const leases = new Map(counts.map(({ worker_id, n }) => [worker_id, n]));
    return { items: page.items.map((row) => toWorker(row, leases.get(row.id) ?? 0)), next: page.next };
  }
}

export const toWorker = (row: WorkerEntity, activeLeases: number): Worker => ({
  id: row.id,
  name: row.name,
  zone: row.zone,
  state: row.state,
  sandboxes: row.sandboxes,
  isolated: !row.sandboxes.some(({ mode }) => mode === 'unisolated'),
  labels: row.labels,
  version: row.version,
  lastSeenAt: row.lastSeenAt.toISOString(),
  registeredAt: row.registeredAt.toISOString(),
  activeLeases,
});
