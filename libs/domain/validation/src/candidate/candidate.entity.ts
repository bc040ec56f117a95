import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Base, tree, patch and JobSpec, under the digest of them all. */
@Entity({ name: 'candidates' })
export class CandidateEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  alias!: string;

  @Column('text', { name: 'repository_id' })
  repositoryId!: string;

  @Column('text')
  base!: string;

  @Column('text', { name: 'base_tree' })
  baseTree!: string;

  @Column('text')
  tree!: string;

  @Column('text')
  patch!: string;

  @Column('bigint', { name: 'patch_bytes' })
  patchBytes!: string;

  @Column('integer')
  files!: number;

  @Column('text', { name: 'spec_digest' })
  specDigest!: string;

  /** JSON of a `PatchShape`; null of a candidate older than that. */
  @Column('text', { name: 'patch_shape', nullable: true })
  patchShape!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
