import { z } from 'zod';
import { CapabilityKind } from './capability.js';
import { ArtifactId, CandidateId, idOf, Instant, ObjectId } from './id.js';
import { PageQuery } from './page.js';
import { stateTable } from './state.js';
import { text } from './text.js';
import { whole } from './whole.js';

const end = ['suspended', 'terminating'] as const;

export const sessionStates = stateTable({
  initial: 'created',
  states: {
    created: { summary: 'Accepted; its base is being pinned', to: ['spawning', ...end] },
    spawning: { summary: 'Waits for a worker to take its first attempt', to: ['running', ...end] },
    running: { summary: 'An attempt is at work', to: ['idle', 'waiting', 'correcting', ...end] },
    idle: {
      summary: 'No attempt is at work; its candidate is being judged or promoted',
      to: ['running', 'correcting', ...end],
    },
    waiting: { summary: 'Waits for input or an approval', to: ['running', ...end] },
    correcting: { summary: 'Guidance is being handed to the agent', to: ['running', ...end] },
    suspended: { summary: 'Stopped with a reason; can be resumed', to: ['running', 'terminating'] },
    terminating: { summary: 'Its attempts are being ended', to: ['ended'] },
    ended: { summary: 'Over; the outcome says how', to: [] },
  },
});
export type SessionState = keyof typeof sessionStates.states;

export const sessionOutcomes = ['succeeded', 'noop', 'failed', 'errored', 'cancelled'] as const;
export const SessionOutcome = z.enum(sessionOutcomes).meta({ id: 'SessionOutcome' });
export type SessionOutcome = z.infer<typeof SessionOutcome>;

export const suspendReasons = [
  'manual',
  'budget_exceeded',
  'drift_detected',
  'loop_detected',
  'incoherent',
  'depth_exceeded',
  'stuck',
  'execution_error',
  'quarantined',
] as const;

export const SuspendReason = z.enum(suspendReasons).meta({ id: 'SuspendReason' });
export type SuspendReason = z.infer<typeof SuspendReason>;

export const Session = z
  .object({
    id: idOf('session'),
    jobId: idOf('job'),
    parentId: idOf('session').nullable(),
    path: z.string().describe('Names from the root session down, like a file path'),
    state: z.enum(Object.keys(sessionStates.states) as [SessionState, ...SessionState[]]),
    outcome: SessionOutcome.nullable(),
    suspendedBecause: SuspendReason.nullable().describe('Null where it is not suspended'),
    reason: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why it ended or is suspended; of a live one, why no worker can take its attempt'),
    base: z.object({ commit: ObjectId, tree: ObjectId }).nullable(),
    candidateId: CandidateId.nullable().describe('The newest candidate of this session'),
    createdAt: Instant,
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const ResumeSession = z
  .strictObject({ reason: text(500, 1).describe('What was found out; it stands in the history') })
  .meta({ id: 'ResumeSession' });
export type ResumeSession = z.infer<typeof ResumeSession>;

export const RequestChange = z
  .strictObject({
    text: text(8000, 1)
      .refine((said) => said.trim() !== '', { error: 'expected some words' })
      .describe('What the agent is told beside the goal'),
  })
  .meta({ id: 'RequestChange' });
export type RequestChange = z.infer<typeof RequestChange>;

export const SessionQuery = PageQuery.extend({ jobId: idOf('job').optional() });
export type SessionQuery = z.infer<typeof SessionQuery>;

export const attemptStates = stateTable({
  initial: 'queued',
  states: {
    queued: { summary: 'Waits for a worker', to: ['leased', 'errored', 'cancelled'] },
    leased: {
      summary: 'A worker has it and is setting up',
      to: ['running', 'failed', 'errored', 'cancelled', 'fenced'],
    },
    running: {
      summary: 'The agent or the commands are at work',
      to: ['uploading', 'failed', 'errored', 'cancelled', 'fenced'],
    },
    uploading: {
      summary: 'The sandbox is dead; the result is on its way',
      to: ['succeeded', 'noop', 'failed', 'errored', 'cancelled', 'fenced'],
    },
    succeeded: { summary: 'Gave a result', to: [] },
    noop: { summary: 'Changed nothing', to: [] },
    failed: { summary: 'The agent or the commands could not be run to an end', to: [] },
    errored: { summary: 'Infrastructure broke; does not count against the work', to: [] },
    cancelled: { summary: 'Ended on request', to: [] },
    fenced: { summary: 'Lost its lease; what it says no longer counts', to: [] },
  },
});
export type AttemptState = keyof typeof attemptStates.states;

export const AttemptPurpose = z.enum(['agent', 'validate']).meta({ id: 'AttemptPurpose' });
export type AttemptPurpose = z.infer<typeof AttemptPurpose>;

export const Attempt = z
  .object({
    id: idOf('attempt'),
    sessionId: idOf('session'),
    number: z.number().int().describe('Counts up within (session, purpose)'),
    purpose: AttemptPurpose,
    state: z.enum(Object.keys(attemptStates.states) as [AttemptState, ...AttemptState[]]),
    reason: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why it ended; of a queued one, why no worker that is there can take it'),
    capability: CapabilityKind.nullable().describe('The kind that was chosen'),
    worker: z.string().nullable(),
    leaseGeneration: z.number().int().nullable(),
    candidateId: CandidateId.nullable(),
    feedback: z.string().nullable().describe('What the agent was told beside the goal'),
    startCandidateId: CandidateId.nullable().describe('Whose tree it went on from; null: the base'),
    exitCode: z.number().int().nullable(),
    report: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What harvest left out, killed processes, usage'),
    files: z.array(z.object({ path: z.string(), artifact: ArtifactId, size: z.number().int() })),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Attempt' });
export type Attempt = z.infer<typeof Attempt>;

export const OutputQuery = z.strictObject({
  stream: z.enum(['stdout', 'stderr']).default('stdout'),
  from: whole(0).default(0).describe('Byte offset to read from'),
  limit: whole(1, 1_048_576).default(262_144).describe('Bytes at most'),
});
export type OutputQuery = z.infer<typeof OutputQuery>;

export const OutputPage = z
  .object({
    text: z.string().describe('Decoded as UTF-8, terminal escapes removed'),
    from: z.number().int(),
    next: z.number().int().describe('Offset to go on from'),
    size: z.number().int().describe('Bytes stored so far'),
    truncated: z.boolean().describe('The cap was reached; the rest was not kept'),
    sealed: z.boolean().describe('No more will come'),
  })
  .meta({ id: 'OutputPage' });
export type OutputPage = z.infer<typeof OutputPage>;
