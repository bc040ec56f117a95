import { z } from 'zod';
import { eventHandler } from './event.handler.js';

const list = z.array(z.object({ id: z.number() })).max(10_000);

export const installationRepositories = eventHandler({
  event: 'installation_repositories',
  actions: {
    added: 'the repositories are read again',
    removed: 'the repositories say what to do',
  },
  summary: 'The App was given repositories, or lost them',
  needsPerson: false,
  payload: z.object({
    action: z.string(),
    repositories_added: list.default([]),
    repositories_removed: list.default([]),
  }),
  handle: ({ action, repositories_added: added, repositories_removed: removed }) => ({
    kind: 'access',
    repositories: (action === 'removed' ? removed : added).map(({ id }) => String(id)),
    account: null,
    trouble:
      action === 'removed'
        ? 'The GitHub App may no longer read this repository. Add it to the installation again.'
        : null,
  }),
});
