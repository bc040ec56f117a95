import { z } from 'zod';
import { CandidateId, idOf, Sha256 } from './id.js';

/** What every event about a promotion names; `sessionId` stands in the copy that the stream of the lane gets. */
export const promotion = {
  promotionId: idOf('promotion'),
  candidateId: CandidateId,
  sessionId: idOf('session').optional(),
};
export const quorum = z.number().int().describe('Approvals that are needed');
export const binding = Sha256.describe('Digest of repository, target, level, base tree, tree and policy');
export const PolicyDigest = Sha256.describe('Digest of all policy layers together');

/** What the ledger says of approvals. */
export const approvalEvents = {
  'approval.requested': z.strictObject({
    ...promotion,
    alias: z.string(),
    quorum,
    because: z.array(z.string()).optional().describe('What asks for it, a sentence each'),
  }),
  'approval.kept': z.strictObject({
    ...promotion,
    given: z.int().describe('People who approved just this before, and whose answers still count'),
    bindingDigest: binding,
  }),
  'approval.answered': z.strictObject({
    ...promotion,
    answer: z.enum(['approve', 'reject']),
    reason: z.strictObject({ code: z.string(), message: z.string() }).optional(),
    bindingDigest: binding,
    policyDigest: PolicyDigest.nullable(),
  }),
  'approval.withdrawn': z.strictObject({
    ...promotion,
    principal: z.string().describe('Name of whose approval counts no more'),
    reason: z.strictObject({ code: z.string(), message: z.string() }),
    bindingDigest: binding,
  }),
} as const;
