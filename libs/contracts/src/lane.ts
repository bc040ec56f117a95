import { z } from 'zod';
import { idOf, Instant } from './id.js';
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

export const Lane = z
  .object({
    repository: z.string(),
    target: z.string(),
    generation: z.number().int().describe('Counts up with every run; 0: nothing has run in it yet'),
    running: LaneEntry.nullable(),
    waiting: z.array(LaneEntry).describe('Oldest first'),
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
