import { GatehouseError, type ForgeIdentity } from '@gatehouse/contracts';
import { isUniqueViolation, runQuery } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

interface IdentityRow {
  readonly forge: 'github';
  readonly login: string;
  readonly forge_user_id: string | null;
  readonly principal_id: string;
  readonly linked_at: Date;
}

export interface NewIdentity {
  readonly login: string;
  readonly userId: string | null;
  readonly principalId: string;
}

const columns = 'forge, login, forge_user_id, principal_id, linked_at';

const toIdentity = (row: IdentityRow): ForgeIdentity => ({
  forge: row.forge,
  userId: row.forge_user_id,
  login: row.login,
  principalId: row.principal_id,
  linkedAt: row.linked_at.toISOString(),
});

/** Every query on accounts at forges. */
@Injectable()
export class IdentitiesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By the number of the account; a login counts only until its account was first seen. */
  async find(userId: string, login: string, manager?: Transaction): Promise<ForgeIdentity | undefined> {
    const [row] = await this.query<IdentityRow>(
      `SELECT ${columns} FROM forge_identities WHERE forge = 'github'
         AND (forge_user_id = $1 OR (forge_user_id IS NULL AND lower(login) = lower($2)))
       ORDER BY forge_user_id NULLS LAST LIMIT 1`,
      [userId, login],
      manager,
    );
    return row && toIdentity(row);
  }

  /** From now on it is this account, whatever it is called. */
  async see(manager: Transaction, userId: string, login: string): Promise<void> {
    await this.query(
      `UPDATE forge_identities SET forge_user_id = $1, login = $2 WHERE forge = 'github'
         AND (forge_user_id = $1 OR (forge_user_id IS NULL AND lower(login) = lower($2)
           AND NOT EXISTS (SELECT 1 FROM forge_identities WHERE forge = 'github' AND forge_user_id = $1)))
         AND (forge_user_id IS DISTINCT FROM $1 OR login <> $2)`,
      [userId, login],
      manager,
    );
  }

  /** Who links goes one after the other: what an account stands for does not change meanwhile. */
  async lock(manager: Transaction): Promise<void> {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse identities'))`);
  }

  /** Accounts that were last seen under a login; where none was, the one that is to be seen under it. */
  async ofLogin(manager: Transaction, login: string): Promise<ForgeIdentity[]> {
    const rows = await this.query<IdentityRow>(
      `SELECT ${columns} FROM forge_identities WHERE forge = 'github' AND lower(login) = lower($1)
       ORDER BY forge_user_id`,
      [login],
      manager,
    );
    const seen = rows.filter((row) => row.forge_user_id !== null);
    return (seen.length > 0 ? seen : rows).map(toIdentity);
  }

  /** Throws `identity.exists`. */
  async insert(manager: Transaction, { login, userId, principalId }: NewIdentity): Promise<ForgeIdentity> {
    try {
      const [row] = await this.query<IdentityRow>(
        `INSERT INTO forge_identities (forge, login, forge_user_id, principal_id)
         VALUES ('github', $1, $2, $3) RETURNING ${columns}`,
        [login, userId, principalId],
        manager,
      );
      return toIdentity(row as IdentityRow);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new GatehouseError(
        'identity.exists',
        `The account ${login} was just linked by somebody else. Ask again.`,
      );
    }
  }

  /** Whatever stood for one principal stands for another. */
  async move(manager: Transaction, from: string, to: string): Promise<void> {
    await this.query(
      `UPDATE forge_identities SET principal_id = $2, linked_at = now() WHERE principal_id = $1`,
      [from, to],
      manager,
    );
  }

  async ofPrincipal(principalId: string, manager?: Transaction): Promise<ForgeIdentity[]> {
    const rows = await this.query<IdentityRow>(
      `SELECT ${columns} FROM forge_identities WHERE principal_id = $1 ORDER BY linked_at, login`,
      [principalId],
      manager,
    );
    return rows.map(toIdentity);
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: Transaction = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}
