import type { PromotionLevel, PromotionState } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The act of publishing one candidate. */
@Entity({ name: 'promotions' })
export class PromotionEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'candidate_id' })
  candidateId!: string;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('text', { name: 'verdict_id' })
  verdictId!: string;

  @Column('text', { name: 'repository_id' })
  repositoryId!: string;

  @Column('text')
  target!: string;

  @Column('text', { name: 'requested_level' })
  requestedLevel!: PromotionLevel;

  @Column('text')
  level!: PromotionLevel;

  @Column('text', { name: 'degraded_because', nullable: true })
  degradedBecause!: string | null;

  @Column('text')
  state!: PromotionState;

  @Column('text', { name: 'reason_code', nullable: true })
  reasonCode!: string | null;

  @Column('text', { name: 'reason_message', nullable: true })
  reasonMessage!: string | null;

  @Column('integer')
  quorum!: number;

  @Column('text', { name: 'binding_digest' })
  bindingDigest!: string;

  @Column('integer', { name: 'lane_generation', nullable: true })
  laneGeneration!: number | null;

  @Column('text', { nullable: true })
  branch!: string | null;

  @Column('text', { nullable: true })
  commit!: string | null;

  @Column('text', { name: 'published_tree', nullable: true })
  publishedTree!: string | null;

  @Column('text', { name: 'superseded_by', nullable: true })
  supersededBy!: string | null;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
