import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One answer of one person, bound to what they looked at. */
@Entity({ name: 'approvals' })
export class ApprovalEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'promotion_id' })
  promotionId!: string;

  @Column('text', { name: 'principal_id' })
  principalId!: string;

  @Column('text')
  answer!: 'approve' | 'reject';

  @Column('text')
  reason!: string;

  @Column('text', { name: 'binding_digest' })
  bindingDigest!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
