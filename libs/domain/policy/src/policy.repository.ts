import type {
  CapabilityKind,
  EffectivePolicy,
  Page,
  PageQuery,
  Policy,
  PolicyDocument,
} from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { pageOfRows, pageWhere } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { completePolicy } from './merge.js';

interface PolicyRow {
  readonly id: string;
  readonly layer: Policy['layer'];
  readonly repository: string | null;
  readonly scope: string | null;
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly document: PolicyDocument;
  readonly active: boolean;
  readonly created_by: string | null;
  readonly created_at: Date;
}

export interface NewPolicy {
  readonly repositoryId: string | null;
  readonly digest: string;
  readonly document: PolicyDocument;
  readonly createdBy: string | null;
}

const toPolicy = (row: PolicyRow): Policy => ({
  id: row.id,
  name: row.name,
  layer: row.layer,
  repository: row.repository,
  scope: row.scope,
  version: row.version,
  digest: row.digest,
  active: row.active,
  document: row.document,
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
});

const select = `SELECT p.id, p.layer, r.name AS repository, p.scope, p.name, p.version, p.digest, p.document, p.active,
  p.created_by, p.created_at FROM policies p LEFT JOIN repositories r ON r.id = p.repository_id`;

/** Every query on policy versions and on their merges. */
@Injectable()
export class PolicyRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Stores the next version of a layer; it is not active. Callers hold the lock of the policy sets. */
  async insert(policy: NewPolicy, manager: EntityManager): Promise<Policy> {
    const { layer, name, organisation, capability } = policy.document.metadata;
    const id = `pol_${ulid()}`;
    await this.query(
      `INSERT INTO policies (id, layer, repository_id, name, version, digest, document, active, created_by, scope)
       SELECT $3, $1, $2, $4, coalesce(max(version), 0) + 1, $5, $6, false, $7, $8
       FROM policies WHERE layer = $1 AND repository_id IS NOT DISTINCT FROM $2 AND scope IS NOT DISTINCT FROM $8`,
      [
        layer,
        policy.repositoryId,
        id,
        name,
        policy.digest,
        JSON.stringify(policy.document),
        policy.createdBy,
        organisation ?? capability ?? null,
      ],
      manager,
    );
    return (await this.find(id, manager)) as Policy;
  }

  /** Every active version, of all layers. */
  async allActive(manager?: EntityManager): Promise<Policy[]> {
    const rows = await this.query<PolicyRow>(`${select} WHERE p.active ORDER BY p.id`, [], manager);
    return rows.map(toPolicy);
  }

  async find(id: string, manager?: EntityManager): Promise<Policy | undefined> {
    const [row] = await this.query<PolicyRow>(`${select} WHERE p.id = $1`, [id], manager);
    return row && toPolicy(row);
  }

  /** The active versions that count for a repository, where its jobs may use these kinds of capability. */
  async active(
    repositoryId: string | null,
    manager?: EntityManager,
    kinds: readonly CapabilityKind[] = [],
  ): Promise<Policy[]> {
    const rows = await this.query<PolicyRow>(
      `${select} WHERE p.active AND (p.layer = 'installation' OR p.layer = 'repository' AND p.repository_id = $1
         OR p.layer = 'capability' AND p.scope = ANY($2) OR p.layer = 'organisation' AND p.scope =
           (SELECT split_part(name, '/', 1) FROM repositories WHERE id = $1 AND name LIKE '%/%'))`,
      [repositoryId, kinds],
      manager,
    );
    return rows.map(toPolicy);
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<Policy>> {
    pageWhere({ cursor }, 'pol');
    const rows = await this.query<PolicyRow>(
      `${select} WHERE $1::text IS NULL OR p.id < $1 ORDER BY p.id DESC LIMIT $2`,
      [cursor ?? null, limit + 1],
    );
    return pageOfRows(rows.map(toPolicy), limit);
  }

  async repositoryId(name: string, manager?: EntityManager): Promise<string | undefined> {
    const [row] = await this.query<{ id: string }>(
      `SELECT id FROM repositories WHERE name = $1`,
      [name],
      manager,
    );
    return row?.id;
  }

  async keepEffective(policy: EffectivePolicy, manager?: EntityManager): Promise<void> {
    await this.query(
      `INSERT INTO effective_policies (digest, policy) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`,
      [policy.digest, JSON.stringify(policy)],
      manager,
    );
  }

  async effective(digest: string, manager?: EntityManager): Promise<EffectivePolicy | undefined> {
    const [row] = await this.query<{ policy: EffectivePolicy }>(
      `SELECT policy FROM effective_policies WHERE digest = $1`,
      [digest],
      manager,
    );
    return row && completePolicy(row.policy);
  }

  private query<R>(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<R[]> {
    return runQuery(manager, sql, parameters);
  }
}
