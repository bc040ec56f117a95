import { z } from 'zod';
import { storable } from '../storable.js';

// What handlers read of a payload, and no more: everything else is the forge's and may change.

const number = z.number().int().positive();
/** Of an issue or pull request: as many as a row can name. */
const ordinal = z.int32().positive();
/** A short text that can be stored, whatever was sent. */
export const text = (most: number) => z.string().max(most).transform(storable);
const line = text(1000);

/** Who did something at the forge. */
export const Actor = z.object({
  id: number,
  login: text(100).refine((login) => login !== ''),
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
  action: text(100).optional(),
  sender: Actor.optional(),
  repository: AboutRepository.optional(),
});
export type Envelope = z.infer<typeof Envelope>;

const App = z.object({ id: number, client_id: z.string().optional() }).nullish();

export const Issue = z.object({
  number: ordinal,
  title: z.string(),
  body: z.string().nullish(),
  state: z.string(),
  user: Actor.nullable(),
  updated_at: text(40),
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
  number: ordinal,
  head: z.object({ sha: line, repo: z.object({ id: number }).nullable() }),
  base: z.object({ repo: z.object({ id: number }) }),
});

export const Review = z.object({
  id: number,
  state: z.string().max(40),
  body: z.string().nullish(),
  commit_id: line.nullable(),
});
