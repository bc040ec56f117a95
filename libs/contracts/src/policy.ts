import { z } from 'zod';
import { durationBetween } from './duration.js';
import { idOf, Instant, Name, Sha256 } from './id.js';
import { text } from './text.js';
import { RepositoryName } from './repository.js';

/** Level of publishing, in order: the stored artifact, a branch of ours, a draft pull request. */
export const promotionLevels = ['patch', 'branch', 'draft_pr'] as const;
export const PromotionLevel = z.enum(promotionLevels).meta({ id: 'PromotionLevel' });
export type PromotionLevel = z.infer<typeof PromotionLevel>;

/**
 * Segment-aware glob over repository paths: `*` and `?` stay inside a segment, `**` is a whole segment that
 * stands for any number of them. A pattern without `*` at its end names one path, never a folder's content.
 */
export const PathGlob = z
  .string()
  .min(1)
  .max(500)
  .refine((glob) => !/[\0\n\p{Cs}]/u.test(glob) && !glob.startsWith('/'), {
    error: 'expected a path inside the repository, without a leading slash',
  })
  .refine((glob) => !glob.split('/').some((part) => part === '..' || part === '.' || part === ''), {
    error: 'expected no empty, . or .. segment',
  })
  .refine((glob) => glob.split('/').every((part) => part === '**' || !part.includes('**')), {
    error: '** must be a whole segment',
  });

/** A command that validates a candidate, run by `sh -c` inside a fresh sandbox on the candidate's tree. */
export const Command = z
  .strictObject({
    name: Name,
    run: text(4000, 1),
    timeout: durationBetween('1s', '2h').default('10m'),
  })
  .meta({ id: 'Command' });
export type Command = z.infer<typeof Command>;

/** Commands are told apart by name. */
export const Commands = z
  .array(Command)
  .max(50)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'expected a name of its own for every command',
  });

const stance = (summary: string) => z.enum(['forbid', 'require_approval', 'permit']).describe(summary);

/**
 * What one policy layer says. Absent is neutral, present but empty permits nothing. Layers merge so that a
 * further one can only tighten: numbers by minimum, permits by intersection, forbids and required commands
 * by union, stances by the stricter, levels by the lower.
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
        executionMinutes: z.number().int().min(0).max(10_080).optional(),
      })
      .optional(),
    capabilities: z.array(z.enum(['docker_sandbox', 'process_sandbox'])).optional(),
    adapters: z.array(text(40)).optional(),
    commands: Commands.optional().describe('Required: a job may only add'),
    setup: text(4000).optional().describe('Run on the base tree, before the commands'),
    promotion: z
      .strictObject({
        maxLevel: PromotionLevel.optional(),
        approvals: z
          .strictObject({
            quorum: z.number().int().min(0).max(10).describe('Approvals needed even where no finding asks'),
          })
          .optional(),
        targets: z.array(text(200, 1)).max(100).optional().describe('Branches allowed as target'),
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
      layer: z.enum(['installation', 'repository']),
      repository: RepositoryName.optional().describe('Where layer is repository'),
    }),
    spec: PolicyRules,
  })
  .refine((doc) => (doc.metadata.layer === 'repository') === (doc.metadata.repository !== undefined), {
    path: ['metadata', 'repository'],
    error: 'a repository layer names its repository; an installation layer names none',
  })
  .meta({ id: 'PolicyDocument' });
export type PolicyDocument = z.infer<typeof PolicyDocument>;

export const Policy = z
  .object({
    id: idOf('policy'),
    name: z.string(),
    layer: PolicyLayer,
    repository: z.string().nullable(),
    version: z.number().int(),
    digest: Sha256,
    active: z.boolean(),
    document: PolicyDocument,
    createdBy: idOf('principal').nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Policy' });
export type Policy = z.infer<typeof Policy>;

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
      executionMinutes: z.number(),
    }),
    capabilities: z.array(z.string()),
    adapters: z.array(z.string()),
    commands: z.array(Command),
    setup: z.array(z.string()),
    promotion: z.object({
      maxLevel: PromotionLevel,
      quorum: z.number().int(),
      targets: z.array(z.array(z.string())).describe('Glob lists, all of which must match'),
    }),
  })
  .meta({ id: 'EffectivePolicy' });
export type EffectivePolicy = z.infer<typeof EffectivePolicy>;
