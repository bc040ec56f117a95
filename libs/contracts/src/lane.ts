import { z } from 'zod';
import { idOf, Instant, ObjectId } from './id.js';
import { PromotionLevel } from './policy.parts.js';
import { promotionStates, type PromotionState } from './promotion.js';
import { text } from './text.js';

export const LaneEntry = z
  .object({
    promotionId: idOf('promotion'),
    jobId: idOf('job'),
    jobName: z.string(),
    requestedBy: z.object({ id: idOf('principal'), name: z.string() }),
    state: z.enum(Object.keys(promotionStates.states) as [PromotionState, ...PromotionState[]]),
    level: PromotionLevel,
    position: z
      .number()
      .int()
      .nullable()
      .describe('Its turn, from 1; null of what may not go now: it waits for people, the budget or a pause'),
    why: z.string().describe('What it waits for, in one sentence'),
    createdAt: Instant,
  })
  .meta({ id: 'LaneEntry' });
export type LaneEntry = z.infer<typeof LaneEntry>;

export const StackState = z
  .enum(['waiting', 'judging', 'passed', 'dropped'])
  .meta({ id: 'StackState' })
  .describe('judging: this stack is being judged now; passed: it may go');

export type StackState = z.infer<typeof StackState>;

export const StackEntry = z
  .object({
    promotionId: idOf('promotion'),
    jobId: idOf('job'),
    jobName: z.string(),
    position: z.number().int().describe('In the stack, from 1'),
    onto: z
      .array(idOf('promotion'))
      .describe('What it is merged on beside the head of the target, lowest first'),
    ontoTree: ObjectId,
    tree: ObjectId.describe('Of all of them together'),
    state: StackState,
    why: z.string().nullable().describe('Of one that was dropped'),
  })
  .meta({ id: 'StackEntry' });
export type StackEntry = z.infer<typeof StackEntry>;

export const RoundMember = z
  .object({
    promotionId: idOf('promotion'),
    jobName: z.string(),
    position: z.number().int().describe('In its stack, from 1'),
    state: StackState.describe(
      'As it came out of this round; waiting: nothing was said of it, and it began anew',
    ),
  })
  .meta({ id: 'RoundMember' });
export type RoundMember = z.infer<typeof RoundMember>;

export const LaneRound = z
  .object({
    number: z.number().int().describe('Counts up from 1 within the lane'),
    state: z.enum(['judging', 'passed', 'failed', 'void']),
    head: ObjectId.describe('Of the target'),
    windowBefore: z.number().int(),
    windowAfter: z.number().int().nullable().describe('null while it is judged'),
    members: z.number().int(),
    changes: z.array(RoundMember).describe('Its members, lowest first'),
    passed: z.number().int(),
    dropped: idOf('promotion').nullable(),
    probes: z.array(
      z.object({
        position: z.number().int().describe('Length of the stack that was judged'),
        outcome: z.enum(['judging', 'pass', 'fail', 'inconclusive']),
        why: z.string(),
      }),
    ),
    why: z.string().nullable().describe('Of a round that failed or says nothing any more'),
    beganAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'LaneRound' });
export type LaneRound = z.infer<typeof LaneRound>;

/** A lane in which changes are judged on top of one another before any is published. */
export const Speculation = z
  .object({
    window: z.number().int().describe('Changes of the next round at most'),
    stack: z.array(StackEntry).describe('Of the newest round, lowest first'),
    rounds: z.array(LaneRound).describe('The newest twenty, newest first'),
  })
  .meta({ id: 'Speculation' });
export type Speculation = z.infer<typeof Speculation>;

export const Lane = z
  .object({
    repository: z.string(),
    target: z.string(),
    generation: z.number().int().describe('Counts up with every run; 0: nothing has run in it yet'),
    running: LaneEntry.nullable(),
    waiting: z.array(LaneEntry).describe('Oldest first'),
    speculation: Speculation.nullable().describe('null where nothing was judged on top of others yet'),
  })
  .meta({ id: 'Lane' });
export type Lane = z.infer<typeof Lane>;

export const LaneQuery = z.strictObject({
  repository: text(200).optional(),
  target: text(255).optional(),
});
export type LaneQuery = z.infer<typeof LaneQuery>;

export const PreflightCheck = z
  .object({
    check: z.string().describe('Stable name, e.g. approvals'),
    ok: z.boolean().nullable().describe('null: only known when it is published'),
    why: z.string(),
    fix: z.string().nullable().describe('What to do; null where nothing is wrong'),
  })
  .meta({ id: 'PreflightCheck' });
export type PreflightCheck = z.infer<typeof PreflightCheck>;

export const Preflight = z
  .object({
    promotionId: idOf('promotion'),
    ok: z.boolean().describe('Nothing stands against publishing it now'),
    checks: z.array(PreflightCheck),
  })
  .meta({ id: 'Preflight' });
export type Preflight = z.infer<typeof Preflight>;
