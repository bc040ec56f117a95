import type { EffectivePolicy, GateResult, JobSpec, PolicyDecision } from '@gatehouse/contracts';
import { completePolicy } from '@gatehouse/policy';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { TreeShape } from '../shape.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';

interface OfJob {
  readonly id: string;
  readonly at: Date;
  readonly session_id: string | null;
  readonly repository: string | null;
  readonly target: string | null;
  readonly spec: JobSpec | null;
  readonly spec_digest: string | null;
}

export interface DecisionRow extends OfJob {
  readonly subject: PolicyDecision['subject'];
  readonly action: PolicyDecision['action'];
  readonly resource: string;
  readonly context: PolicyDecision['context'];
  readonly effect: PolicyDecision['effect'];
}

export interface VerdictRow extends OfJob {
  readonly outcome: VerdictEntity['outcome'];
  readonly approvals_needed: boolean;
  readonly policy_digest: string;
  readonly gates: GateResult[];
  readonly unweighed: GateResult[];
  readonly candidate_id: string;
  readonly alias: string;
  readonly base_tree: string;
  readonly tree: string;
  readonly patch_shape: string | null;
}

/** Every query of the time machine; it reads in pages and writes nothing. */
@Injectable()
export class SimulationRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first, those older than `before`. */
  decisions(before: string | null, limit: number): Promise<DecisionRow[]> {
    return this.query(
      `SELECT d.id, d.at, d.session_id, r.name AS repository, s.target, j.spec, j.spec_digest, d.subject, d.action,
         d.resource, d.context, d.effect
       FROM policy_decisions d
       LEFT JOIN repositories r ON r.id = d.repository_id
       LEFT JOIN sessions s ON s.id = d.session_id
       LEFT JOIN jobs j ON j.id = s.job_id
       WHERE $1::text IS NULL OR d.id < $1 ORDER BY d.id DESC LIMIT $2`,
      [before, limit],
    );
  }

  /** Newest first, those older than `before`. */
  verdicts(before: string | null, limit: number): Promise<VerdictRow[]> {
    return this.query(
      `SELECT v.id, v.decided_at AS at, v.session_id, r.name AS repository, s.target, j.spec, j.spec_digest,
         v.outcome, v.approvals_needed, v.policy_digest, v.gates, v.unweighed, v.candidate_id, c.alias, c.base_tree,
         c.tree, c.patch_shape
       FROM verdicts v
       JOIN candidates c ON c.id = v.candidate_id
       JOIN repositories r ON r.id = c.repository_id
       JOIN sessions s ON s.id = v.session_id
       JOIN jobs j ON j.id = s.job_id
       WHERE $1::text IS NULL OR v.id < $1 ORDER BY v.id DESC LIMIT $2`,
      [before, limit],
    );
  }

  /** By base tree and tree, as `shapeKey` writes them. */
  async shapes(rows: readonly Pick<VerdictRow, 'base_tree' | 'tree'>[]): Promise<Map<string, TreeShape>> {
    if (rows.length === 0) return new Map();
    const found = await this.query<{ base_tree: string; tree: string; shape: string }>(
      `SELECT base_tree, tree, shape FROM tree_shapes
       JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS w (base_tree, tree)) AS w
         USING (base_tree, tree)`,
      [rows.map(({ base_tree }) => base_tree), rows.map(({ tree }) => tree)],
    );
    return new Map(found.map((row) => [shapeKey(row), JSON.parse(row.shape) as TreeShape]));
  }

  async effective(digests: readonly string[]): Promise<Map<string, EffectivePolicy>> {
    const found = await this.query<{ digest: string; policy: EffectivePolicy }>(
      `SELECT digest, policy FROM effective_policies WHERE digest = ANY($1)`,
      [digests],
    );
    return new Map(found.map(({ digest, policy }) => [digest, completePolicy(policy)]));
  }

  private async query<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return (await this.dataSource.query(sql, parameters)) as Row[];
  }
}

export const shapeKey = ({ base_tree, tree }: { base_tree: string; tree: string }): string =>
  `${base_tree} ${tree}`;
