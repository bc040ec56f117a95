import type { AttemptPurpose, AttemptState, CapabilityKind, CompleteAttempt } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a worker handed in, as it said it. */
export type AttemptResult = Extract<CompleteAttempt, { outcome: 'succeeded' }>['result'];

export interface StackedTree {
  readonly roundId: string;
  readonly position: number;
  readonly tree: string;
  /** Artifact: from the head of the target to that tree. */
  readonly patch: string;
}

/** One try on a capability. */
@Entity({ name: 'attempts' })
export class AttemptEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('integer')
  number!: number;

  @Column('text')
  purpose!: AttemptPurpose;

  @Column('text')
  state!: AttemptState;

  @Column('text', { name: 'reason_code', nullable: true })
  reasonCode!: string | null;

  @Column('text', { name: 'reason_message', nullable: true })
  reasonMessage!: string | null;

  @Column('text', { name: 'wanted_kinds', array: true })
  wantedKinds!: CapabilityKind[];

  @Column('jsonb', { name: 'wanted_labels' })
  wantedLabels!: Record<string, string>;

  @Column('text', { nullable: true })
  kind!: CapabilityKind | null;

  @Column('text', { name: 'worker_id', nullable: true })
  workerId!: string | null;

  @Column('integer', { name: 'lease_generation', nullable: true })
  leaseGeneration!: number | null;

  @Column('text', { name: 'candidate_id', nullable: true })
  candidateId!: string | null;

  /** What the agent is told beside the goal: words of people, or why an earlier try was refused. */
  @Column('text', { nullable: true })
  feedback!: string | null;

  /** The candidate whose tree the agent goes on from; null: from the base. */
  @Column('text', { name: 'start_candidate_id', nullable: true })
  startCandidateId!: string | null;

  @Column('integer', { name: 'exit_code', nullable: true })
  exitCode!: number | null;

  @Column('jsonb', { nullable: true })
  report!: Record<string, unknown> | null;

  @Column('jsonb', { nullable: true })
  result!: AttemptResult | null;

  /** Its change after the target moved and both were merged; the result stays as it was handed in. */
  @Column('jsonb', { nullable: true })
  rebased!: { readonly base: string; readonly patch: string; readonly tree: string } | null;

  /** Of one that validates a stack: the tree of its candidate together with those that wait before it. */
  @Column('jsonb', { nullable: true })
  stack!: StackedTree | null;

  @Column('integer', { name: 'infra_tries' })
  infraTries!: number;

  @Column('integer', { name: 'app_tries' })
  appTries!: number;

  @Column('timestamptz', { name: 'not_before', default: () => 'now()' })
  notBefore!: Date;

  @Column('timestamptz', { name: 'start_deadline' })
  startDeadline!: Date;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
