import { GatehouseError, type JobSpec } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import type { PromotionEntity } from './promotion.entity.js';

/** What a promotion is about, as it is now. */
export interface PromotionFacts {
  readonly alias: string;
  /** Its name. */
  readonly repository: string;
  readonly base: string;
  readonly baseTree: string;
  readonly tree: string;
  readonly patch: string;
  readonly patchBytes: number;
  readonly jobId: string;
  readonly jobName: string;
  readonly jobCreatedAt: Date;
  readonly spec: JobSpec;
  readonly specDigest: string;
  readonly title: string | null;
  readonly requestedBy: string;
  readonly requester: string;
  readonly source: string;
  readonly forge: 'github' | null;
  /** The forge's number of it; null where that is not known yet. */
  readonly forgeId: string | null;
  readonly mode: 'staged' | 'live';
  readonly sessionState: string;
  /** Of this session and candidate; null where there is none any more. */
  readonly verdictId: string | null;
  readonly verdictOutcome: string | null;
  readonly verdictPolicyDigest: string | null;
  readonly verdictApprovalsNeeded: boolean | null;
}

/** Throws `promotion.not_found`. */
export const promotionFacts = async (manager: Transaction, row: PromotionEntity): Promise<PromotionFacts> => {
  const [facts] = (await manager.query(
    `SELECT c.alias, c.base, c.base_tree AS "baseTree", c.tree, c.patch, c.patch_bytes::float8 AS "patchBytes",
            j.id AS "jobId", j.name AS "jobName", j.created_at AS "jobCreatedAt",
            j.spec, j.spec_digest AS "specDigest", j.spec #>> '{spec,promotion,title}' AS title,
            j.requested_by AS "requestedBy", p.name AS requester,
            r.name AS repository, r.source, r.forge, r.forge_id AS "forgeId", r.mode, s.state AS "sessionState",
            v.id AS "verdictId", v.outcome AS "verdictOutcome",
            v.policy_digest AS "verdictPolicyDigest", v.approvals_needed AS "verdictApprovalsNeeded"
     FROM promotions m
     JOIN candidates c ON c.id = m.candidate_id
     JOIN sessions s ON s.id = m.session_id
     JOIN jobs j ON j.id = s.job_id
     JOIN principals p ON p.id = j.requested_by
     JOIN repositories r ON r.id = m.repository_id
     LEFT JOIN LATERAL (SELECT * FROM verdicts WHERE session_id = m.session_id AND candidate_id = m.candidate_id
                        ORDER BY id DESC LIMIT 1) v ON true
     WHERE m.id = $1`,
    [row.id],
  )) as PromotionFacts[];
  if (facts !== undefined) return facts;
  throw new GatehouseError('promotion.not_found', `There is no promotion ${row.id}.`);
};
