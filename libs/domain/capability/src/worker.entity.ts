import type { CapabilityState, TrustZone, Worker } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A process that runs attempts. */
@Entity({ name: 'workers' })
export class WorkerEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'principal_id' })
  principalId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  zone!: TrustZone;

  @Column('text')
  state!: CapabilityState;

  @Column('jsonb')
  sandboxes!: Worker['sandboxes'];

  @Column('jsonb')
  labels!: Record<string, string>;

  @Column('text')
  version!: string;

  @Column('integer')
  slots!: number;

  @Column('timestamptz', { name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'registered_at', default: () => 'now()' })
  registeredAt!: Date;
}
