import type { CapabilityKind, LeaseState } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The fenced, time-bounded right to run an attempt. */
@Entity({ name: 'leases' })
export class LeaseEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'attempt_id' })
  attemptId!: string;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('text', { name: 'worker_id' })
  workerId!: string;

  @Column('integer')
  generation!: number;

  @Column('text')
  state!: LeaseState;

  @Column('text')
  kind!: CapabilityKind;

  @Column('text', { name: 'token_sha256' })
  tokenSha256!: string;

  /** The worker's own token that claimed it; null for leases older than this column. */
  @Column('text', { name: 'token_id', nullable: true })
  tokenId!: string | null;

  @Column('timestamptz', { name: 'granted_at', default: () => 'now()' })
  grantedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
