import type { Page, PageQuery, Principal, Token } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { pageOfRows, pageWhere } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { toPrincipal, type PrincipalRow } from './principal.repository.js';
import type { TokenEntity } from './token.entity.js';

export type TokenKind = TokenEntity['kind'];

interface TokenRow {
  readonly id: string;
  readonly principal_id: string;
  readonly name: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
  readonly created_at: Date;
}

export interface NewToken {
  readonly principalId: string;
  readonly kind: TokenKind;
  readonly name: string;
  readonly secretSha256: string;
  /** Seconds from now by the database clock; null: never ends. */
  readonly lifeSeconds: number | null;
}

/** A credential that holds right now, and whose it is. */
export interface KnownCredential {
  readonly principal: Principal;
  readonly tokenId: string;
  readonly kind: TokenKind;
}

const toToken = (row: TokenRow): Token => ({
  id: row.id,
  principalId: row.principal_id,
  name: row.name,
  expiresAt: row.expires_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
});

const columns = 'id, principal_id, name, expires_at, revoked_at, last_used_at, created_at';
const valid = `t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())`;

type CredentialRow = PrincipalRow & { token_id: string; token_kind: TokenKind };

const toCredential = (row: CredentialRow): KnownCredential => ({
  principal: toPrincipal(row),
  tokenId: row.token_id,
  kind: row.token_kind,
});

/** Every query on secrets. Only their digests are known here. */
@Injectable()
export class TokenRepository {
  constructor(readonly dataSource: DataSource) {}

  async insert(token: NewToken, manager: EntityManager): Promise<Token> {
    const [row] = await this.query<TokenRow>(
      `INSERT INTO tokens (id, principal_id, kind, name, secret_sha256, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second') RETURNING ${columns}`,
      [`tok_${ulid()}`, token.principalId, token.kind, token.name, token.secretSha256, token.lifeSeconds],
      manager,
    );
    return toToken(row as TokenRow);
  }

  /**
   * Whose secret this is; undefined where it ended, was revoked or its principal is disabled. The note of its last
   * use is written at most once a minute, so that a busy caller does not turn every request into a write.
   */
  async authenticate(
    secretSha256: string,
    kinds: readonly TokenKind[],
    manager?: EntityManager,
  ): Promise<KnownCredential | undefined> {
    const [row] = await this.query<CredentialRow>(
      `WITH found AS (
         SELECT p.*, t.id AS token_id, t.kind AS token_kind,
           t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS stale
         FROM tokens t JOIN principals p ON p.id = t.principal_id
         WHERE t.secret_sha256 = $1 AND t.kind = ANY ($2) AND ${valid} AND NOT p.disabled
       ), noted AS (
         UPDATE tokens SET last_used_at = now() FROM found WHERE found.stale AND tokens.id = found.token_id
       )
       SELECT * FROM found`,
      [secretSha256, kinds],
      manager,
    );
    return row && toCredential(row);
  }

  /** Which of these still hold. */
  async holding(ids: readonly string[]): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      `SELECT t.id FROM tokens t JOIN principals p ON p.id = t.principal_id
       WHERE t.id = ANY ($1) AND ${valid} AND NOT p.disabled`,
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  /** Uses a login code up: of two that come at once, one gets it. */
  async redeem(secretSha256: string, manager: EntityManager): Promise<KnownCredential | undefined> {
    const [row] = await this.changed<CredentialRow>(
      `UPDATE tokens t SET revoked_at = now(), last_used_at = now() FROM principals p
       WHERE t.secret_sha256 = $1 AND t.kind = 'login_code' AND ${valid} AND p.id = t.principal_id AND NOT p.disabled
       RETURNING p.*, t.id AS token_id, t.kind AS token_kind`,
      [secretSha256],
      manager,
    );
    return row && toCredential(row);
  }

  /** Undefined where it was revoked already. */
  async revoke(id: string, manager: EntityManager): Promise<Token | undefined> {
    const [row] = await this.changed<TokenRow>(
      `UPDATE tokens SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING ${columns}`,
      [id],
      manager,
    );
    return row && toToken(row);
  }

  /** Revokes what a principal holds under one name; answers the ids. */
  async revokeNamed(principalId: string, name: string, manager: EntityManager): Promise<string[]> {
    const rows = await this.changed<{ id: string }>(
      `UPDATE tokens SET revoked_at = now()
       WHERE principal_id = $1 AND name = $2 AND kind = 'token' AND revoked_at IS NULL RETURNING id`,
      [principalId, name],
      manager,
    );
    return rows.map(({ id }) => id);
  }

  /** Whether anybody was ever given a secret of it, revoked ones included. */
  async anyOf(principalId: string, manager: EntityManager): Promise<boolean> {
    const sql = `SELECT id FROM tokens WHERE principal_id = $1 LIMIT 1`;
    return (await this.query(sql, [principalId], manager)).length > 0;
  }

  async find(id: string, manager?: EntityManager): Promise<Token | undefined> {
    const [row] = await this.query<TokenRow>(`SELECT ${columns} FROM tokens WHERE id = $1`, [id], manager);
    return row && toToken(row);
  }

  /** Newest first; login codes and panel sessions are left out. */
  async list({ limit, cursor }: PageQuery): Promise<Page<Token>> {
    pageWhere({ cursor }, 'tok');
    const rows = await this.query<TokenRow>(
      `SELECT ${columns} FROM tokens
       WHERE kind = 'token' AND ($1::text IS NULL OR id < $1) ORDER BY id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toToken), limit);
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }

  /** TypeORM answers an UPDATE with rows and their count. */
  private async changed<R>(sql: string, parameters: unknown[], manager: EntityManager): Promise<R[]> {
    const [rows] = (await this.query(sql, parameters, manager)) as unknown as [R[], number];
    return rows;
  }
}
