import {
  GatehouseError,
  type Approval,
  type Page,
  type Promotion,
  type PromotionQuery,
} from '@gatehouse/contracts';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import {
  answersFor,
  countedApprovals,
  countOfPeople,
  toApproval,
  type ApprovalRow,
} from './approval/approval.row.js';
import { PromotionEntity } from './promotion.entity.js';
import { promotionFacts, type PromotionFacts } from './promotion.facts.repository.js';
import { PullRequestsRepository } from './pull-request/pull-request.repository.js';
import { targetMoved } from './target.drift.js';

type Changes = { [K in keyof PromotionEntity]?: PromotionEntity[K] | (() => string) };

interface NamesRow {
  id: string;
  job_id: string;
  job_name: string;
  requested_by: string;
  requester: string;
  name: string;
  given: number;
}

const active: PromotionEntity['state'][] = ['pending', 'awaiting_approval', 'running', 'errored'];

/** As everybody finds it. */
export type PromotionForAll = Omit<Promotion, 'answerRefused'>;

/** Every query on promotions, approvals and lanes. Changes of state are compare-and-set on (state, version). */
@Injectable()
export class PromotionsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly pulls: PullRequestsRepository,
  ) {}

  async insert(manager: Transaction, row: Partial<PromotionEntity>): Promise<PromotionEntity> {
    await manager.insert(PromotionEntity, row as PromotionEntity);
    return this.row(row.id as string, manager);
  }

  async row(id: string, manager: Transaction = this.dataSource.manager): Promise<PromotionEntity> {
    return found(id, await manager.findOneBy(PromotionEntity, { id }));
  }

  /** Locks the row until the transaction ends. Its session is locked before it, its lane after it. */
  async lock(manager: Transaction, id: string): Promise<PromotionEntity> {
    const lock = { mode: 'pessimistic_write' } as const;
    return found(id, await manager.findOne(PromotionEntity, { where: { id }, lock }));
  }

  /** Answers false where the row is no longer what the caller decided upon. */
  async update(manager: Transaction, row: PromotionEntity, changes: Changes): Promise<boolean> {
    const { affected } = await manager.update(
      PromotionEntity,
      { id: row.id, state: row.state, version: row.version },
      { ...changes, version: row.version + 1, updatedAt: () => 'now()' } as never,
    );
    return affected === 1;
  }

  async latest(
    sessionId: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<PromotionEntity | undefined> {
    return (
      (await manager.findOne(PromotionEntity, { where: { sessionId }, order: { id: 'DESC' } })) ?? undefined
    );
  }

  async activeOf(manager: Transaction, sessionId: string): Promise<PromotionEntity | undefined> {
    const where = { sessionId, state: In(active) };
    const lock = { mode: 'pessimistic_write' } as const;
    return (await manager.findOne(PromotionEntity, { where, lock })) ?? undefined;
  }

  /** Locks the lane, made where it is missing. */
  async lockLane(manager: Transaction, { repositoryId, target }: PromotionEntity): Promise<void> {
    await manager.query(
      `INSERT INTO lanes (repository_id, target) VALUES ($1, $2)
       ON CONFLICT (repository_id, target) DO UPDATE SET generation = lanes.generation`,
      [repositoryId, target],
    );
  }

  /** The next generation of a locked lane: whoever holds an older one changes nothing any more. */
  async raiseLane(manager: Transaction, { repositoryId, target }: PromotionEntity): Promise<number> {
    const [[row]] = (await manager.query(
      `UPDATE lanes SET generation = generation + 1 WHERE repository_id = $1 AND target = $2 RETURNING generation`,
      [repositoryId, target],
    )) as [[{ generation: number }], number];
    return row.generation;
  }

  async runningIn(
    manager: Transaction,
    { repositoryId, target }: PromotionEntity,
  ): Promise<PromotionEntity | undefined> {
    return (
      (await manager.findOneBy(PromotionEntity, { repositoryId, target, state: 'running' })) ?? undefined
    );
  }

  /** Where an earlier promotion of the same session left its branch. */
  async headOf(sessionId: string, branch: string): Promise<string | null> {
    const where = { sessionId, branch, state: 'succeeded' } as const;
    const row = await this.dataSource.manager.findOne(PromotionEntity, { where, order: { id: 'DESC' } });
    return row?.commit ?? null;
  }

  /** Whether the run that wrote this row still holds its lane: no other one has taken over since. */
  async holds({ id, laneGeneration }: PromotionEntity): Promise<boolean> {
    const row = await this.row(id);
    return row.state === 'running' && row.laneGeneration === laneGeneration;
  }

  /** Whether a commit of this session was proven for a promotion that then ended without it. */
  async isStale(sessionId: string, commit: string): Promise<boolean> {
    const rows = (await this.dataSource.query(
      `SELECT 1 FROM proofs p JOIN promotions m ON m.id = p.promotion_id
       WHERE m.session_id = $1 AND p.commit = $2 AND m.state IN ('failed', 'aborted', 'discarded') LIMIT 1`,
      [sessionId, commit],
    )) as unknown[];
    return rows.length === 1;
  }

  /** How often the target moved away under the session's promotions within `withinMs`. */
  async driftsOf(sessionId: string, withinMs: number): Promise<number> {
    const [{ n }] = (await this.dataSource.query(
      `SELECT count(*)::int AS n FROM promotions WHERE session_id = $1 AND state = 'discarded' AND reason_code = $2
         AND ended_at > now() - $3 * interval '1 ms'`,
      [sessionId, targetMoved, withinMs],
    )) as [{ n: number }];
    return n;
  }

  facts(row: PromotionEntity, manager: Transaction = this.dataSource.manager): Promise<PromotionFacts> {
    return promotionFacts(manager, row);
  }

  /**
   * Adds an answer; one that has run out is replaced. Answers false where this principal's answer still counts.
   * `ttlMs` counts from now by the database's clock.
   */
  async addApproval(
    manager: Transaction,
    row: PromotionEntity,
    answer: { principalId: string; answer: Approval['answer']; reason: string; ttlMs: number },
  ): Promise<boolean> {
    const rows = (await manager.query(
      `INSERT INTO approvals (id, promotion_id, principal_id, answer, reason, binding_digest, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms')
       ON CONFLICT (promotion_id, principal_id) DO UPDATE
         SET answer = EXCLUDED.answer, reason = EXCLUDED.reason, binding_digest = EXCLUDED.binding_digest,
             created_at = EXCLUDED.created_at, expires_at = EXCLUDED.expires_at
         WHERE approvals.expires_at <= now()
       RETURNING id`,
      [
        newId('approval'),
        row.id,
        answer.principalId,
        answer.answer,
        answer.reason,
        row.bindingDigest,
        answer.ttlMs,
      ],
    )) as unknown[];
    return rows.length === 1;
  }

  /** Lets what a principal of this name approved run out now. Answers false where that counted no more. */
  async endApproval(manager: Transaction, { id }: PromotionEntity, principal: string): Promise<boolean> {
    const [, ended] = (await manager.query(
      `UPDATE approvals a SET expires_at = now() FROM principals p
       WHERE a.promotion_id = $1 AND p.id = a.principal_id AND p.name = $2 AND a.answer = 'approve'
         AND a.expires_at > now()`,
      [id, principal],
    )) as [unknown, number];
    return ended === 1;
  }

  /** Approvals that count now: not run out, of equal binding, of people who still may and did not ask for the job (I7). */
  async countApprovals(
    row: PromotionEntity,
    requestedBy: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<number> {
    const [counted] = (await manager.query(
      `SELECT ${countOfPeople} AS n FROM ${countedApprovals('$2')} AND k.id = $1`,
      [row.id, requestedBy],
    )) as [{ n: number }];
    return counted.n;
  }

  /** By promotion, oldest first. */
  async approvals(promotionIds: readonly string[]): Promise<ReadonlyMap<string, Approval[]>> {
    const rows = (await this.dataSource.query(
      `SELECT k.id AS given_for, a.*, p.name AS principal FROM ${answersFor}
       WHERE k.id = ANY($1) ORDER BY a.created_at, a.id`,
      [promotionIds],
    )) as ApprovalRow[];
    return new Map(
      promotionIds.map((id) => [id, rows.filter((row) => row.given_for === id).map(toApproval)]),
    );
  }

  async page(query: PromotionQuery): Promise<Page<PromotionForAll>> {
    const find = this.dataSource.manager
      .createQueryBuilder(PromotionEntity, 'm')
      .where(pageWhere(query, 'prm'))
      .orderBy('m.id', 'DESC')
      .take(query.limit + 1);
    if (query.state !== undefined) find.andWhere('m.state = :state', { state: query.state });
    if (query.sessionId !== undefined) find.andWhere('m.sessionId = :session', { session: query.sessionId });
    if (query.repository !== undefined)
      find.andWhere('m.repositoryId = (SELECT r.id FROM repositories r WHERE r.name = :name)', {
        name: query.repository,
      });
    const page = pageOfRows(await find.getMany(), query.limit);
    return { items: await this.toWire(page.items), next: page.next };
  }

  /** As the wire shows them, with the answers given. */
  async toWire(rows: readonly PromotionEntity[]): Promise<PromotionForAll[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const names = (await this.dataSource.query(
      `SELECT m.id, s.job_id, j.name AS job_name, j.requested_by, q.name AS requester, r.name,
              (SELECT ${countOfPeople} FROM ${countedApprovals('j.requested_by')} AND k.id = m.id) AS given
       FROM promotions m JOIN sessions s ON s.id = m.session_id JOIN jobs j ON j.id = s.job_id
       JOIN principals q ON q.id = j.requested_by JOIN repositories r ON r.id = m.repository_id
       WHERE m.id = ANY($1)`,
      [ids],
    )) as NamesRow[];
    const approvals = await this.approvals(ids);
    const sessions = rows.map(({ id, sessionId }) => ({
      id: sessionId,
      repository: names.find((name) => name.id === id)?.name ?? '',
    }));
    const pulls = await this.pulls.bySession(sessions);
    return rows.map((row) => {
      const name = found(
        row.id,
        names.find(({ id }) => id === row.id),
      );
      const given = approvals.get(row.id) ?? [];
      return toPromotion(row, name, { approvals: given, pullRequest: pulls.get(row.sessionId) ?? null });
    });
  }
}

const toPromotion = (
  row: PromotionEntity,
  beside: NamesRow,
  { approvals, pullRequest }: Pick<Promotion, 'approvals' | 'pullRequest'>,
): PromotionForAll => ({
  id: row.id,
  candidateId: row.candidateId,
  sessionId: row.sessionId,
  jobId: beside.job_id,
  jobName: beside.job_name,
  requestedBy: { id: beside.requested_by, name: beside.requester },
  repository: beside.name,
  target: row.target,
  requestedLevel: row.requestedLevel,
  level: row.level,
  degradedBecause: row.degradedBecause,
  state: row.state,
  reason: row.reasonCode === null ? null : { code: row.reasonCode, message: row.reasonMessage ?? '' },
  quorum: row.quorum,
  askedBecause: row.askedBecause,
  approvalsGiven: beside.given,
  approvals,
  result:
    row.publishedTree === null ? null : { branch: row.branch, commit: row.commit, tree: row.publishedTree },
  pullRequest,
  supersededBy: row.supersededBy,
  createdAt: row.createdAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});

const found = <T>(id: string, row: T | null | undefined): T => {
  if (row !== null && row !== undefined) return row;
  throw new GatehouseError('promotion.not_found', `There is no promotion ${id}.`);
};
