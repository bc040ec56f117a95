import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A registered repository and what is known of its mirror. */
@Entity({ name: 'repositories' })
export class RepositoryEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  source!: string;

  @Column('text', { name: 'source_kind' })
  sourceKind!: 'path' | 'https' | 'http';

  /** Set where its address is that of the connected forge. */
  @Column('text', { nullable: true })
  forge!: 'github' | null;

  /** The forge's own id of it, which a rename or transfer keeps; null until it was asked. */
  @Column('text', { name: 'forge_id', nullable: true })
  forgeId!: string | null;

  @Column('text')
  mode!: 'staged' | 'live';

  @Column('text', { name: 'default_branch', nullable: true })
  defaultBranch!: string | null;

  @Column('timestamptz', { name: 'mirror_fetched_at', nullable: true })
  mirrorFetchedAt!: Date | null;

  @Column('jsonb', { name: 'mirror_warnings' })
  mirrorWarnings!: string[];

  @Column('text', { name: 'mirror_error', nullable: true })
  mirrorError!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
