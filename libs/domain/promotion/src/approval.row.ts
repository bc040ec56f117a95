import { Role, type Approval } from '@gatehouse/contracts';
import { mayDo } from '@gatehouse/policy';

export interface ApprovalRow {
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

/** SQL: approvals `a` that have not run out, of principals `p` who may approve now and did not ask for the job (I7). */
export const countedApprovals = (requester: string): string =>
  `approvals a JOIN principals p ON p.id = a.principal_id
   WHERE a.answer = 'approve' AND a.expires_at > now() AND a.principal_id <> ${requester}
     AND NOT p.disabled AND p.kind NOT IN ('agent', 'worker')
     AND p.roles && ARRAY[${approvers.map((role) => `'${role}'`).join(', ')}]::text[]`;
