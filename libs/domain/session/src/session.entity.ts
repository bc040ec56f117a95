import type { SessionOutcome, SessionState, SuspendReason } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The durable life of one agent on one job. */
@Entity({ name: 'sessions' })
export class SessionEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'job_id' })
  jobId!: string;

  @Column('text', { name: 'parent_id', nullable: true })
  parentId!: string | null;

  @Column('text', { name: 'root_id' })
  rootId!: string;

  @Column('text')
  path!: string;

  @Column('integer')
  depth!: number;

  @Column('text', { name: 'forked_from', nullable: true })
  forkedFrom!: string | null;

  @Column('text')
  state!: SessionState;

  @Column('text', { nullable: true })
  outcome!: SessionOutcome | null;

  @Column('text', { name: 'reason_code', nullable: true })
  reasonCode!: string | null;

  @Column('text', { name: 'reason_message', nullable: true })
  reasonMessage!: string | null;

  @Column('text', { name: 'suspended_because', nullable: true })
  suspendedBecause!: SuspendReason | null;

  @Column('text', { name: 'base_ref', nullable: true })
  baseRef!: string | null;

  @Column('text', { name: 'base_commit', nullable: true })
  baseCommit!: string | null;

  @Column('text', { name: 'base_tree', nullable: true })
  baseTree!: string | null;

  @Column('text', { nullable: true })
  target!: string | null;

  @Column('text', { name: 'policy_digest', nullable: true })
  policyDigest!: string | null;

  @Column('text', { name: 'candidate_id', nullable: true })
  candidateId!: string | null;

  @Column('text', { name: 'cancel_reason', nullable: true })
  cancelReason!: string | null;

  @Column('integer', { name: 'lease_generation' })
  leaseGeneration!: number;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
