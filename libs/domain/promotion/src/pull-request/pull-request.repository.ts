import type { PullRequest } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { PullRequestEntity } from './pull-request.entity.js';

type Changes = { [K in keyof PullRequestEntity]?: PullRequestEntity[K] | (() => string) };

/** Every query on pull requests. Changes are compare-and-set on the version. */
@Injectable()
export class PullRequestsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(manager: Transaction, row: Partial<PullRequestEntity>): Promise<PullRequestEntity> {
    await manager.insert(PullRequestEntity, { ...row, version: 0 } as PullRequestEntity);
    return manager.findOneByOrFail(PullRequestEntity, { id: row.id as string });
  }

  async find(
    id: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<PullRequestEntity | undefined> {
    return (await manager.findOneBy(PullRequestEntity, { id })) ?? undefined;
  }

  async ofSession(
    sessionId: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<PullRequestEntity | undefined> {
    return (await manager.findOneBy(PullRequestEntity, { sessionId })) ?? undefined;
  }

  /** The one with this number, e.g. of a webhook. */
  async byNumber(repositoryId: string, number: number): Promise<PullRequestEntity | undefined> {
    return (
      (await this.dataSource.manager.findOneBy(PullRequestEntity, { repositoryId, number })) ?? undefined
    );
  }

  /** Answers false where the row is no longer what the caller decided upon. */
  async update(manager: Transaction, row: PullRequestEntity, changes: Changes): Promise<boolean> {
    const { affected } = await manager.update(PullRequestEntity, { id: row.id, version: row.version }, {
      ...changes,
      version: row.version + 1,
      updatedAt: () => 'now()',
    } as never);
    return affected === 1;
  }

  /** Open ones nobody asked the forge about for `olderThanMs`, longest first. */
  async toLookAt(olderThanMs: number, limit: number): Promise<string[]> {
    const rows = (await this.dataSource.query(
      `SELECT id FROM pull_requests WHERE state = 'open' AND looked_at < now() - $1 * interval '1 ms'
       ORDER BY looked_at LIMIT $2`,
      [olderThanMs, limit],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** Notes of those that they are looked at now; answers which. */
  async lookAt(manager: Transaction, olderThanMs: number, limit: number): Promise<string[]> {
    const [rows] = await runQuery<[{ id: string }[], number]>(
      manager,
      `UPDATE pull_requests SET looked_at = now() WHERE id IN (
         SELECT id FROM pull_requests WHERE state = 'open' AND looked_at < now() - $1 * interval '1 ms'
         ORDER BY looked_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [olderThanMs, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** As the wire shows them, by session. */
  async bySession(
    sessions: readonly { id: string; repository: string }[],
  ): Promise<Map<string, PullRequest>> {
    if (sessions.length === 0) return new Map();
    const rows = await this.dataSource.manager.findBy(PullRequestEntity, {
      sessionId: In(sessions.map(({ id }) => id)),
    });
    return new Map(
      rows.map((row) => [
        row.sessionId,
        toPullRequest(row, sessions.find(({ id }) => id === row.sessionId)?.repository ?? ''),
      ]),
    );
  }
}

const toPullRequest = (row: PullRequestEntity, repository: string): PullRequest => ({
  id: row.id,
  sessionId: row.sessionId,
  repository,
  number: row.number,
  url: row.url,
  branch: row.branch,
  target: row.target,
  head: row.head,
  state: row.state,
  draft: row.draft,
  mergedCommit: row.mergedCommit,
  openedAt: row.openedAt.toISOString(),
  closedAt: row.closedAt?.toISOString() ?? null,
});
