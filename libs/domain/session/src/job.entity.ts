import type { JobSpec } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An accepted JobSpec. Never changed after. */
@Entity({ name: 'jobs' })
export class JobEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('jsonb')
  labels!: Record<string, string>;

  @Column('jsonb')
  spec!: JobSpec;

  @Column('text', { name: 'spec_digest' })
  specDigest!: string;

  @Column('text', { name: 'repository_id', nullable: true })
  repositoryId!: string | null;

  @Column('text', { name: 'requested_by' })
  requestedBy!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
