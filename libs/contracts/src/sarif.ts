import { z } from 'zod';

const Text = z.object({ text: z.string() });

/** The parts of SARIF 2.1.0 that a verdict fills; the format has many more. */
export const SarifLog = z
  .object({
    version: z.literal('2.1.0'),
    runs: z.array(
      z.object({
        tool: z.object({
          driver: z.object({
            name: z.string(),
            rules: z.array(
              z.object({
                id: z.string().describe('Reason code, e.g. path.forbidden'),
                shortDescription: Text.describe('What the gate looks at'),
                help: Text.describe('What to do about it'),
                properties: z.object({ gate: z.string() }),
              }),
            ),
          }),
        }),
        automationDetails: z.object({ id: z.string() }),
        invocations: z.array(
          z.object({ executionSuccessful: z.boolean().describe('False where a gate could not answer') }),
        ),
        results: z.array(
          z.object({
            ruleId: z.string(),
            ruleIndex: z.number().int(),
            level: z.enum(['error', 'warning', 'note']).describe('Blocks, asks a person, is only shown'),
            message: Text,
            locations: z.array(
              z.object({
                physicalLocation: z.object({
                  artifactLocation: z.object({ uri: z.string(), uriBaseId: z.literal('SRCROOT') }),
                  region: z.object({ startLine: z.number().int(), endLine: z.number().int() }).optional(),
                }),
              }),
            ),
            partialFingerprints: z.record(z.string(), z.string()),
            properties: z.object({
              gate: z.string(),
              severity: z.string(),
              evidence: z.string().optional(),
            }),
          }),
        ),
        properties: z.object({
          candidate: z.string(),
          tree: z.string(),
          base: z.string(),
          outcome: z.string(),
          verdict: z.string().nullable(),
        }),
      }),
    ),
  })
  .meta({ id: 'SarifLog' });
export type SarifLog = z.infer<typeof SarifLog>;
