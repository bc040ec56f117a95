import {
  GatehouseError,
  type DeliveryOutcome,
  type DeliveryPayload,
  type DeliveryState,
  type Page,
  type WebhookDelivery,
  type WebhookDeliveryQuery,
} from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import { Tasks, type Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Intake } from '../intake.js';
import { Issue } from './payload.js';
import { parseBody } from './reading.js';

interface DeliveryRow {
  readonly id: string;
  readonly delivery_id: string;
  readonly event: string;
  readonly action: string | null;
  readonly repository: string | null;
  readonly bytes: number;
  readonly state: DeliveryState;
  readonly outcome: DeliveryOutcome | null;
  readonly received_at: Date;
  readonly handled_at: Date | null;
}

/** A delivery with its body, on its way to be handled. */
export interface StoredDelivery {
  readonly id: string;
  readonly event: string;
  readonly body: Buffer;
  readonly receivedAt: Date;
}

/** A delivery at the door. */
interface Received {
  readonly id: string;
  readonly deliveryId: string;
  readonly event: string;
  readonly body: Buffer;
}

/** How handling ended. */
export interface Settled {
  readonly state: Exclude<DeliveryState, 'received'>;
  readonly action: string | null;
  readonly repositoryId: string | null;
  /** Names the comment or review that it tells of; null of others. */
  readonly cause: string | null;
  readonly outcome: DeliveryOutcome;
}

/** As much of a body as anybody reads. */
const shownBytes = 1024 * 1024;

const notFound = (id: string) => new GatehouseError('webhook.not_found', `There is no delivery ${id}.`);

const select = `SELECT d.id, d.delivery_id, d.event, d.action, r.name AS repository, length(d.body) AS bytes, d.state,
  d.outcome, d.received_at, d.handled_at
  FROM webhook_deliveries d LEFT JOIN repositories r ON r.id = d.repository_id`;

const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  deliveryId: row.delivery_id,
  event: row.event,
  action: row.action,
  repository: row.repository,
  bytes: row.bytes,
  state: row.state,
  outcome: row.outcome,
  receivedAt: row.received_at.toISOString(),
  handledAt: row.handled_at?.toISOString() ?? null,
});

/** Every query on deliveries. */
@Injectable()
export class DeliveriesRepository {
  readonly #intake = new Intake<Received>(
    (rows) => this.store(rows),
    ({ body }) => body.length,
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly tasks: Tasks,
  ) {}

  /** One statement stores the delivery and its task, once for a delivery id. */
  async receive(given: {
    readonly deliveryId: string;
    readonly event: string;
    readonly body: Buffer;
  }): Promise<{ delivery: string; duplicate: boolean }> {
    const id = newId('webhookDelivery');
    if (await this.#intake.add({ id, ...given })) return { delivery: id, duplicate: false };
    return { delivery: await this.storedAs(given.deliveryId), duplicate: true };
  }

  private async storedAs(deliveryId: string, manager?: Transaction): Promise<string> {
    const [row] = await this.query<{ id: string }>(
      'SELECT id FROM webhook_deliveries WHERE delivery_id = $1',
      [deliveryId],
      manager,
    );
    if (row !== undefined) return row.id;
    throw new GatehouseError('webhook.not_found', 'It was removed at this moment. Send the delivery again.');
  }

  /** As if it had come in, within the caller's transaction. */
  async give(
    manager: Transaction,
    given: { readonly deliveryId: string; readonly event: string; readonly body: Buffer },
  ): Promise<{ delivery: string; duplicate: boolean }> {
    const id = newId('webhookDelivery');
    const stored = await runQuery<unknown[]>(
      manager,
      `INSERT INTO webhook_deliveries (id, delivery_id, event, body) VALUES ($1, $2, $3, $4)
       ON CONFLICT (delivery_id) DO NOTHING RETURNING id`,
      [id, given.deliveryId, given.event, given.body],
    );
    if (stored.length === 0)
      return { delivery: await this.storedAs(given.deliveryId, manager), duplicate: true };
    await this.tasks.enqueue(manager, { type: 'webhook.handle', payload: { deliveryId: id } });
    return { delivery: id, duplicate: false };
  }

  /** Undefined where it is handled already, or gone. */
  async waiting(id: string): Promise<StoredDelivery | undefined> {
    const [row] = await this.query<StoredDelivery>(
      `SELECT id, event, body, received_at AS "receivedAt" FROM webhook_deliveries WHERE id = $1 AND state = 'received'`,
      [id],
    );
    return row;
  }

  /** False where it is no longer `received`: somebody else has handled it. Locks the row. */
  async settle(manager: Transaction, id: string, settled: Settled): Promise<boolean> {
    const [, affected] = await runQuery<[unknown, number]>(
      manager,
      `UPDATE webhook_deliveries SET state = $2, action = $3, repository_id = $4, outcome = $5, cause = $6, handled_at = now()
       WHERE id = $1 AND state = 'received'`,
      [
        ...[id, settled.state, settled.action, settled.repositoryId],
        ...[JSON.stringify(settled.outcome), settled.cause],
      ],
    );
    return affected === 1;
  }

  /** Which of these comments and reviews deliveries told of that were settled, whatever came of them. */
  async causesKnown(repositoryId: string, causes: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.query<{ cause: string }>(
      'SELECT cause FROM webhook_deliveries WHERE repository_id = $1 AND cause = ANY($2)',
      [repositoryId, causes],
    );
    return new Set(rows.map(({ cause }) => cause));
  }

  /** Whether another delivery that told of the same comment or review had its effect. */
  async hadEffect(repositoryId: string, cause: string, besides: string): Promise<boolean> {
    const rows = await this.query(
      `SELECT 1 FROM webhook_deliveries WHERE repository_id = $1 AND cause = $2 AND state = 'handled' AND id <> $3`,
      [repositoryId, cause, besides],
    );
    return rows.length > 0;
  }

  /** What came of a comment or review; undefined where nothing did. */
  async outcomeOf(repositoryId: string, cause: string): Promise<DeliveryOutcome | undefined> {
    const [row] = await this.query<{ outcome: DeliveryOutcome }>(
      `SELECT outcome FROM webhook_deliveries WHERE repository_id = $1 AND cause = $2 AND state = 'handled'`,
      [repositoryId, cause],
    );
    return row?.outcome;
  }

  /** To be handled once more. Throws `webhook.not_found`. */
  async replay(manager: Transaction, id: string): Promise<WebhookDelivery> {
    await this.find(id, manager);
    await runQuery(
      manager,
      `UPDATE webhook_deliveries SET state = 'received', handled_at = NULL WHERE id = $1`,
      [id],
    );
    await this.tasks.enqueue(manager, {
      type: 'webhook.handle',
      payload: { deliveryId: id },
      dedupeKey: `webhook.handle:${id}`,
    });
    return this.find(id, manager);
  }

  /** Throws `webhook.not_found`. */
  async find(id: string, manager?: Transaction): Promise<WebhookDelivery> {
    const [row] = await this.query<DeliveryRow>(`${select} WHERE d.id = $1`, [id], manager);
    if (row === undefined) throw notFound(id);
    return toDelivery(row);
  }

  /** Its beginning; a character that the cut went through is replaced. Throws `webhook.not_found`. */
  async payload(id: string): Promise<DeliveryPayload> {
    const [row] = await this.query<{ head: Buffer; bytes: number }>(
      'SELECT substring(body FROM 1 FOR $2) AS head, length(body) AS bytes FROM webhook_deliveries WHERE id = $1',
      [id, shownBytes],
    );
    if (row === undefined) throw notFound(id);
    return { text: row.head.toString('utf8'), cut: row.bytes > shownBytes };
  }

  async page(query: WebhookDeliveryQuery): Promise<Page<WebhookDelivery>> {
    pageWhere(query, 'whd');
    const { state, event, cursor, limit } = query;
    const rows = await this.query<DeliveryRow>(
      `${select} WHERE ($1::text IS NULL OR d.state = $1) AND ($2::text IS NULL OR d.event = $2)
         AND ($3::text IS NULL OR d.id < $3) ORDER BY d.id DESC LIMIT $4`,
      [state ?? null, event ?? null, cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toDelivery), limit);
  }

  /** Issues of a repository that deliveries told of, newest first, each once; what was sent is not believed to be well. */
  async recentIssues(
    repositoryId: string,
    limit: number,
  ): Promise<{ number: number; title: string; body: string }[]> {
    const rows = await this.query<{ body: Buffer }>(
      `SELECT body FROM webhook_deliveries WHERE repository_id = $1 AND event IN ('issues', 'issue_comment')
         AND length(body) < 262144 ORDER BY id DESC LIMIT $2`,
      [repositoryId, limit],
    );
    const seen = new Map<number, { number: number; title: string; body: string }>();
    for (const { body } of rows) {
      const { issue } = Object(parseBody(body)) as { issue?: unknown };
      const read = Issue.safeParse(issue);
      // Two hundred large bodies at a stretch would keep the door from answering.
      await setImmediate();
      if (read.success && !seen.has(read.data.number))
        seen.set(read.data.number, { number: read.data.number, title: read.data.title, body: '' });
    }
    return [...seen.values()];
  }

  /** Removes the oldest that are older than this and over; answers how many. */
  async forget(keptMs: number, limit: number): Promise<number> {
    const [, affected] = await this.query<unknown>(
      `DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries
         WHERE state <> 'received' AND received_at < now() - $1 * interval '1 ms' ORDER BY id LIMIT $2)`,
      [keptMs, limit],
    );
    return affected as number;
  }

  /** Answers the ids of the new ones. Each value is a parameter of its own: bodies travel as bytes, not as text. */
  private store(rows: readonly Received[]): Promise<ReadonlySet<string>> {
    const values = rows.map((_, at) => `(${[1, 2, 3, 4].map((one) => `$${at * 4 + one}`).join(', ')})`);
    const task = (id: string) => ({ type: 'webhook.handle', payload: { deliveryId: id } }) as const;
    return this.tasks.enqueueBeside(
      {
        name: 'webhook_intake',
        sql: `INSERT INTO webhook_deliveries (id, delivery_id, event, body) VALUES ${values.join(', ')}
          ON CONFLICT (delivery_id) DO NOTHING RETURNING id`,
        parameters: rows.flatMap(({ id, deliveryId, event, body }) => [id, deliveryId, event, body]),
      },
      new Map(rows.map(({ id }) => [id, task(id)])),
    );
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: Transaction = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}
