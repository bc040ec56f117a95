import { z } from 'zod';
import { mendedText, text } from './text.js';

/** What a test command said of itself, in its output or its report. Skipped tests did not run. */
export const TestCounts = z
  .strictObject({
    passed: z.number().int().min(0),
    failed: z.number().int().min(0),
    skipped: z.number().int().min(0),
    format: text(40).describe('Whose words were read, e.g. jest or tap'),
  })
  .meta({ id: 'TestCounts' });
export type TestCounts = z.infer<typeof TestCounts>;

const Ending = z.enum(['passed', 'failed', 'timeout', 'error']);

export const CommandOutcome = z
  .strictObject({
    name: text(100),
    outcome: Ending.describe('Of the first run'),
    exitCode: z.number().int().nullable(),
    durationMs: z.number().int(),
    tail: mendedText(8000).describe('The last of its output, for the finding'),
    tests: TestCounts.nullable()
      .optional()
      .describe('Where it is a test command; null where nothing in its output says how many tests ran'),
    again: z.array(Ending).max(10).optional().describe('How it ended when it was run again'),
  })
  .meta({ id: 'CommandOutcome' });
export type CommandOutcome = z.infer<typeof CommandOutcome>;

const outcomes = z.array(CommandOutcome).max(100);
const RawPathText = z.string().describe('Path in the repository, a character for each byte');

/** What is to be found out about the test commands of a validation. */
export const TestWork = z
  .object({
    reruns: z.number().int().describe('How often a failed test command is run again'),
    baselines: z
      .array(z.object({ image: z.string().nullable(), commands: outcomes }))
      .describe('What they did on the base alone, by the image they ran in: not to be run again'),
    restore: z
      .array(z.array(RawPathText))
      .describe('For each list: run them on the candidate with these paths as they are in the base'),
    revert: z
      .object({ paths: z.array(RawPathText), hunks: z.number().int(), ms: z.number().int() })
      .nullable()
      .describe('Run them on the candidate with these paths undone, whole and hunk by hunk'),
  })
  .meta({ id: 'TestWork' });
export type TestWork = z.infer<typeof TestWork>;

/** One part of the change that was undone by itself. */
export const RevertedHunk = z.strictObject({
  path: RawPathText.max(5000),
  startLine: z
    .number()
    .int()
    .min(1)
    .nullable()
    .describe('In the new file; null where all of a file was undone'),
  endLine: z.number().int().min(1).nullable(),
  noticed: z.boolean().describe('A test command failed'),
});
export type RevertedHunk = z.infer<typeof RevertedHunk>;

/** What was found out about them. */
export const TestRuns = z
  .strictObject({
    base: outcomes.describe('On the base alone'),
    baseKnown: z.boolean().describe('As the lease told it: it was not run again'),
    restored: z.array(outcomes).max(20).describe('For each list of the lease, in its order'),
    reverted: z
      .strictObject({
        whole: outcomes.describe('With every given path undone'),
        hunks: z.array(RevertedHunk).max(1000),
        left: z.number().int().min(0).describe('Hunks that were not undone, for lack of number or time'),
      })
      .nullable(),
  })
  .meta({ id: 'TestRuns' });
export type TestRuns = z.infer<typeof TestRuns>;
