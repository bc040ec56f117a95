import { z } from 'zod';
import { FileOutput } from './artifact.js';
import { CapabilityKind, SandboxOffer, TrustZone } from './capability.js';
import { CommandOutcome, TestRuns, TestWork } from './command.run.js';
import { ArtifactId, CandidateId, idOf, Name, ObjectId } from './id.js';
import { Agent } from './job.js';
import { Command } from './policy.parts.js';
import { AttemptPurpose } from './session.js';
import { whole } from './whole.js';
import { mendedText, text } from './text.js';

/** The worker protocol: a worker calls the plane, never the other way round. */

export const RegisterWorker = z
  .strictObject({
    name: Name,
    zone: TrustZone,
    sandboxes: z.array(SandboxOffer).max(10),
    version: text(40),
    slots: z.number().int().min(1).max(256).default(2).describe('Attempts it runs at once'),
  })
  .meta({ id: 'RegisterWorker' });
export type RegisterWorker = z.infer<typeof RegisterWorker>;

export const RegisteredWorker = z
  .object({ workerId: idOf('worker'), pollMs: z.number().int().describe('Longest wait of one claim') })
  .meta({ id: 'RegisteredWorker' });

export const ClaimLease = z
  .strictObject({
    workerId: idOf('worker'),
    waitMs: z.number().int().min(0).max(60_000).default(20_000),
  })
  .meta({ id: 'ClaimLease' });
export type ClaimLease = z.infer<typeof ClaimLease>;

/** Bounds of one run, all hard. */
export const RunLimits = z.object({
  executionMs: z.number().int(),
  memoryBytes: z.number().int(),
  cpus: z.number(),
  pids: z.number().int(),
  tmpBytes: z.number().int(),
  workspaceBytes: z.number().int(),
  outputBytes: z
    .number()
    .int()
    .describe('Kept of each of stdout and stderr; the rest is dropped and said so'),
  harvestEntries: z.number().int(),
  harvestBytes: z.number().int(),
});
export type RunLimits = z.infer<typeof RunLimits>;

export const LeaseGrant = z
  .object({
    lease: z.object({
      id: idOf('lease'),
      generation: z.number().int(),
      token: z.string().describe('Only good for this lease: send as `authorization: Bearer`'),
      ttlMs: z.number().int().describe('The lease ends this long after the last accepted renewal was sent'),
      heartbeatMs: z.number().int().describe('Renew this often'),
      fenceMs: z
        .number()
        .int()
        .describe('Stop everything this long after the last accepted renewal was sent'),
    }),
    attempt: z.object({ id: idOf('attempt'), number: z.number().int(), purpose: AttemptPurpose }),
    sessionId: idOf('session'),
    job: z.object({ id: idOf('job'), name: z.string(), goal: z.string() }),
    feedback: z.string().nullable().default(null).describe('What the agent is told beside the goal'),
    kind: CapabilityKind.describe('The kind to run it on'),
    image: z.string().nullable().describe('Reference for docker_sandbox; null: the default of the worker'),
    limits: RunLimits,
    base: z
      .object({ commit: ObjectId, tree: ObjectId, ref: z.string() })
      .nullable()
      .describe('null: a task without a repository, in an empty workspace'),
    agent: Agent.nullable().describe('Where purpose is agent'),
    canary: z
      .object({ accessKeyId: z.string(), secretAccessKey: z.string() })
      .optional()
      .describe('Credentials that open nothing, to be laid into the home of the agent; never to be logged'),
    start: z
      .object({ candidateId: CandidateId, tree: ObjectId, patch: ArtifactId })
      .nullable()
      .default(null)
      .describe(
        'The candidate whose tree the agent goes on from; null: the base. The patch is made against the base',
      ),
    validate: z
      .object({
        candidateId: CandidateId,
        tree: ObjectId,
        patch: ArtifactId,
        setup: z.array(z.string()),
        commands: z.array(Command),
        tests: TestWork.nullable().describe('null where no command runs tests'),
      })
      .nullable()
      .describe('Where purpose is validate'),
  })
  .meta({ id: 'LeaseGrant' });
export type LeaseGrant = z.infer<typeof LeaseGrant>;

const fence = { generation: z.number().int().min(1) };

export const Heartbeat = z.strictObject(fence).meta({ id: 'Heartbeat' });
export const HeartbeatAnswer = z
  .object({
    ttlMs: z.number().int(),
    heartbeatMs: z.number().int(),
    fenceMs: z.number().int(),
    cancel: z.boolean().describe('Stop now, then complete as cancelled'),
    drain: z.boolean().describe('Finish this, claim nothing new'),
    reason: z.string().nullable(),
  })
  .meta({ id: 'HeartbeatAnswer' });
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;

const imageId = text(200, 1).nullable().default(null);

export const StartAttempt = z
  .strictObject({
    ...fence,
    kind: CapabilityKind,
    detail: text(400),
    image: imageId.describe('What it runs in: the id of the image, which a tag cannot move'),
  })
  .meta({ id: 'StartAttempt' });
export type StartAttempt = z.infer<typeof StartAttempt>;

export const WorkerEvent = z.strictObject({
  type: z.enum(['agent.note']),
  payload: z.record(text(60), z.union([mendedText(4000), z.number(), z.boolean(), z.null()])),
  key: text(100, 1).describe('Sending the same key again changes nothing'),
});
export const WorkerEvents = z
  .strictObject({ ...fence, events: z.array(WorkerEvent).min(1).max(500) })
  .meta({ id: 'WorkerEvents' });
export type WorkerEvents = z.infer<typeof WorkerEvents>;

/** Query of an output upload; the body is the raw bytes, at most 256 KiB. Repeating an offset changes nothing. */
export const OutputUpload = z.strictObject({
  generation: whole(1),
  stream: z.enum(['stdout', 'stderr']),
  offset: whole(0),
  last: z.enum(['true', 'false']).default('false'),
  truncated: z.enum(['true', 'false']).default('false'),
});
export type OutputUpload = z.infer<typeof OutputUpload>;

export const HarvestReport = z
  .strictObject({
    ignored: z.array(mendedText(5000)).max(1000).describe('Untracked, ignored by the base: left out'),
    ignoredCount: z.number().int(),
    refused: z
      .array(z.strictObject({ path: mendedText(5000), reason: mendedText(200) }))
      .max(1000)
      .describe('Cannot be part of a tree: devices, sockets, nested repositories, names git refuses'),
    refusedCount: z.number().int(),
    killedProcesses: z.number().int().describe('Processes that outlived the agent and were killed'),
    exitCode: z.number().int().nullable(),
    outcome: text(40).describe('How the sandbox ended'),
    durationMs: z.number().int(),
    sandbox: text(400),
  })
  .meta({ id: 'HarvestReport' });
export type HarvestReport = z.infer<typeof HarvestReport>;

export const CompleteAttempt = z
  .discriminatedUnion('outcome', [
    z.strictObject({
      ...fence,
      outcome: z.literal('succeeded'),
      result: z.discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('patch'),
          patch: ArtifactId,
          base: ObjectId,
          tree: ObjectId.nullable().describe('null where a patch was handed in: the plane builds the tree'),
          report: HarvestReport.nullable(),
        }),
        z.strictObject({
          kind: z.literal('files'),
          files: z.array(FileOutput).max(1000),
          report: HarvestReport,
        }),
        z.strictObject({
          kind: z.literal('commands'),
          commands: z.array(CommandOutcome).max(100),
          tests: TestRuns.nullable().optional(),
          image: imageId.describe('Id of the image they ran in; null where there was none'),
        }),
      ]),
    }),
    z.strictObject({ ...fence, outcome: z.literal('noop'), report: HarvestReport.nullable() }),
    z.strictObject({
      ...fence,
      outcome: z.enum(['failed', 'errored', 'cancelled']),
      code: z
        .string()
        .max(100)
        .regex(/^[a-z_]+(?:\.[a-z_]+)*$/),
      message: mendedText(2000),
      report: HarvestReport.nullable(),
    }),
  ])
  .meta({ id: 'CompleteAttempt' });
export type CompleteAttempt = z.infer<typeof CompleteAttempt>;
