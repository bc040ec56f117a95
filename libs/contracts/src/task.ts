import { z } from 'zod';
import { CandidateId, idOf, Instant } from './id.js';
import { PageQuery } from './page.js';
import { text } from './text.js';

/** Payload of every durable task, by type. The part before the first dot of `queue` names the process. */
export const taskPayloads = {
  'session.intake': z.object({ sessionId: idOf('session') }),
  'candidate.assess': z.object({ sessionId: idOf('session'), attemptId: idOf('attempt') }),
  'candidate.conclude': z.object({ sessionId: idOf('session'), attemptId: idOf('attempt') }),
  'candidate.reverify': z.object({ sessionId: idOf('session'), candidateId: CandidateId }),
  'session.rejudge': z.object({ sessionId: idOf('session') }),
  'session.rebase': z.object({ sessionId: idOf('session') }),
  'session.settle': z.object({ sessionId: idOf('session') }),
  'lane.speculate': z.object({ repositoryId: idOf('repository'), target: z.string() }),
  'lane.probed': z.object({ sessionId: idOf('session'), attemptId: idOf('attempt') }),
  'promotion.run': z.object({ promotionId: idOf('promotion') }),
  'promotion.supersede': z.object({ promotionId: idOf('promotion') }),
  'promotion_log.export': z.object({ repositoryId: idOf('repository'), target: z.string() }),
  'pull_request.sync': z.object({ pullRequestId: idOf('pullRequest') }),
  'pull_request.look': z.object({ pullRequestId: idOf('pullRequest') }),
  'repository.fetch': z.object({ repositoryId: idOf('repository') }),
  'webhook.handle': z.object({ deliveryId: idOf('webhookDelivery') }),
  'webhook.wish': z.object({ deliveryId: idOf('webhookDelivery') }),
  'forge.hear': z.object({ repositoryId: idOf('repository') }),
  'forge.reply': z.object({
    repositoryId: idOf('repository'),
    number: z.number().int(),
    marker: z.string(),
    body: z.string(),
  }),
} as const;
export type TaskType = keyof typeof taskPayloads;
export type TaskPayload<T extends TaskType> = z.infer<(typeof taskPayloads)[T]>;

/** Which process runs a task. */
export const taskQueues: { readonly [T in TaskType]: 'api' | 'engine' | 'promoter' } = {
  'session.intake': 'engine',
  'candidate.assess': 'engine',
  'candidate.conclude': 'engine',
  'candidate.reverify': 'engine',
  'session.rejudge': 'engine',
  'session.rebase': 'engine',
  'session.settle': 'engine',
  'lane.speculate': 'engine',
  'lane.probed': 'engine',
  'promotion.run': 'promoter',
  'promotion.supersede': 'engine',
  'promotion_log.export': 'promoter',
  'pull_request.sync': 'promoter',
  'pull_request.look': 'engine',
  'repository.fetch': 'engine',
  'webhook.handle': 'engine',
  // What people say at the forge counts as theirs: it goes where they act, and only that login may write it (I7).
  'webhook.wish': 'api',
  'forge.hear': 'api',
  'forge.reply': 'promoter',
};

export const TaskState = z.enum(['pending', 'queued', 'running', 'done', 'dead']).meta({ id: 'TaskState' });

export const Task = z
  .object({
    id: idOf('task'),
    type: z.string(),
    state: TaskState,
    payload: z.record(z.string(), z.unknown()),
    attempts: z.number().int(),
    maxAttempts: z.number().int(),
    runAt: Instant,
    lastError: z.string().nullable(),
    outageSince: Instant.nullable().describe(
      'Since when its tries meet nobody who answers: they do not count, and runAt is the next; null where its last try was no such one',
    ),
    createdAt: Instant,
    finishedAt: Instant.nullable(),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

export const TaskQuery = PageQuery.extend({
  state: TaskState.optional(),
  type: text(60).optional(),
});
export type TaskQuery = z.infer<typeof TaskQuery>;
