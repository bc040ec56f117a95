import {
  GatehouseError,
  type Page,
  type Trigger,
  type TriggerDocument,
  type TriggerQuery,
  type TriggerState,
} from '@gatehouse/contracts';
import { isUniqueViolation, runQuery } from '@gatehouse/database';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

interface TriggerRow {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly version: number;
  readonly digest: string;
  readonly state: TriggerState;
  readonly document: TriggerDocument;
  readonly created_by: string;
  readonly created_at: Date;
}

export interface Firing {
  readonly jobId: string;
  readonly triggerId: string;
  readonly number: number;
}

const select = `SELECT t.id, t.name, r.name AS repository, t.version, t.digest, t.state, t.document, t.created_by,
  t.created_at FROM triggers t JOIN repositories r ON r.id = t.repository_id`;

const toTrigger = ({ created_by, created_at, ...row }: TriggerRow): Trigger => ({
  ...row,
  createdBy: created_by,
  createdAt: created_at.toISOString(),
});

/** What a trigger listens to, as one word. */
export const firesOn = ({ spec: { on } }: TriggerDocument): string =>
  'label' in on ? `label:${on.label.toLowerCase()}` : `command:${on.command}`;

/** SQL: what session `s` came to waits for an approval, or for room before reviewers, and nothing of it is published. */
const waitsForPeople = `EXISTS (SELECT 1 FROM promotions m WHERE m.session_id = s.id
  AND (m.state = 'awaiting_approval' OR (m.state = 'pending' AND m.reason_code = 'promotion.budget')))
  AND NOT EXISTS (SELECT 1 FROM pull_requests q WHERE q.session_id = s.id AND q.state = 'open')`;

/** Every query on triggers and on what they have set off. */
@Injectable()
export class TriggersRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The version in force of a name; locks it. */
  async current(manager: Transaction, repositoryId: string, name: string): Promise<Trigger | undefined> {
    const [row] = await this.query<TriggerRow>(
      `${select} WHERE t.repository_id = $1 AND t.name = $2 AND t.current FOR UPDATE OF t`,
      [repositoryId, name],
      manager,
    );
    return row && toTrigger(row);
  }

  /** Takes the place of the version before. Throws `trigger.exists` where another one listens to the same. */
  async insert(
    manager: Transaction,
    given: {
      readonly repositoryId: string;
      readonly document: TriggerDocument;
      readonly digest: string;
      readonly createdBy: string;
      readonly state: TriggerState;
    },
  ): Promise<Trigger> {
    const { repositoryId, document, digest, createdBy, state } = given;
    const { name } = document.metadata;
    const id = newId('trigger');
    await this.query(
      `UPDATE triggers SET current = false WHERE repository_id = $1 AND name = $2 AND current`,
      [repositoryId, name],
      manager,
    );
    try {
      await this.query(
        `INSERT INTO triggers (id, repository_id, name, version, digest, document, fires_on, state, current, created_by)
         SELECT $1, $2, $3, 1 + coalesce(max(version), 0), $4, $5, $6, $7, true, $8
         FROM triggers WHERE repository_id = $2 AND name = $3`,
        [id, repositoryId, name, digest, JSON.stringify(document), firesOn(document), state, createdBy],
        manager,
      );
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new GatehouseError(
        'trigger.exists',
        `Another trigger of ${document.spec.repository} listens to ${firesOn(document)}. Change or delete that one.`,
      );
    }
    return this.find(id, manager);
  }

  async setState(manager: Transaction, id: string, state: TriggerState): Promise<void> {
    await this.query(
      `UPDATE triggers SET state = $2, current = $3 WHERE id = $1`,
      [id, state, state !== 'deleted'],
      manager,
    );
  }

  /** Throws `trigger.not_found`. */
  async find(id: string, manager?: Transaction): Promise<Trigger> {
    const [row] = await this.query<TriggerRow>(`${select} WHERE t.id = $1`, [id], manager);
    if (row === undefined) throw new GatehouseError('trigger.not_found', `There is no trigger ${id}.`);
    return toTrigger(row);
  }

  /** Locks it. Throws `trigger.not_found`, also where a newer version or nothing took its place. */
  async lock(id: string, manager: Transaction): Promise<Trigger> {
    const [row] = await this.query<TriggerRow>(
      `${select} WHERE t.id = $1 AND t.current FOR UPDATE OF t`,
      [id],
      manager,
    );
    if (row === undefined)
      throw new GatehouseError(
        'trigger.not_found',
        `There is no trigger ${id} in force. See gatehouse trigger list.`,
      );
    return toTrigger(row);
  }

  async page(query: TriggerQuery): Promise<Page<Trigger>> {
    pageWhere(query, 'trg');
    const rows = await this.query<TriggerRow>(
      `${select} WHERE t.current AND ($1::text IS NULL OR r.name = $1) AND ($2::text IS NULL OR t.id < $2)
       ORDER BY t.id DESC LIMIT $3`,
      [query.repository ?? null, query.cursor ?? null, query.limit + 1],
    );
    return pageOfRows(rows.map(toTrigger), query.limit);
  }

  /** The active one that listens to this. */
  async listening(repositoryId: string, on: string): Promise<Trigger | undefined> {
    const [row] = await this.query<TriggerRow>(
      `${select} WHERE t.repository_id = $1 AND t.fires_on = $2 AND t.current AND t.state = 'active'`,
      [repositoryId, on],
    );
    return row && toTrigger(row);
  }

  /** Until the transaction ends nobody else fires, or looks whether something runs, for this issue. */
  async lockIssue(manager: Transaction, repositoryId: string, number: number): Promise<void> {
    await this.query(
      `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`,
      [`trigger:${repositoryId}:${number}`],
      manager,
    );
  }

  async firedBy(repositoryId: string, cause: string, manager?: Transaction): Promise<Firing | undefined> {
    const [row] = await this.query<Firing>(
      `SELECT job_id AS "jobId", trigger_id AS "triggerId", number FROM trigger_firings
       WHERE repository_id = $1 AND cause = $2`,
      [repositoryId, cause],
      manager,
    );
    return row;
  }

  /**
   * The newest job that triggers made of an issue; of one trigger name where that is given. `live`: it is at work, or
   * its pull request is open; one that waits for people may be asked for anew.
   */
  async lastOf(
    repositoryId: string,
    number: number,
    name?: string,
    manager?: Transaction,
  ): Promise<(Firing & { readonly live: boolean }) | undefined> {
    const [row] = await this.query<Firing & { live: boolean }>(
      `SELECT f.job_id AS "jobId", f.trigger_id AS "triggerId", f.number,
         s.ended_at IS NULL AND NOT (${waitsForPeople}) AS live
       FROM trigger_firings f JOIN triggers t ON t.id = f.trigger_id
       JOIN sessions s ON s.job_id = f.job_id AND s.parent_id IS NULL
       WHERE f.repository_id = $1 AND f.number = $2 AND ($3::text IS NULL OR t.name = $3)
       ORDER BY s.ended_at IS NULL DESC, f.job_id DESC LIMIT 1`,
      [repositoryId, number, name ?? null],
      manager,
    );
    return row;
  }

  async noteFiring(
    manager: Transaction,
    { repositoryId, cause, triggerId, number, jobId }: Firing & { repositoryId: string; cause: string },
  ): Promise<void> {
    await this.query(
      `INSERT INTO trigger_firings (repository_id, cause, trigger_id, number, job_id) VALUES ($1, $2, $3, $4, $5)`,
      [repositoryId, cause, triggerId, number, jobId],
      manager,
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
