import { z } from 'zod';
import { Sha256 } from './id.js';
import { PolicyLayer } from './policy.js';
import { activations, Command, PromotionLevel, stance } from './policy.parts.js';
import { PolicyRule } from './policy.rule.js';
import { EffectiveTests } from './policy.tests.js';

const everyList = 'Lists of globs, all of which must match; no list at all allows nothing';

/** The merge of all layers for one session: what gates and promoter obey. */
export const EffectivePolicy = z
  .object({
    digest: Sha256.describe('Digest of all layers together'),
    layers: z.array(z.object({ layer: PolicyLayer, name: z.string(), digest: Sha256 })),
    allowedPaths: z
      .array(z.array(z.string()))
      .describe('A path must match at least one glob of every inner list; no list at all allows nothing'),
    forbiddenPaths: z.array(z.string()),
    runtimeArtifacts: z.array(z.string()),
    symlinks: stance(''),
    gitlinks: stance(''),
    executables: stance(''),
    limits: z.object({
      patchBytes: z.number(),
      files: z.number(),
      blobBytes: z.number(),
      inflatedBytes: z.number(),
      lineBytes: z.number(),
      lines: z.number(),
      executionMinutes: z.number(),
      rounds: z.number(),
      maxTokens: z.number(),
      maxCostUsd: z.number(),
    }),
    rules: z
      .array(z.object({ layer: PolicyLayer, name: z.string(), digest: Sha256, rules: z.array(PolicyRule) }))
      .describe('Of every layer that has any, by the digest of that layer; each of them must agree'),
    gates: z.object({
      required: z.array(z.string()).describe('["*"] where all are'),
      blocking: z.array(z.string()),
      staged: z.array(z.string()),
    }),
    secrets: z.object({ allow: z.array(Sha256) }),
    dependencies: z.object({
      registries: z
        .array(z.string())
        .nullable()
        .describe('Hosts beside those that the base fetches from; null where there is no list'),
      names: z.array(z.array(z.string())).describe(everyList),
    }),
    images: z.array(z.array(z.string())).describe(everyList),
    staged: z.boolean(),
    activation: z.enum(activations),
    capabilities: z.array(z.string()),
    adapters: z.array(z.string()),
    commands: z.array(Command),
    setup: z.array(z.string()),
    tests: EffectiveTests,
    promotion: z.object({
      maxLevel: PromotionLevel,
      quorum: z.number().int(),
      targets: z.array(z.array(z.string())).describe('Glob lists, all of which must match'),
      openPullRequests: z.number().int(),
      requestsPerHour: z.number().int(),
      speculativeWindow: z
        .number()
        .int()
        .nullable()
        .describe(
          'Changes of a lane judged on top of one another at most; null: its lane is not speculative',
        ),
    }),
  })
  .meta({ id: 'EffectivePolicy' });
export type EffectivePolicy = z.infer<typeof EffectivePolicy>;
