import { laneStream, type PrincipalKind } from '@gatehouse/contracts';
import { personOf } from '@gatehouse/policy';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { countedApprovals } from '../approval/approval.row.js';
import type { PromotionEntity } from '../promotion.entity.js';

export interface CountedApproval {
  readonly id: string;
  readonly name: string;
  readonly kind: PrincipalKind;
  /** Whom the principal stands for; null where it is its own person. */
  readonly person: string | null;
  readonly expiresAt: Date;
}

export interface StoredProof {
  readonly artifact: string;
  /** Digest of what it claims; null in those of earlier versions. */
  readonly content: string | null;
}

/** Every query on proofs, and on what they say that the ledger does not. */
@Injectable()
export class ProofsRepository {
  constructor(readonly dataSource: DataSource) {}

  /** The latest proof of this commit of the promotion: the one that is published, or is about to be. */
  async latest(
    promotionId: string,
    commit: string,
    manager: Transaction = this.dataSource.manager,
  ): Promise<StoredProof | undefined> {
    const [row] = (await manager.query(
      `SELECT artifact, content FROM proofs WHERE promotion_id = $1 AND commit = $2 ORDER BY number DESC LIMIT 1`,
      [promotionId, commit],
    )) as StoredProof[];
    return row;
  }

  /**
   * Adds a proof after those of the same commit. Answers false where another run has taken the lane over: whatever
   * that one stores stays the latest.
   */
  async insert(
    manager: Transaction,
    { id, laneGeneration }: PromotionEntity,
    proof: { commit: string; artifact: string; keyId: string; content: string },
  ): Promise<boolean> {
    const rows = (await manager.query(
      `INSERT INTO proofs (promotion_id, commit, candidate_id, artifact, key_id, content, number)
       SELECT m.id, $3, m.candidate_id, $4, $5, $6,
         (SELECT coalesce(max(p.number), 0) + 1 FROM proofs p WHERE p.promotion_id = m.id AND p.commit = $3)
       FROM promotions m WHERE m.id = $1 AND m.state = 'running' AND m.lane_generation = $2
       FOR SHARE OF m RETURNING number`,
      [id, laneGeneration, proof.commit, proof.artifact, proof.keyId, proof.content],
    )) as unknown[];
    return rows.length === 1;
  }

  async now(): Promise<Date> {
    const [row] = (await this.dataSource.query(`SELECT clock_timestamp() AS now`)) as [{ now: Date }];
    return row.now;
  }

  async whoIs(principalId: string): Promise<Pick<CountedApproval, 'kind' | 'person'>> {
    const [row] = (await this.dataSource.query(
      `SELECT kind, stands_for AS person FROM principals WHERE id = $1`,
      [principalId],
    )) as [Pick<CountedApproval, 'kind' | 'person'>];
    return row;
  }

  /** Approvals that count now, of exactly what is being published; of each person the newest. */
  async approvals({ id }: PromotionEntity, requestedBy: string): Promise<CountedApproval[]> {
    return (await this.dataSource.query(
      `SELECT DISTINCT ON (${personOf('p')}) p.id, p.name, p.kind, p.stands_for AS person, a.expires_at AS "expiresAt"
       FROM ${countedApprovals('$2')} AND k.id = $1 ORDER BY ${personOf('p')}, a.created_at DESC`,
      [id, requestedBy],
    )) as CountedApproval[];
  }

  /** Where this promotion begins in the stream of its lane; 0 where it cannot be found. */
  async beginInLane({ id, repositoryId, target, createdAt }: PromotionEntity): Promise<number> {
    // The header is looked at first: a lane has many promotions, and their payloads are text.
    const [row] = (await this.dataSource.query(
      `SELECT min(e.seq)::float8 AS seq FROM ledger_events e
         JOIN ledger_payloads p ON p.stream_id = e.stream_id AND p.seq = e.seq
       WHERE e.stream_id = $1 AND e.type = 'promotion.requested' AND e.at >= $2::timestamptz - interval '1 minute'
         AND p.payload::jsonb ->> 'promotionId' = $3`,
      [laneStream(repositoryId, target), createdAt, id],
    )) as [{ seq: number | null }];
    return row.seq ?? 0;
  }
}
