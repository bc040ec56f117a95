import type { PrincipalKind, Role, TrustZone } from '@gatehouse/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody or something known by its credential. */
@Entity({ name: 'principals' })
export class PrincipalEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  kind!: PrincipalKind;

  @Column('text', { array: true })
  roles!: Role[];

  /** Of a worker: the only trust zone in which it may register. */
  @Column('text', { nullable: true })
  zone!: TrustZone | null;

  /** One of the plane's own workers: it runs on the plane's machine. */
  @Column('boolean', { default: false })
  embedded!: boolean;

  @Column('boolean')
  disabled!: boolean;

  /** The principal that is the person behind this one; null where it is its own. */
  @Column('text', { name: 'stands_for', nullable: true })
  standsFor!: string | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
