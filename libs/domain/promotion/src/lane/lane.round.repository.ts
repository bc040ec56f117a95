import type { Reason } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { firstWindow, groundOf } from './lane.bisect.js';
import type { InLane, LaneCheck, LaneRoundRow, NewCheck, NewRound, Probe } from './lane.round.js';
import { unstacked } from './lane.round.js';

const roundColumns = `id, repository_id AS "repositoryId", target, number, head, before, largest,
  window_before AS "windowBefore", state, refused, probes`;
const checkColumns = `k.round_id AS "roundId", k.position, k.promotion_id AS "promotionId",
  k.candidate_id AS "candidateId", k.policy_digest AS "policyDigest", k.head, k.before, k.onto, k.tree, k.state,
  k.reason_code AS "reasonCode", k.reason_message AS "reasonMessage"`;

/** Every query on rounds of speculative lanes but those of people. */
@Injectable()
export class LaneRoundsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Locks what the engine knows of the lane, and answers its window: one round of it changes at a time. */
  async lock(manager: Transaction, { repositoryId, target }: InLane): Promise<number> {
    const [row] = (await manager.query(
      `INSERT INTO lane_windows (repository_id, target, size) VALUES ($1, $2, $3)
       ON CONFLICT (repository_id, target) DO UPDATE SET size = lane_windows.size RETURNING size`,
      [repositoryId, target, firstWindow],
    )) as [{ size: number }];
    return row.size;
  }

  async setWindow(manager: Transaction, { repositoryId, target }: InLane, size: number): Promise<void> {
    await manager.query(`UPDATE lane_windows SET size = $3 WHERE repository_id = $1 AND target = $2`, [
      repositoryId,
      target,
      size,
    ]);
  }

  async window({ repositoryId, target }: InLane): Promise<number> {
    const [row] = (await this.dataSource.query(
      `SELECT size FROM lane_windows WHERE repository_id = $1 AND target = $2`,
      [repositoryId, target],
    )) as { size: number }[];
    return row?.size ?? firstWindow;
  }

  /** Promotions that wait to be judged with others and stand in no stack, in the order of the lane. */
  async waiting(
    { repositoryId, target }: InLane,
    manager: Transaction = this.dataSource.manager,
  ): Promise<string[]> {
    const rows = (await manager.query(
      `SELECT m.id FROM promotions m WHERE m.repository_id = $1 AND m.target = $2
         AND m.state = 'pending' AND m.reason_code = $3
         AND NOT EXISTS (SELECT 1 FROM lane_checks k WHERE k.promotion_id = m.id AND k.state <> 'void')
       ORDER BY m.id`,
      [repositoryId, target, unstacked],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** Of these, those that wait to be judged with others still. */
  async stillWait(ids: readonly string[], manager: Transaction = this.dataSource.manager): Promise<string[]> {
    const rows = (await manager.query(
      `SELECT id FROM promotions WHERE id = ANY($1) AND state = 'pending' AND reason_code = $2`,
      [ids, unstacked],
    )) as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** The round that is being judged. */
  async open(
    { repositoryId, target }: InLane,
    manager: Transaction = this.dataSource.manager,
  ): Promise<LaneRoundRow | undefined> {
    const [row] = (await manager.query(
      `SELECT ${roundColumns} FROM lane_rounds WHERE repository_id = $1 AND target = $2 AND state = 'judging'`,
      [repositoryId, target],
    )) as LaneRoundRow[];
    return row;
  }

  async round(id: string, manager: Transaction = this.dataSource.manager): Promise<LaneRoundRow | undefined> {
    const [row] = (await manager.query(`SELECT ${roundColumns} FROM lane_rounds WHERE id = $1`, [
      id,
    ])) as LaneRoundRow[];
    return row;
  }

  /** Its number in the lane. */
  async insert(manager: Transaction, round: NewRound, checks: readonly NewCheck[]): Promise<number> {
    const [{ number }] = (await manager.query(
      `INSERT INTO lane_rounds (id, repository_id, target, number, head, before, largest, window_before, state, refused)
       SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5::text[], $6::int, $7::int, 'judging', $8::jsonb
       FROM lane_rounds WHERE repository_id = $2 AND target = $3 RETURNING number`,
      [
        ...[round.id, round.repositoryId, round.target, round.head, round.before],
        ...[round.largest, round.windowBefore, round.refused && JSON.stringify(round.refused)],
      ],
    )) as [{ number: number }];
    for (const check of checks)
      await manager.query(
        `INSERT INTO lane_checks (round_id, position, promotion_id, candidate_id, policy_digest, head, before, onto,
                                  tree, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')`,
        [
          ...[round.id, check.position, check.promotionId, check.candidateId, check.policyDigest],
          ...[round.head, check.before, check.onto, check.tree],
        ],
      );
    return number;
  }

  /** Lowest first. */
  checks(roundId: string, manager: Transaction = this.dataSource.manager): Promise<LaneCheck[]> {
    return manager.query(
      `SELECT ${checkColumns} FROM lane_checks k WHERE k.round_id = $1 ORDER BY k.position`,
      [roundId],
    );
  }

  async setProbes(manager: Transaction, id: string, probes: readonly Probe[]): Promise<void> {
    await manager.query(`UPDATE lane_rounds SET probes = $2 WHERE id = $1`, [id, JSON.stringify(probes)]);
  }

  async end(
    manager: Transaction,
    id: string,
    {
      state,
      windowAfter,
      why,
    }: { state: 'passed' | 'failed' | 'void'; windowAfter: number; why: string | null },
  ): Promise<void> {
    await manager.query(
      `UPDATE lane_rounds SET state = $2, window_after = $3, reason = $4, ended_at = now() WHERE id = $1`,
      [id, state, windowAfter, why],
    );
  }

  async setCheck(
    manager: Transaction,
    { roundId, position }: Pick<LaneCheck, 'roundId' | 'position'>,
    state: LaneCheck['state'],
    reason: Reason | null = null,
  ): Promise<void> {
    await manager.query(
      `UPDATE lane_checks SET state = $3, reason_code = $4, reason_message = $5
       WHERE round_id = $1 AND position = $2`,
      [roundId, position, state, reason?.code ?? null, reason?.message ?? null],
    );
  }

  /** What was said of a promotion in a round that is over, where nobody has taken it back. */
  async said(
    promotionId: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<LaneCheck | undefined> {
    const [row] = (await manager.query(
      `SELECT ${checkColumns} FROM lane_checks k WHERE k.promotion_id = $1 AND k.state IN ('passed', 'dropped')`,
      [promotionId],
    )) as LaneCheck[];
    return row;
  }

  /**
   * What stands on this head of the target beside it: what was published there, and whose pull request nobody closed;
   * with `coming` also what has passed and is about to be. A change that its own session is about to replace is not.
   */
  async ground(
    { repositoryId, target }: InLane,
    head: string,
    which: 'coming' | 'published',
    manager: Transaction = this.dataSource.manager,
  ): Promise<LaneCheck[]> {
    const rows = (await manager.query(
      `SELECT ${checkColumns} FROM lane_checks k JOIN lane_rounds r ON r.id = k.round_id
       JOIN promotions m ON m.id = k.promotion_id
       LEFT JOIN pull_requests q ON q.session_id = m.session_id
       WHERE r.repository_id = $1 AND r.target = $2 AND k.head = $3 AND k.state = 'passed'
         AND ((m.state = 'succeeded' AND m.branch IS NOT NULL AND coalesce(q.state, 'open') <> 'closed')
           OR ($4 AND (m.state = 'running' OR (m.state = 'pending' AND m.reason_code = $5))))
         AND NOT EXISTS (SELECT 1 FROM promotions n WHERE n.session_id = m.session_id AND n.id > m.id
                           AND n.state IN ('pending', 'awaiting_approval', 'running', 'errored', 'succeeded'))
       ORDER BY m.state = 'succeeded' DESC, CASE WHEN m.state = 'succeeded' THEN m.lane_generation END,
                r.number, k.position`,
      [repositoryId, target, head, which === 'coming', unstacked],
    )) as LaneCheck[];
    return groundOf(rows);
  }

  /** Lanes in which somebody waits to be judged with others; asked again after a while, whatever was lost. */
  async lanes(limit: number): Promise<InLane[]> {
    return this.dataSource.query(
      `SELECT DISTINCT m.repository_id AS "repositoryId", m.target FROM promotions m
       WHERE m.state = 'pending' AND m.reason_code = $1
         AND NOT EXISTS (SELECT 1 FROM lane_checks k
                         WHERE k.promotion_id = m.id AND k.state IN ('passed', 'dropped')) LIMIT $2`,
      [unstacked, limit],
    );
  }
}
