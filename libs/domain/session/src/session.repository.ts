import { GatehouseError, type Page, type SessionQuery } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource, In, IsNull } from 'typeorm';
import { AttemptEntity } from './attempt.entity.js';
import { pageOfRows, pageWhere } from './keyset.repository.js';
import { SessionEntity } from './session.entity.js';

type Changes<T> = { [K in keyof T]?: T[K] | (() => string) };

/** Every query on sessions and attempts. Changes of state are compare-and-set on (state, version). */
@Injectable()
export class SessionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insertSession(manager: Transaction, row: Partial<SessionEntity>): Promise<void> {
    await manager.insert(SessionEntity, row as SessionEntity);
  }

  async insertAttempt(manager: Transaction, row: Changes<AttemptEntity>): Promise<void> {
    await manager.insert(AttemptEntity, row as never);
  }

  /** Locks the row until the transaction ends: whoever changes a session or what belongs to it begins here. */
  async lock(manager: Transaction, id: string): Promise<SessionEntity> {
    const row = await manager.findOne(SessionEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row) throw new GatehouseError('session.not_found', `There is no session ${id}.`);
    return row;
  }

  async find(id: string): Promise<SessionEntity> {
    const row = await this.dataSource.manager.findOneBy(SessionEntity, { id });
    if (!row) throw new GatehouseError('session.not_found', `There is no session ${id}.`);
    return row;
  }

  async ofJob(jobId: string, manager: Transaction = this.dataSource.manager): Promise<SessionEntity> {
    const row = await manager.findOneBy(SessionEntity, { jobId, parentId: IsNull() });
    if (!row) throw new GatehouseError('session.not_found', `Job ${jobId} has no session.`);
    return row;
  }

  async page(query: SessionQuery): Promise<Page<SessionEntity>> {
    const where = { ...pageWhere(query, 'ses'), ...(query.jobId !== undefined && { jobId: query.jobId }) };
    const rows = await this.dataSource.manager.find(SessionEntity, {
      where,
      order: { id: 'DESC' },
      take: query.limit + 1,
    });
    return pageOfRows(rows, query.limit);
  }

  /** Answers false where the row is no longer what the caller decided upon. */
  async update(manager: Transaction, row: SessionEntity, changes: Changes<SessionEntity>): Promise<boolean> {
    const { affected } = await manager.update(
      SessionEntity,
      { id: row.id, state: row.state, version: row.version },
      { ...changes, version: row.version + 1, updatedAt: () => 'now()' } as never,
    );
    return affected === 1;
  }

  async attempt(id: string, manager: Transaction = this.dataSource.manager): Promise<AttemptEntity> {
    const row = await manager.findOneBy(AttemptEntity, { id });
    if (!row) throw new GatehouseError('attempt.not_found', `There is no attempt ${id}.`);
    return row;
  }

  attemptsOf(sessionId: string, manager: Transaction = this.dataSource.manager): Promise<AttemptEntity[]> {
    return manager.find(AttemptEntity, { where: { sessionId }, order: { id: 'ASC' } });
  }

  openAttempts(manager: Transaction, sessionId: string): Promise<AttemptEntity[]> {
    return manager.findBy(AttemptEntity, {
      sessionId,
      state: In(['queued', 'leased', 'running', 'uploading']),
    });
  }

  async updateAttempt(
    manager: Transaction,
    row: AttemptEntity,
    changes: Changes<AttemptEntity>,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      AttemptEntity,
      { id: row.id, state: row.state, version: row.version },
      { ...changes, version: row.version + 1 } as never,
    );
    return affected === 1;
  }

  /** Queued attempts that no worker took in time: id and session. */
  overdue(limit: number): Promise<{ id: string; session_id: string }[]> {
    return this.dataSource.query(
      `SELECT id, session_id FROM attempts WHERE state = 'queued' AND start_deadline < now() LIMIT $1`,
      [limit],
    );
  }
}
