import type { PrincipalKind, Role } from '@gatehouse/contracts';
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

  @Column('boolean')
  disabled!: boolean;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
