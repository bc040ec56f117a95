import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A secret, kept as its digest only. */
@Entity({ name: 'tokens' })
export class TokenEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'principal_id' })
  principalId!: string;

  @Column('text')
  kind!: 'token' | 'login_code' | 'panel';

  @Column('text')
  name!: string;

  @Column('text', { name: 'secret_sha256' })
  secretSha256!: string;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
