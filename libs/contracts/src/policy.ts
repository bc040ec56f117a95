import { z } from 'zod';
import { CapabilityKind } from './capability.js';
import { idOf, Instant, Name, Sha256 } from './id.js';
import {
  activations,
  Commands,
  GateNames,
  PathGlob,
  PromotionLevel,
  ResourceGlob,
  stance,
} from './policy.parts.js';
import { PolicyRuleList } from './policy.rule.js';
import { TestRules } from './policy.tests.js';
import { text } from './text.js';
import { RepositoryName } from './repository.js';

/**
 * What one policy layer says. Absent is neutral, present but empty permits nothing. Layers merge so that a
 * further one can only tighten: numbers by minimum, permits by intersection, forbids and required commands
 * by union, stances by the stricter, levels by the lower; of rules, every layer has to agree.
 */
export const PolicyRules = z
  .strictObject({
    allowedPaths: z.array(PathGlob).max(1000).optional(),
    forbiddenPaths: z.array(PathGlob).max(1000).optional(),
    runtimeArtifacts: z
      .array(PathGlob)
      .max(1000)
      .optional()
      .describe('Never promoted (I4); added to our own'),
    symlinks: stance('Symbolic links, new, changed or removed').optional(),
    gitlinks: stance('Submodule links and .gitmodules').optional(),
    executables: stance('New executable files and flipped executable bits').optional(),
    limits: z
      .strictObject({
        patchBytes: z.number().int().min(0).max(1_073_741_824).optional(),
        files: z.number().int().min(0).max(1_000_000).optional(),
        blobBytes: z.number().int().min(0).max(1_073_741_824).optional().describe('One file, inflated'),
        inflatedBytes: z.number().int().min(0).max(4_294_967_296).optional().describe('All files, inflated'),
        lineBytes: z.number().int().min(0).max(1_073_741_824).optional(),
        lines: z.number().int().min(0).max(100_000_000).optional().describe('Added and removed, together'),
        executionMinutes: z.number().int().min(0).max(10_080).optional(),
        rounds: z.number().int().min(0).max(1000).optional(),
        maxTokens: z.number().int().min(0).max(1_000_000_000).optional(),
        maxCostUsd: z.number().min(0).max(1_000_000).optional(),
      })
      .optional(),
    rules: PolicyRuleList.optional(),
    gates: z
      .strictObject({
        required: GateNames.optional().describe('Gates that must pass; * for all'),
        blocking: GateNames.optional().describe('Gates that block where they would ask for an approval'),
        staged: GateNames.optional().describe('Gates whose findings hold a candidate back from publishing'),
      })
      .optional(),
    secrets: z
      .strictObject({
        allow: z
          .array(Sha256)
          .max(1000)
          .optional()
          .describe('SHA-256 of known fake keys, e.g. of test fixtures'),
      })
      .optional(),
    dependencies: z
      .strictObject({
        registries: z
          .array(
            z
              .string()
              .max(253)
              .regex(
                /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/,
                'expected a host name in lower case',
              ),
          )
          .max(200)
          .optional()
          .describe('Hosts that packages may come from, beside those that the base fetches from'),
        names: z.array(PathGlob).max(10_000).optional().describe('Packages that may be added'),
      })
      .optional(),
    images: z.array(ResourceGlob).max(200).optional().describe('Images that validation may run in'),
    staged: z.boolean().optional().describe('Everything runs, nothing is published'),
    activation: z
      .enum(activations)
      .optional()
      .describe(
        'another_person: who wrote a version of this layer, or of one that it has a say over, may not activate it',
      ),
    capabilities: z.array(z.enum(['docker_sandbox', 'process_sandbox'])).optional(),
    adapters: z.array(text(40)).optional(),
    commands: Commands.optional().describe('Required: a job may only add'),
    setup: text(4000).optional().describe('Run on the base tree, before the commands'),
    tests: TestRules.optional(),
    promotion: z
      .strictObject({
        maxLevel: PromotionLevel.optional(),
        approvals: z
          .strictObject({
            quorum: z.number().int().min(0).max(10).describe('Approvals needed even where no finding asks'),
          })
          .optional(),
        targets: z.array(text(200, 1)).max(100).optional().describe('Branches allowed as target'),
        openPullRequests: z
          .number()
          .int()
          .min(0)
          .max(1000)
          .optional()
          .describe('Of a repository at once; what is more waits in its lane'),
        requestsPerHour: z
          .number()
          .int()
          .min(0)
          .max(1000)
          .optional()
          .describe('Pull requests opened within an hour for one requester; what is more waits in its lane'),
        speculativeWindow: z
          .number()
          .int()
          .min(1)
          .max(50)
          .optional()
          .describe(
            'Changes of a lane judged on top of one another at most, before any is published; absent: none are',
          ),
      })
      .optional(),
  })
  .meta({ id: 'PolicyRules' });
export type PolicyRules = z.infer<typeof PolicyRules>;

export const PolicyLayer = z
  .enum(['installation', 'organisation', 'repository', 'capability', 'job'])
  .meta({ id: 'PolicyLayer' });
export type PolicyLayer = z.infer<typeof PolicyLayer>;

export const PolicyDocument = z
  .strictObject({
    apiVersion: z.literal('gatehouse.dev/v1'),
    kind: z.literal('Policy'),
    metadata: z.strictObject({
      name: Name,
      layer: z.enum(['installation', 'organisation', 'repository', 'capability']),
      organisation: z
        .string()
        .max(100)
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected the part of repository names before the slash')
        .optional()
        .describe(
          'Where layer is organisation: the owner part of its repositories, e.g. acme of acme/widgets',
        ),
      repository: RepositoryName.optional().describe('Where layer is repository'),
      capability: CapabilityKind.optional().describe('Where layer is capability'),
    }),
    spec: PolicyRules,
  })
  .superRefine(({ metadata }, context) => {
    for (const about of ['organisation', 'repository', 'capability'] as const) {
      if ((metadata.layer === about) === (metadata[about] !== undefined)) continue;
      context.addIssue({
        code: 'custom',
        path: ['metadata', about],
        message:
          metadata.layer === about
            ? `a policy of layer ${about} names its ${about}`
            : `a policy of layer ${metadata.layer} names no ${about}`,
      });
    }
  })
  .meta({ id: 'PolicyDocument' });
export type PolicyDocument = z.infer<typeof PolicyDocument>;

export const Policy = z
  .object({
    id: idOf('policy'),
    name: z.string(),
    layer: PolicyLayer,
    repository: z.string().nullable(),
    scope: z.string().nullish().describe('Owner of repositories, or kind of capability, that it is about'),
    version: z.number().int(),
    digest: Sha256,
    active: z.boolean(),
    document: PolicyDocument,
    createdBy: idOf('principal').nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Policy' });
export type Policy = z.infer<typeof Policy>;
