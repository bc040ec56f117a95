import { z } from 'zod';
import { CapabilityKind } from './capability.js';
import { durationBetween } from './duration.js';
import { ArtifactId, idOf, Instant, Name, ObjectId, Sha256 } from './id.js';
import { PageQuery } from './page.js';
import { PolicyRules } from './policy.js';
import { Commands, PromotionLevel } from './policy.parts.js';
import { RepositoryName } from './repository.js';
import { text } from './text.js';

/** A branch, tag or commit as people write it. Which refs exist is git's matter; what is dangerous ends here. */
export const RefName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/+@-]*$/, 'expected a branch, tag or commit name in plain ASCII')
  .refine((ref) => !/\.\.|\/\/|@\{|\/$|\.$|\.lock(?:\/|$)|\/\./.test(ref), {
    error: 'expected a ref name that git accepts',
  });

/** At most as many as anyone reads. */
const labels = z
  .record(text(100, 1), text(200))
  .refine((all) => Object.keys(all).length <= 64, { error: 'expected at most 64 labels' })
  .default({});

export const CommandAgent = z.strictObject({
  adapter: z.literal('command'),
  command: z
    .array(text(32_768))
    .min(1)
    .max(200)
    .refine(([program]) => program !== '', { path: [0], error: 'expected a program' })
    .describe('Argument array; no shell is added'),
  env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]{0,99}$/), text(4096)).optional(),
});

export const PatchAgent = z.strictObject({
  adapter: z.literal('patch'),
  artifact: ArtifactId.describe('A binary full-index patch stored by POST /api/v1/artifacts'),
});

export const Agent = z.discriminatedUnion('adapter', [CommandAgent, PatchAgent]).meta({ id: 'Agent' });
export type Agent = z.infer<typeof Agent>;

/** Something from outside that the goal or the agent's instructions were made of, e.g. the text of an issue. */
export const JobInput = z
  .strictObject({
    source: text(500, 1).describe('Where it came from: an address, a file, a system'),
    trust: z
      .enum(['trusted', 'untrusted'])
      .describe('untrusted: written by somebody who may not write to the repository; taints the session'),
    reason: text(500).optional().describe('Why it is or is not trusted'),
    sha256: Sha256.optional().describe('Digest of its text when it was read'),
  })
  .meta({ id: 'JobInput' });
export type JobInput = z.infer<typeof JobInput>;

export const JobSpec = z
  .strictObject({
    apiVersion: z.literal('gatehouse.dev/v1'),
    kind: z.literal('Job'),
    metadata: z.strictObject({
      name: Name,
      labels: labels,
    }),
    spec: z.strictObject({
      repository: RepositoryName.optional().describe('Absent: a task, whose output are artifacts'),
      base: RefName.default('HEAD').describe('Branch, tag or commit; pinned to a commit at intake'),
      goal: text(20_000, 1),
      inputs: z
        .array(JobInput)
        .max(50)
        .optional()
        .describe('What it was made of; policy may ask for more where one of them is untrusted'),
      agent: Agent,
      requires: z
        .strictObject({
          kinds: z.array(CapabilityKind).min(1).max(5).optional().describe('In order of preference'),
          labels: labels,
          network: z.literal('none').default('none'),
        })
        .prefault({}),
      limits: z
        .strictObject({
          execution: durationBetween('1s', '7d').default('60m'),
          scheduleToStart: durationBetween('1s', '7d').default('15m'),
          memoryMiB: z.number().int().min(32).max(65_536).default(2048),
          cpus: z.number().min(0.1).max(64).default(2),
          pids: z.number().int().min(8).max(32_768).default(512),
          rounds: z.number().int().min(1).max(1000).default(1),
          appRetries: z.number().int().min(0).max(5).default(0),
          maxTokens: z.number().int().min(0).max(1_000_000_000).optional(),
          maxCostUsd: z.number().min(0).max(1_000_000).optional(),
        })
        .prefault({}),
      policy: PolicyRules.optional().describe('May only tighten'),
      validation: z
        .strictObject({
          image: Name.optional().describe(
            'Where docker_sandbox runs the commands: the tag of an allowed image. process_sandbox has no images: it shows the programs of its machine. Default: the image of the worker',
          ),
          setup: text(4000).optional().describe('Run on the base tree, before the commands'),
          commands: Commands.default([]),
          regressions: z
            .array(z.strictObject({ command: Name, reason: text(500, 1) }))
            .max(50)
            .optional()
            .describe(
              'Test commands of which the tests of the base are meant to fail on the change: a person is asked then',
            ),
        })
        .prefault({}),
      promotion: z
        .strictObject({
          level: PromotionLevel.default('branch'),
          target: RefName.optional().describe(
            'Branch the change is meant for; default: base, or the default branch',
          ),
          title: z
            .string()
            .min(1)
            .max(200)
            .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'expected one line of visible text')
            .regex(/\P{Z}/u, 'expected some visible text')
            .optional(),
        })
        .prefault({}),
    }),
  })
  .meta({ id: 'JobSpec', description: 'Immutable, versioned description of work' });
export type JobSpec = z.infer<typeof JobSpec>;
export type JobSpecInput = z.input<typeof JobSpec>;

/** Derived from the job's sessions, candidates and promotions; never stored. */
export const JobPhase = z
  .enum([
    'pending',
    'running',
    'validating',
    'awaiting_approval',
    'promoting',
    'in_review',
    'suspended',
    'promoted',
    'stored',
    'noop',
    'refused',
    'failed',
    'errored',
    'cancelled',
  ])
  .meta({ id: 'JobPhase' });
export type JobPhase = z.infer<typeof JobPhase>;

export const Job = z
  .object({
    id: idOf('job'),
    name: Name,
    labels: z.record(z.string(), z.string()),
    phase: JobPhase,
    reason: z.string().nullable().describe('One sentence on why the phase is what it is, where that helps'),
    repository: RepositoryName.nullable(),
    requestedBy: z.object({ id: idOf('principal'), name: z.string() }),
    base: z.object({ ref: z.string(), commit: ObjectId.nullable() }).nullable(),
    spec: JobSpec,
    specDigest: Sha256,
    sessionId: idOf('session'),
    createdAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

export const JobQuery = PageQuery.extend({
  repository: RepositoryName.optional(),
  name: Name.optional(),
  namePrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'expected the beginning of a name')
    .optional()
    .describe('Only those whose name begins so'),
  phase: JobPhase.optional(),
  label: text(301)
    .regex(/^[^=]{1,100}=/, 'expected key=value')
    .optional()
    .describe('Only those with this label, as key=value'),
  requestedBy: idOf('principal').optional(),
  createdAfter: Instant.optional().describe('Submitted at this instant or later'),
  createdBefore: Instant.optional().describe('Submitted before this instant'),
  live: z.enum(['true', 'false']).optional().describe('true: not ended yet; false: ended'),
});
export type JobQuery = z.infer<typeof JobQuery>;

export const CancelJob = z
  .strictObject({ reason: text(500).default('cancelled on request') })
  .meta({ id: 'CancelJob' });
