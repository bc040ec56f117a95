import type { Page, PageQuery, PolicySet, PolicySetMember } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { pageOfRows, pageWhere } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

interface SetRow {
  readonly id: string;
  readonly number: number;
  readonly digest: string;
  readonly members: PolicySetMember[];
  readonly active: boolean;
  readonly activated_by: string | null;
  readonly reason: string;
  readonly restores: string | null;
  readonly created_at: Date;
}

export type NewPolicySet = Pick<PolicySet, 'id' | 'digest' | 'activatedBy' | 'reason' | 'restores'> & {
  readonly members: readonly PolicySetMember[];
};

const toSet = ({ activated_by, created_at, ...row }: SetRow): PolicySet => ({
  ...row,
  activatedBy: activated_by,
  createdAt: created_at.toISOString(),
});

const select = `SELECT id, number, digest, members, number = (SELECT max(number) FROM policy_sets) AS active,
  activated_by, reason, restores, created_at FROM policy_sets`;

const members = `SELECT p.id AS "policyId", p.layer, r.name AS repository, p.scope, p.name, p.version, p.digest
  FROM policies p LEFT JOIN repositories r ON r.id = p.repository_id`;

/** Every query on policy sets. */
@Injectable()
export class PolicySetRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Whoever changes what is active goes one after the other. */
  async lock(manager: EntityManager): Promise<void> {
    await this.query(`SELECT pg_advisory_xact_lock(hashtextextended('policy_sets', 0))`, [], manager);
  }

  /** What is active now. */
  active(manager: EntityManager): Promise<PolicySetMember[]> {
    return this.query<PolicySetMember>(`${members} WHERE p.active ORDER BY p.id`, [], manager);
  }

  /** Makes exactly these versions active, and no other. */
  async replace(policyIds: readonly string[], manager: EntityManager): Promise<void> {
    // Two statements: the index that allows one active version of a layer looks at every row by itself.
    await this.query(
      `UPDATE policies SET active = false WHERE active AND NOT id = ANY($1)`,
      [policyIds],
      manager,
    );
    await this.query(
      `UPDATE policies SET active = true WHERE NOT active AND id = ANY($1)`,
      [policyIds],
      manager,
    );
  }

  async insert(set: NewPolicySet, manager: EntityManager): Promise<PolicySet> {
    await this.query(
      `INSERT INTO policy_sets (id, number, digest, members, activated_by, reason, restores)
       SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6 FROM policy_sets`,
      [set.id, set.digest, JSON.stringify(set.members), set.activatedBy, set.reason, set.restores],
      manager,
    );
    return (await this.find(set.id, manager)) as PolicySet;
  }

  async find(id: string, manager?: EntityManager): Promise<PolicySet | undefined> {
    const [row] = await this.query<SetRow>(`${select} WHERE id = $1`, [id], manager);
    return row && toSet(row);
  }

  async newest(manager?: EntityManager): Promise<PolicySet | undefined> {
    const [row] = await this.query<SetRow>(`${select} ORDER BY number DESC LIMIT 1`, [], manager);
    return row && toSet(row);
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<PolicySet>> {
    pageWhere({ cursor }, 'pst');
    const rows = await this.query<SetRow>(
      `${select} WHERE $1::text IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toSet), limit);
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}
