import type { ApprovalCause, PromotionLevel, PromotionState } from '@gatehouse/contracts';
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

  @Column('jsonb', { name: 'asked_because' })
  askedBecause!: ApprovalCause[];

  @Column('text', { name: 'binding_digest' })
  bindingDigest!: string;

  // These four are no part of an insert: whoever asks for a promotion has no right to fill them in (I3).
  @Column({ type: 'integer', name: 'lane_generation', nullable: true, insert: false })
  laneGeneration!: number | null;

  @Column({ type: 'text', nullable: true, insert: false })
  branch!: string | null;

  @Column({ type: 'text', nullable: true, insert: false })
  commit!: string | null;

  @Column({ type: 'text', name: 'published_tree', nullable: true, insert: false })
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
