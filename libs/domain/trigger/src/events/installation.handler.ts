import { z } from 'zod';
import { eventHandler } from './event.handler.js';

const Payload = z.object({
  action: z.string(),
  installation: z.object({ account: z.object({ login: z.string().max(100) }).nullish() }),
  repositories: z
    .array(z.object({ id: z.number() }))
    .max(10_000)
    .default([]),
});

const troubles: Readonly<Record<string, string>> = {
  suspend:
    'The GitHub App is suspended for this account. Unsuspend it in the settings of the account, under GitHub Apps.',
  deleted:
    'The GitHub App is no longer installed for this account. Install it again and choose the repository.',
};

export const installation = eventHandler({
  event: 'installation',
  actions: {
    suspend: 'its repositories say what to do',
    unsuspend: 'its repositories are read again',
    created: 'its repositories are read again',
    deleted: 'its repositories say what to do',
  },
  summary: 'The App was installed, suspended or taken away',
  needsPerson: false,
  payload: Payload,
  handle: ({ action, installation: { account }, repositories }) => ({
    kind: 'access',
    repositories: repositories.map(({ id }) => String(id)),
    account: account?.login ?? null,
    trouble: troubles[action] ?? null,
  }),
});
