import type { GateResult, Repair, Verdict } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What all gates answered on a candidate of a session. */
@Entity({ name: 'verdicts' })
export class VerdictEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'candidate_id' })
  candidateId!: string;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('text')
  outcome!: Verdict['outcome'];

  @Column('boolean', { name: 'approvals_needed' })
  approvalsNeeded!: boolean;

  @Column('text', { name: 'policy_digest' })
  policyDigest!: string;

  @Column('text', { name: 'gate_set_digest' })
  gateSetDigest!: string;

  @Column('text', { name: 'static_digest' })
  staticDigest!: string;

  @Column('boolean')
  cached!: boolean;

  @Column('jsonb')
  gates!: GateResult[];

  /** As the gates gave them, of those that the policy weighed otherwise. */
  @Column('jsonb')
  unweighed!: GateResult[];

  @Column('jsonb', { nullable: true })
  repair!: Repair | null;

  @Column('timestamptz', { name: 'decided_at', default: () => 'now()' })
  decidedAt!: Date;
}
