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
import { DataSource, In } from 'typeorm';
import { WorkerEntity } from './worker.entity.js';

@Injectable()
export class WorkersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Known again by its name, which belongs to one principal for good. Answers undefined where it is another's, or
   * where the zone is not the one its principal was made for: an agent's worker can never become a validator.
   * Labels are not the worker's to say; `asserted` is what the plane knows itself of one of its own.
   */
  async register(
    manager: Transaction,
    principalId: string,
    worker: RegisterWorker,
    asserted: Readonly<Record<string, string>>,
  ): Promise<{ id: string; first: boolean } | undefined> {
    const [row] = (await manager.query(
      `INSERT INTO workers (id, principal_id, name, zone, state, sandboxes, labels, version, slots)
       SELECT $1, p.id, $3, p.zone, 'ready', $5::jsonb, CASE WHEN p.embedded THEN $6::jsonb ELSE '{}' END, $7, $8::int
       FROM principals p WHERE p.id = $2 AND p.zone = $4
       ON CONFLICT (name) DO UPDATE SET
         state = CASE WHEN workers.state IN ('draining', 'cordoned') THEN workers.state ELSE 'ready' END,
         sandboxes = excluded.sandboxes, labels = workers.labels || excluded.labels, version = excluded.version,
         slots = excluded.slots, last_seen_at = now()
       WHERE workers.principal_id = excluded.principal_id AND workers.zone = excluded.zone
       RETURNING id, xmax = 0 AS first`,
      [
        newId('worker'),
        principalId,
        worker.name,
        worker.zone,
        JSON.stringify(worker.sandboxes),
        JSON.stringify(asserted),
        worker.version,
        worker.slots,
      ],
    )) as { id: string; first: boolean }[];
    return row;
  }

  /** Those of the seekers that may take work now: ready, their principal enabled and their token not revoked. */
  async claiming(
    manager: Transaction,
    seekers: readonly { workerId: string; tokenId: string | null }[],
  ): Promise<WorkerEntity[]> {
    const rows = (await manager.query(
      `SELECT DISTINCT w.id FROM unnest($1::text[], $2::text[]) AS s (worker_id, token_id)
       JOIN workers w ON w.id = s.worker_id JOIN principals p ON p.id = w.principal_id
       LEFT JOIN tokens t ON t.id = s.token_id
       WHERE w.state = 'ready' AND NOT p.disabled AND p.zone = w.zone AND t.revoked_at IS NULL`,
      [seekers.map(({ workerId }) => workerId), seekers.map(({ tokenId }) => tokenId)],
    )) as { id: string }[];
    return rows.length === 0 ? [] : manager.findBy(WorkerEntity, { id: In(rows.map(({ id }) => id)) });
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

  /** Notes that they were heard of, at most every few seconds each: one statement for all. */
  async seen(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.dataSource.query(
      `UPDATE workers SET last_seen_at = now(), state = CASE WHEN state = 'disconnected' THEN 'ready' ELSE state END
       WHERE id = ANY($1) AND (last_seen_at < now() - interval '10 seconds' OR state = 'disconnected')`,
      [ids],
    );
  }

  async change(
    manager: Transaction,
    id: string,
    change: Partial<Pick<WorkerEntity, 'state' | 'labels'>>,
  ): Promise<void> {
    await manager.update(WorkerEntity, { id }, change);
  }

  /** True for one of the plane's own workers, whose machine the plane knows. */
  async isEmbedded(id: string, manager: Transaction): Promise<boolean> {
    const rows = (await manager.query(
      `SELECT FROM workers w JOIN principals p ON p.id = w.principal_id WHERE w.id = $1 AND p.embedded`,
      [id],
    )) as unknown[];
    return rows.length > 0;
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
    const leases = await this.activeLeases(page.items.map(({ id }) => id));
    return { items: page.items.map((row) => toWorker(row, leases.get(row.id) ?? 0)), next: page.next };
  }

  /** How many leases each holds; who holds none is missing. */
  async activeLeases(
    ids: readonly string[],
    manager: Transaction = this.dataSource.manager,
  ): Promise<Map<string, number>> {
    const counts = (await manager.query(
      `SELECT worker_id, count(*)::int AS n FROM leases WHERE state = 'active' AND worker_id = ANY($1) GROUP BY 1`,
      [ids],
    )) as { worker_id: string; n: number }[];
    return new Map(counts.map(({ worker_id, n }) => [worker_id, n]));
  }

  /** All of a zone that were ever known, the newest first, as far as one needs to say why nothing is taken. */
  inZone(zone: WorkerEntity['zone']): Promise<WorkerEntity[]> {
    return this.dataSource.manager.find(WorkerEntity, {
      where: { zone },
      order: { lastSeenAt: 'DESC' },
      take: 1000,
    });
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
