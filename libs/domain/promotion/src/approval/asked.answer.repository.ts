import type { PromotionLevel, PromotionState } from '@gatehouse/contracts';
import { personOf } from '@gatehouse/policy';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What decides whether somebody may answer for a promotion. */
export interface AskedAnswer {
  readonly id: string;
  readonly state: PromotionState;
  readonly level: PromotionLevel;
  readonly repositoryId: string;
  /** Its name. */
  readonly repository: string;
  /** They are the one who asked for the job, under whatever name. */
  readonly isOwn: boolean;
  /** Their answer to just this promotion counts still. */
  readonly hasAnswered: boolean;
  readonly verdictPolicyDigest: string | null;
}

/** Promotions as one principal finds them who is to answer. */
@Injectable()
export class AskedAnswersRepository {
  constructor(private readonly dataSource: DataSource) {}

  async of(
    principalId: string,
    promotionIds: readonly string[],
    manager: Transaction = this.dataSource.manager,
  ): Promise<AskedAnswer[]> {
    return (await manager.query(
      `SELECT m.id, m.state, m.level, r.id AS "repositoryId", r.name AS repository,
              coalesce(${personOf('asked')} = ${personOf('own')}, true) AS "isOwn",
              EXISTS (SELECT FROM approvals a
                      WHERE a.promotion_id = m.id AND a.principal_id = $1 AND a.expires_at > now()) AS "hasAnswered",
              (SELECT v.policy_digest FROM verdicts v
               WHERE v.session_id = m.session_id AND v.candidate_id = m.candidate_id
               ORDER BY v.id DESC LIMIT 1) AS "verdictPolicyDigest"
       FROM promotions m JOIN repositories r ON r.id = m.repository_id
       JOIN sessions s ON s.id = m.session_id JOIN jobs j ON j.id = s.job_id
       JOIN principals asked ON asked.id = j.requested_by LEFT JOIN principals own ON own.id = $1
       WHERE m.id = ANY($2)`,
      [principalId, promotionIds],
    )) as AskedAnswer[];
  }
}
