import type { PolicySetMember } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** All policy versions that were active together. Written once. */
@Entity({ name: 'policy_sets' })
export class PolicySetEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('integer')
  number!: number;

  @Column('text')
  digest!: string;

  @Column('jsonb')
  members!: PolicySetMember[];

  @Column('text', { name: 'activated_by', nullable: true })
  activatedBy!: string | null;

  @Column('text')
  reason!: string;

  @Column('text', { nullable: true })
  restores!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
