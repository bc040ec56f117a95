import { z } from 'zod';
import { ignore } from '../intent.js';
import { text } from '../webhook/payload.js';
import { eventHandler } from './event.handler.js';

const branchPrefix = 'refs/heads/';

export const push = eventHandler({
  event: 'push',
  actions: { '': 'the mirror of the repository is brought up to date' },
  summary: 'A branch moved, was made or was deleted',
  needsPerson: false,
  payload: z.object({ ref: text(1000) }),
  handle: ({ ref }) =>
    ref.startsWith(branchPrefix) ? { kind: 'fetch', branch: ref.slice(branchPrefix.length) } : ignore('ref'),
});
