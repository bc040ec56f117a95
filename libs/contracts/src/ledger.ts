import { z } from 'zod';
import { Instant, Sha256 } from './id.js';
import { whole } from './whole.js';

/** One per session, one per lane, one for the installation. */
export const StreamId = z
  .string()
  .max(300)
  .regex(/^(?:installation|ses_[0-9A-Z]{26}|lane:[!-~]{1,290})$/, 'expected installation, ses_… or lane:…');

/** Stream of the installation: principals, tokens, repositories, policies. */
export const installationStream = 'installation';

export const laneStream = (repositoryId: string, target: string): string =>
  `lane:${repositoryId}:${encodeURIComponent(target)}`;

/** Every type of event in the ledger. Types are API: they may be added, never renamed. */
export const eventTypes = {
  'principal.created': 'A principal was made',
  'principal.changed': 'Roles or state of a principal changed',
  'token.created': 'A token was issued',
  'token.revoked': 'A token was revoked',
  'login.succeeded': 'A one-time code or token was exchanged for a panel session',
  'repository.added': 'A repository was registered',
  'repository.changed': 'The mode of a repository changed',
  'repository.moved': 'The forge says that the repository has another name or owner',
  'identity.linked': 'An account at a forge stands for a principal',
  'trigger.stored': 'A version of a trigger was stored',
  'trigger.changed': 'A trigger was paused, resumed or deleted',
  'policy.stored': 'A policy version was stored; nothing obeys it yet',
  'policy.activated': 'A policy version became the active one of its layer',
  'policy_set.activated': 'Another set of policy versions became the active one, all at once',
  'worker.registered': 'A worker made itself known',
  'worker.changed': 'A worker was drained, cordoned, resumed or labelled',
  'job.accepted': 'A JobSpec was accepted',
  'job.triggered': 'A trigger made the job; the payload says of what',
  'job.cancel_requested': 'Somebody asked to cancel',
  'schedule.created': 'A schedule was stored',
  'schedule.changed': 'A schedule was paused, resumed, ended or given other words',
  'schedule.ran': 'A due time of a schedule made a job, or the payload says why not',
  'session.created': 'The session began',
  'session.tainted': 'The job was made of untrusted input; rules may ask for more',
  'session.base_pinned': 'The base was pinned to a commit',
  'session.rebased': 'The target moved, and the change was merged with its new head, or could not be',
  'session.state_changed': 'The session moved to another state',
  'session.change_requested': 'A person asked for a change of what was published',
  'attempt.queued': 'An attempt waits for a worker',
  'attempt.state_changed': 'The attempt moved to another state',
  'lease.granted': 'A worker took the attempt',
  'lease.ended': 'The lease was released, expired or revoked',
  'agent.output': 'Output of the agent was stored; the payload says where',
  'agent.note': 'The worker says what it is doing',
  'candidate.created': 'A candidate came out of an attempt',
  'candidate.refused': 'What the attempt handed in does not lead to a tree',
  'verdict.decided': 'All gates answered',
  'promotion.requested': 'A promotion entered its lane',
  'promotion.state_changed': 'The promotion moved to another state',
  'promotion.published': 'A branch was published and read back',
  'promotion_log.faulted': 'The log of the lane was changed at the repository, or is not taken there',
  'lane.round_began': 'Changes that wait in a speculative lane were put on top of one another to be judged',
  'lane.probed': 'A stack of changes was judged together',
  'lane.round_ended': 'What came of a round: who may go, who was dropped and why, and the window of the next',
  'pull_request.opened': 'A draft pull request was made and read back',
  'pull_request.updated': 'A further commit was published to the pull request',
  'pull_request.state_changed': 'The pull request was merged or closed by a person',
  'approval.requested': 'People were asked',
  'approval.kept': 'Earlier approvals count, since they are bound to just the same',
  'approval.answered': 'A person answered',
  'approval.withdrawn': 'An approval counts no more, since the review that gave it was dismissed',
} as const;
export type EventType = keyof typeof eventTypes;

export const LedgerEvent = z
  .object({
    streamId: z.string(),
    seq: z.number().int().describe('Counts up from 1 within the stream, without gaps'),
    type: z.string(),
    at: z.string().describe('Instant by the database clock'),
    actor: z.string().describe('Principal id, or the name of the part of the plane that acted'),
    leaseGeneration: z.number().int().nullable(),
    payloadSha256: Sha256,
    prevHash: z.string(),
    hash: Sha256,
    payload: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('By its type, see KnownEvent; null where retention erased it'),
  })
  .meta({ id: 'LedgerEvent' });
export type LedgerEvent = z.infer<typeof LedgerEvent>;

export const EventQuery = z.strictObject({
  after: whole(0).default(0).describe('Only events with a higher seq'),
  limit: whole(1, 1000).default(200),
});
export type EventQuery = z.infer<typeof EventQuery>;

export const EventPage = z
  .object({ items: z.array(LedgerEvent), next: z.number().int().describe('`after` of the next page') })
  .meta({ id: 'EventPage' });

export const VerifyQuery = z.strictObject({ stream: StreamId.optional().describe('Absent: all streams') });

export const LedgerFault = z.object({
  streamId: z.string(),
  seq: z.number().int().nullable(),
  kind: z.string().describe('gap, edited, reordered, payload, cut, deleted'),
  message: z.string(),
});

export const VerifyReport = z
  .object({
    ok: z.boolean(),
    streams: z.number().int(),
    events: z.number().int(),
    checkpoint: z
      .object({ at: Instant, streams: z.number().int() })
      .nullable()
      .describe('The signed head checkpoint outside the database that was held against it'),
    faults: z.array(LedgerFault),
  })
  .meta({ id: 'VerifyReport' });
export type VerifyReport = z.infer<typeof VerifyReport>;
