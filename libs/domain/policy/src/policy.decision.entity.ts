import type { PolicyDecision } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the policy answered to one question; written once, with the change that it is about. */
@Entity({ name: 'policy_decisions' })
export class PolicyDecisionEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('timestamptz', { default: () => 'now()' })
  at!: Date;

  @Column('text', { name: 'session_id', nullable: true })
  sessionId!: string | null;

  @Column('text', { name: 'repository_id', nullable: true })
  repositoryId!: string | null;

  @Column('jsonb', { nullable: true })
  subject!: PolicyDecision['subject'];

  @Column('text')
  action!: PolicyDecision['action'];

  @Column('text')
  resource!: string;

  @Column('jsonb')
  context!: PolicyDecision['context'];

  @Column('text')
  effect!: PolicyDecision['effect'];

  @Column('text', { nullable: true })
  rule!: string | null;

  @Column('jsonb', { nullable: true })
  layer!: PolicyDecision['layer'];

  @Column('text')
  reason!: string;

  @Column('text', { name: 'policy_digest' })
  policyDigest!: string;
}
