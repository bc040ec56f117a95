import type { LaneQuery, LaneRound } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { LaneCheck, Probe } from './lane.round.js';

export interface ShownCheck {
  readonly promotionId: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly position: number;
  readonly onto: string[];
  readonly ontoTree: string;
  readonly tree: string;
  readonly state: LaneCheck['state'];
  readonly why: string | null;
}

export interface ShownRound {
  readonly repository: string;
  readonly target: string;
  readonly generation: number;
  readonly window: number;
  readonly number: number;
  readonly state: LaneRound['state'];
  readonly head: string;
  readonly windowBefore: number;
  readonly windowAfter: number | null;
  readonly probes: Probe[];
  readonly reason: string | null;
  readonly beganAt: Date;
  readonly endedAt: Date | null;
  readonly checks: ShownCheck[];
}

/** Rounds of a lane that people see. */
const mostRounds = 20;

/** Speculative lanes as people see them. */
@Injectable()
export class ShownLanesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest rounds of each lane, newest first. */
  rounds({ repository, target }: LaneQuery): Promise<ShownRound[]> {
    return this.dataSource.query(
      `SELECT p.name AS repository, n.target, coalesce(l.generation, 0) AS generation, w.size AS "window", n.number,
              n.state, n.head, n.window_before AS "windowBefore", n.window_after AS "windowAfter", n.probes, n.reason,
              n.created_at AS "beganAt", n.ended_at AS "endedAt", coalesce(c.checks, '[]') AS checks
       FROM (SELECT *, row_number() OVER (PARTITION BY repository_id, target ORDER BY number DESC) AS age
             FROM lane_rounds) n
       JOIN repositories p ON p.id = n.repository_id
       JOIN lane_windows w ON w.repository_id = n.repository_id AND w.target = n.target
       LEFT JOIN lanes l ON l.repository_id = n.repository_id AND l.target = n.target
       LEFT JOIN LATERAL (
         SELECT jsonb_agg(jsonb_build_object(
                  'promotionId', k.promotion_id, 'jobId', j.id, 'jobName', j.name, 'position', k.position,
                  'onto', k.before, 'ontoTree', k.onto, 'tree', k.tree, 'state', k.state, 'why', k.reason_message)
                ORDER BY k.position) AS checks
         FROM lane_checks k JOIN promotions m ON m.id = k.promotion_id
         JOIN sessions s ON s.id = m.session_id JOIN jobs j ON j.id = s.job_id
         WHERE k.round_id = n.id) c ON true
       WHERE n.age <= $3 AND ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR n.target = $2)
       ORDER BY p.name, n.target, n.number DESC`,
      [repository ?? null, target ?? null, mostRounds],
    );
  }
}
