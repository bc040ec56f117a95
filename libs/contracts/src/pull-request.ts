import { z } from 'zod';
import { idOf, Instant, ObjectId } from './id.js';
import { stateTable } from './state.js';

export const pullRequestStates = stateTable({
  initial: 'open',
  states: {
    open: { summary: 'People look at it', to: ['merged', 'closed'] },
    merged: { summary: 'A person merged it', to: [] },
    closed: { summary: 'A person closed it, and it is not merged', to: [] },
  },
});
export type PullRequestState = keyof typeof pullRequestStates.states;

/** The one pull request of a session. Made as a draft; only people mark it ready, merge or close it (I7). */
export const PullRequest = z
  .object({
    id: idOf('pullRequest'),
    sessionId: idOf('session'),
    repository: z.string(),
    number: z.number().int(),
    url: z.string(),
    branch: z.string(),
    target: z.string(),
    head: ObjectId.describe('The commit that was published last'),
    state: z.enum(Object.keys(pullRequestStates.states) as [PullRequestState, ...PullRequestState[]]),
    draft: z.boolean().describe('As last seen: false once a person marked it ready'),
    mergedCommit: ObjectId.nullable(),
    openedAt: Instant,
    closedAt: Instant.nullable(),
  })
  .meta({ id: 'PullRequest' });
export type PullRequest = z.infer<typeof PullRequest>;
