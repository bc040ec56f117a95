import { Role, type Approval } from '@gatehouse/contracts';
import { mayDo, personOf } from '@gatehouse/policy';

export interface ApprovalRow {
  /** The promotion that it counts for. */
  given_for: string;
  id: string;
  promotion_id: string;
  principal_id: string;
  principal: string;
  answer: Approval['answer'];
  reason: string;
  created_at: Date;
  expires_at: Date;
}

export const toApproval = (row: ApprovalRow): Approval => ({
  id: row.id,
  promotionId: row.promotion_id,
  principal: { id: row.principal_id, name: row.principal },
  answer: row.answer,
  reason: row.reason,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
});

const approvers = Role.options.filter(
  (role) => mayDo({ kind: 'user', roles: [role], disabled: false }, 'promotions:approve').allowed,
);

/**
 * SQL: answers `a` for the promotion `k`: its own, and approvals of earlier ones `o` of its session that were bound to
 * just the same and gave way to it. What people took back gives none, and a rejection ends what was given before it.
 */
export const answersFor = `promotions k
  JOIN promotions o ON o.session_id = k.session_id
    AND (o.id = k.id OR (o.id < k.id AND o.state = 'discarded' AND o.binding_digest = k.binding_digest))
  JOIN approvals a ON a.promotion_id = o.id AND (o.id = k.id OR (a.answer = 'approve'
    AND a.binding_digest = k.binding_digest AND NOT EXISTS (SELECT FROM approvals n JOIN promotions w ON w.id = n.promotion_id
      WHERE w.session_id = k.session_id AND n.binding_digest = k.binding_digest AND n.answer = 'reject')))
  JOIN principals p ON p.id = a.principal_id`;

/**
 * SQL: those that count: not run out, of exactly this, of people who may approve now and did not ask for the job, under
 * whatever name (I7). `requester` is the id of a principal.
 */
export const countedApprovals = (requester: string): string =>
  `${answersFor}
   WHERE a.answer = 'approve' AND a.binding_digest = k.binding_digest
     AND a.expires_at > now()
     AND ${personOf('p')} <> (SELECT ${personOf('asked')} FROM principals asked WHERE asked.id = ${requester})
     AND NOT p.disabled AND p.kind NOT IN ('agent', 'worker')
     AND p.roles && ARRAY[${approvers.map((role) => `'${role}'`).join(', ')}]::text[]`;

/** SQL: how many people gave them; one who answered under two names is one. */
export const countOfPeople = `count(DISTINCT ${personOf('p')})::int`;
