import type { PolicyDocument, PolicyLayer } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One immutable version of one policy layer. */
@Entity({ name: 'policies' })
export class PolicyEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  layer!: PolicyLayer;

  @Column('text', { name: 'repository_id', nullable: true })
  repositoryId!: string | null;

  /** Owner of repositories in an organisation's layer, kind in a capability's. */
  @Column('text', { nullable: true })
  scope!: string | null;

  @Column('text')
  name!: string;

  @Column('integer')
  version!: number;

  @Column('text')
  digest!: string;

  @Column('jsonb')
  document!: PolicyDocument;

  @Column('boolean')
  active!: boolean;

  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
