import { z } from 'zod';
import { PathGlob } from './policy.parts.js';

/** How far the outcome of test commands is believed: of commands that say of themselves that they run tests. */
export const TestRules = z.strictObject({
  files: z
    .array(PathGlob)
    .max(1000)
    .optional()
    .describe('Test files. The tests of the base are run on the candidate once for the list of each layer'),
  reruns: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('How often a failed test command is run again, to tell a failure from a flake'),
  fewerPercent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('So many percent fewer tests than on the base may run; beyond it nothing is known'),
  hunkRevert: z
    .boolean()
    .optional()
    .describe('Undo the change, whole and hunk by hunk: the tests of the candidate must notice'),
  revertHunks: z.number().int().min(0).max(1000).optional().describe('At most so many hunks are undone'),
  revertMinutes: z
    .number()
    .int()
    .min(0)
    .max(10_080)
    .optional()
    .describe('Time for the runs with hunks undone'),
});
export type TestRules = z.infer<typeof TestRules>;

export const EffectiveTests = z.object({
  files: z
    .array(z.array(z.string()))
    .describe('A list for each layer that has one; each is applied by itself'),
  reruns: z.number().int(),
  fewerPercent: z.number(),
  hunkRevert: z.boolean(),
  revertHunks: z.number().int(),
  revertMinutes: z.number().int(),
});
export type EffectiveTests = z.infer<typeof EffectiveTests>;
