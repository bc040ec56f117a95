import { z } from 'zod';

// What handlers read of a payload, and no more: everything else is the forge's and may change.

const number = z.number().int().positive();
const line = z.string().max(1000);

/** Who did something at the forge. */
export const Actor = z.object({
  id: number,
  login: z.string().min(1).max(100),
  type: z.string().max(40).default('User'),
});
export type Actor = z.infer<typeof Actor>;

/** The repository that a delivery is about, by the number that a rename keeps. */
export const AboutRepository = z.object({
  id: number,
  name: line,
  owner: z.object({ login: line.optional(), name: line.optional() }),
});
export type AboutRepository = z.infer<typeof AboutRepository>;

/** What all deliveries have, as far as they have it. */
export const Envelope = z.object({
  action: z.string().max(100).optional(),
  sender: Actor.optional(),
  repository: AboutRepository.optional(),
});
export type Envelope = z.infer<typeof Envelope>;

const App = z.object({ id: number, client_id: z.string().optional() }).nullish();

export const Issue = z.object({
  number,
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  user: Actor.nullable(),
  updated_at: z.string().max(40),
  pull_request: z.unknown().optional(),
});
export type Issue = z.infer<typeof Issue>;

export const Comment = z.object({
  id: number,
  body: z.string(),
  created_at: z.string().max(40),
  performed_via_github_app: App,
});

export const Pull = z.object({
  number,
  head: z.object({ sha: line, repo: z.object({ id: number }).nullable() }),
  base: z.object({ repo: z.object({ id: number }) }),
});

export const Review = z.object({
  id: number,
  state: z.string().max(40),
  body: z.string().nullish(),
  commit_id: line.nullable(),
});
