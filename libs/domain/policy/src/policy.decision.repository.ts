import type { DecisionQuery, Page, PolicyDecision } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { newId, pageOfRows, pageWhere } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Decision } from './decision.js';
import type { Ask } from './decision.rule.js';

/** Where a decision was made. */
export interface DecisionPlace {
  readonly sessionId: string | null;
  readonly repositoryId: string | null;
}

type Row = Omit<PolicyDecision, 'at'> & { readonly at: Date };

const select = `SELECT d.id, d.at, d.session_id AS "sessionId", r.name AS repository, d.subject, d.action, d.resource,
  d.context, d.effect, d.rule, d.layer, d.reason, d.policy_digest AS "policyDigest"
  FROM policy_decisions d LEFT JOIN repositories r ON r.id = d.repository_id`;

/** Every query on stored decisions. */
@Injectable()
export class PolicyDecisionRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** In the transaction of the change that was decided on. */
  async insert(
    manager: EntityManager,
    { sessionId, repositoryId }: DecisionPlace,
    made: readonly (readonly [Ask, Decision])[],
  ): Promise<void> {
    if (made.length === 0) return;
    const rows = made.map(([ask, decision]) => ({
      id: newId('decision'),
      subject: ask.subject,
      action: ask.action,
      resource: ask.resource,
      context: ask.context,
      effect: decision.effect,
      rule: decision.rule,
      layer: decision.layer,
      reason: decision.reason,
      policy_digest: decision.policyDigest,
    }));
    await runQuery(
      manager,
      `INSERT INTO policy_decisions (id, session_id, repository_id, subject, action, resource, context, effect, rule,
         layer, reason, policy_digest)
       SELECT id, $2, $3, subject, action, resource, context, effect, rule, layer, reason, policy_digest
       FROM jsonb_to_recordset($1::jsonb) AS r (id text, subject jsonb, action text, resource text, context jsonb,
         effect text, rule text, layer jsonb, reason text, policy_digest text)`,
      [JSON.stringify(rows), sessionId, repositoryId],
    );
  }

  /** Removes, of the oldest `batch`, those made longer than `keptMs` ago by the database's clock; answers how many. */
  async forget(keptMs: number, batch: number): Promise<number> {
    const gone = await runQuery<unknown[]>(
      this.dataSource.manager,
      // Ids tell the time, so the oldest are found without an index of their own.
      `WITH oldest AS (SELECT id, at FROM policy_decisions ORDER BY id LIMIT $2),
         gone AS (DELETE FROM policy_decisions d USING oldest o
                  WHERE d.id = o.id AND o.at < now() - $1 * interval '1 ms' RETURNING d.id)
       SELECT id FROM gone`,
      [keptMs, batch],
    );
    return gone.length;
  }

  async page({ limit, cursor, session }: DecisionQuery): Promise<Page<PolicyDecision>> {
    pageWhere({ cursor }, 'dec');
    const rows = await runQuery<Row[]>(
      this.dataSource.manager,
      `${select} WHERE ($1::text IS NULL OR d.id < $1) AND ($2::text IS NULL OR d.session_id = $2)
       ORDER BY d.id DESC LIMIT $3`,
      [cursor ?? null, session ?? null, limit + 1],
    );
    return pageOfRows(
      rows.map((row) => ({ ...row, at: row.at.toISOString() })),
      limit,
    );
  }
}
