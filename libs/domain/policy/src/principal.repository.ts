import type { CreatePrincipal, Page, PageQuery, Principal } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { pageOfRows, pageWhere } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ulid } from 'ulid';

export interface PrincipalRow {
  readonly id: string;
  readonly name: string;
  readonly kind: Principal['kind'];
  readonly roles: Principal['roles'];
  readonly zone: Principal['zone'] | null;
  readonly disabled: boolean;
  readonly stands_for: string | null;
  readonly created_at: Date;
}

export const toPrincipal = (row: PrincipalRow): Principal => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  roles: [...row.roles],
  ...(row.zone && { zone: row.zone }),
  disabled: row.disabled,
  ...(row.stands_for !== null && { standsFor: row.stands_for }),
  createdAt: row.created_at.toISOString(),
});

const columns = 'id, name, kind, roles, zone, disabled, stands_for, created_at';

/** SQL: the person behind a row of principals. Who asks and who answers for it are told apart by this, never by id (I7). */
export const personOf = (row: string): string => `coalesce(${row}.stands_for, ${row}.id)`;

/** Every query on principals. */
@Injectable()
export class PrincipalRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Undefined where the name is taken. */
  async insert(
    { name, kind, roles, zone = 'agent' }: CreatePrincipal,
    manager: EntityManager,
    embedded = false,
  ): Promise<Principal | undefined> {
    const [row] = await this.query<PrincipalRow>(
      `INSERT INTO principals (id, name, kind, roles, zone, embedded) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (name) DO NOTHING RETURNING ${columns}`,
      [`prn_${ulid()}`, name, kind, [...new Set(roles)], kind === 'worker' ? zone : null, embedded],
      manager,
    );
    return row && toPrincipal(row);
  }

  async find(id: string, manager?: EntityManager): Promise<Principal | undefined> {
    const [row] = await this.query<PrincipalRow>(
      `SELECT ${columns} FROM principals WHERE id = $1`,
      [id],
      manager,
    );
    return row && toPrincipal(row);
  }

  async findByName(name: string, manager?: EntityManager): Promise<Principal | undefined> {
    const [row] = await this.query<PrincipalRow>(
      `SELECT ${columns} FROM principals WHERE name = $1`,
      [name],
      manager,
    );
    return row && toPrincipal(row);
  }

  async lock(id: string, manager: EntityManager): Promise<Principal | undefined> {
    const [row] = await this.query<PrincipalRow>(
      `SELECT ${columns} FROM principals WHERE id = $1 FOR UPDATE`,
      [id],
      manager,
    );
    return row && toPrincipal(row);
  }

  async setDisabled(id: string, disabled: boolean, manager: EntityManager): Promise<void> {
    await this.query(`UPDATE principals SET disabled = $2 WHERE id = $1`, [id, disabled], manager);
  }

  /** From now on it, and whoever stood for it, stands for this person. */
  async standFor(id: string, personId: string, manager: EntityManager): Promise<void> {
    await this.query(`UPDATE principals SET stands_for = $2 WHERE id = $1`, [id, personId], manager);
    await this.query(`UPDATE principals SET stands_for = $2 WHERE stands_for = $1`, [id, personId], manager);
  }

  /** True where both are the same principal, or one person under two names. */
  async areOne(one: string, other: string, manager?: EntityManager): Promise<boolean> {
    if (one === other) return true;
    const rows = await this.query(
      `SELECT FROM principals a JOIN principals b ON ${personOf('a')} = ${personOf('b')}
       WHERE a.id = $1 AND b.id = $2`,
      [one, other],
      manager,
    );
    return rows.length > 0;
  }

  /** Newest first; the cursor is the last id of the page before. */
  async list({ limit, cursor }: PageQuery): Promise<Page<Principal>> {
    pageWhere({ cursor }, 'prn');
    const rows = await this.query<PrincipalRow>(
      `SELECT ${columns} FROM principals WHERE $1::text IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toPrincipal), limit);
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}
