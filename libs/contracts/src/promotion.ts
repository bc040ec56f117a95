import { z } from 'zod';
import { CandidateId, idOf, Instant, ObjectId } from './id.js';
import { PageQuery } from './page.js';
import { PolicyLayer } from './policy.js';
import { PromotionLevel } from './policy.parts.js';
import { PullRequest } from './pull-request.js';
import { stateTable } from './state.js';
import { text } from './text.js';

export const promotionStates = stateTable({
  initial: 'pending',
  states: {
    pending: {
      summary: 'Waits for its turn in the lane',
      to: ['awaiting_approval', 'running', 'aborted', 'discarded'],
    },
    awaiting_approval: {
      summary: 'Waits for people; holds no lane',
      to: ['pending', 'aborted', 'discarded'],
    },
    running: { summary: 'Holds the lane and publishes', to: ['succeeded', 'failed', 'errored', 'discarded'] },
    succeeded: { summary: 'Published and read back', to: [] },
    failed: { summary: 'The content cannot be published', to: [] },
    errored: { summary: 'Something technical broke; can be tried again', to: ['pending'] },
    aborted: { summary: 'Ended on request or by a veto', to: [] },
    discarded: { summary: 'A newer promotion took its place', to: [] },
  },
});
export type PromotionState = keyof typeof promotionStates.states;

export const Approval = z
  .object({
    id: idOf('approval'),
    promotionId: idOf('promotion'),
    principal: z.object({ id: idOf('principal'), name: z.string() }),
    answer: z.enum(['approve', 'reject']),
    reason: z.string(),
    createdAt: Instant,
    expiresAt: Instant,
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;

/** One reason why people are asked; equal findings of a gate are one, with the paths they are about. */
export const ApprovalCause = z
  .object({
    reason: z.string().describe('Why, in one sentence; of several findings that of the first'),
    rule: z
      .string()
      .nullable()
      .describe(
        'Id of the policy rule, or name of the field, e.g. promotion.approvals.quorum; null of a gate',
      ),
    layer: z.object({ layer: PolicyLayer, name: z.string() }).nullable().describe('Whose rule it is'),
    gate: z
      .string()
      .nullable()
      .describe('The gate that found it; null where nothing was found in the change'),
    code: z.string().nullable().describe('Reason code of the findings'),
    paths: z.array(z.string()).describe('As findings name them; the first twenty'),
    morePaths: z.number().int().min(0).describe('Paths beyond those'),
  })
  .meta({ id: 'ApprovalCause' });
export type ApprovalCause = z.infer<typeof ApprovalCause>;

export const Promotion = z
  .object({
    id: idOf('promotion'),
    candidateId: CandidateId,
    sessionId: idOf('session'),
    jobId: idOf('job'),
    jobName: z.string(),
    requestedBy: z
      .object({ id: idOf('principal'), name: z.string() })
      .describe('Who asked for the job, and so cannot approve it'),
    repository: z.string(),
    target: z.string(),
    requestedLevel: PromotionLevel,
    level: PromotionLevel.describe('What it may reach; lower than requested where a reason says so'),
    degradedBecause: z.string().nullable(),
    state: z.enum(Object.keys(promotionStates.states) as [PromotionState, ...PromotionState[]]),
    reason: z.object({ code: z.string(), message: z.string() }).nullable(),
    quorum: z.number().int().describe('Approvals needed'),
    askedBecause: z
      .array(ApprovalCause)
      .describe('Why approvals are needed: all that asks, gathered; empty where nobody is asked'),
    approvalsGiven: z
      .number()
      .int()
      .describe('Approvals that count now: not expired, of people who still may'),
    approvals: z.array(Approval),
    answerRefused: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe(
        'Why the caller can neither approve nor reject it now, as approvals.answer would say; null where they can',
      ),
    result: z
      .object({
        branch: z.string().nullable(),
        commit: ObjectId.nullable(),
        tree: ObjectId,
      })
      .nullable(),
    pullRequest: PullRequest.nullable().describe('Of its session; null where none was made'),
    supersededBy: idOf('promotion').nullable(),
    createdAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Promotion' });
export type Promotion = z.infer<typeof Promotion>;

export const PromotionQuery = PageQuery.extend({
  state: z.enum(Object.keys(promotionStates.states) as [PromotionState, ...PromotionState[]]).optional(),
  sessionId: idOf('session').optional(),
  repository: text(200).optional(),
});
export type PromotionQuery = z.infer<typeof PromotionQuery>;

export const AnswerApproval = z
  .strictObject({
    answer: z.enum(['approve', 'reject']),
    reason: text(2000).default(''),
    candidateId: CandidateId.optional().describe(
      'What the person looked at; refused where it is no longer that',
    ),
  })
  .meta({ id: 'AnswerApproval' });
export type AnswerApproval = z.infer<typeof AnswerApproval>;
