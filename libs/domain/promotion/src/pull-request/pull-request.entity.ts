import type { PullRequestState } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one pull request of a session, as it was made and as it was last seen. */
@Entity({ name: 'pull_requests' })
export class PullRequestEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'session_id' })
  sessionId!: string;

  @Column('text', { name: 'repository_id' })
  repositoryId!: string;

  /** The promotion that published to it last. */
  @Column('text', { name: 'promotion_id' })
  promotionId!: string;

  @Column('integer')
  number!: number;

  @Column('text')
  url!: string;

  @Column('text')
  branch!: string;

  @Column('text')
  target!: string;

  @Column('text')
  head!: string;

  @Column('text')
  state!: PullRequestState;

  @Column('boolean')
  draft!: boolean;

  @Column('text', { name: 'merged_commit', nullable: true })
  mergedCommit!: string | null;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'opened_at', default: () => 'now()' })
  openedAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  /** When the forge was asked about it last. */
  @Column('timestamptz', { name: 'looked_at', default: () => 'now()' })
  lookedAt!: Date;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;
}
