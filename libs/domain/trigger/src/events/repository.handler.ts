import { z } from 'zod';
import { eventHandler } from './event.handler.js';

const moved = 'name and address are taken from the forge, by the number of the repository';

export const repository = eventHandler({
  event: 'repository',
  actions: { renamed: moved, transferred: moved },
  summary: 'A repository has another name or owner',
  needsPerson: false,
  payload: z.object({}),
  handle: () => ({ kind: 'relocate' }),
});
