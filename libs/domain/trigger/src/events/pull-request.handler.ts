import { z } from 'zod';
import { ignore } from '../intent.js';
import { Pull } from '../webhook/payload.js';
import { eventHandler } from './event.handler.js';

const look = 'the forge is asked what became of our pull request';

export const pullRequest = eventHandler({
  event: 'pull_request',
  actions: {
    closed: look,
    reopened: look,
    edited: look,
    synchronize: look,
    converted_to_draft: look,
    ready_for_review: look,
  },
  summary: 'People did something with a pull request of ours',
  needsPerson: false,
  payload: z.object({ pull_request: Pull }),
  handle: ({ pull_request: { number, head, base } }) =>
    head.repo?.id === base.repo.id ? { kind: 'look', number } : ignore('fork'),
});
