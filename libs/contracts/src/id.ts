import { z } from 'zod';

/** Prefix of every id on the wire; the rest is a ULID made by the application (sorts by creation time). */
export const idPrefixes = {
  principal: 'prn',
  token: 'tok',
  repository: 'rep',
  job: 'job',
  schedule: 'sch',
  scheduleRun: 'run',
  session: 'ses',
  attempt: 'att',
  lease: 'lea',
  worker: 'wrk',
  promotion: 'prm',
  laneRound: 'rnd',
  pullRequest: 'plr',
  approval: 'apr',
  policy: 'pol',
  policySet: 'pst',
  decision: 'dec',
  verdict: 'vrd',
  task: 'tsk',
  webhookDelivery: 'whd',
  trigger: 'trg',
} as const;

export type IdKind = keyof typeof idPrefixes;

const ulid = '[0-7][0-9A-HJKMNP-TV-Z]{25}';

/** Schema of the id of one noun, e.g. `ses_01J…`. */
export const idOf = (kind: IdKind) =>
  z
    .string()
    .regex(new RegExp(`^${idPrefixes[kind]}_${ulid}$`), `expected an id like ${idPrefixes[kind]}_01J…`)
    .describe(`Id of a ${kind}`);

/** SHA-256 in lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** Id of stored bytes: `sha256:` and the digest of the bytes. */
export const ArtifactId = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 lower-case hex digits');

/** Git object id: SHA-1 (40 hex digits) or SHA-256 (64). */
export const ObjectId = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full git object id');

/** Id of a candidate: `cnd_` and the digest of (base, tree, patch digest, JobSpec digest). */
export const CandidateId = z.string().regex(/^cnd_[0-9a-f]{64}$/, 'expected cnd_ and 64 hex digits');

/** Instant, RFC 3339 in UTC with milliseconds. */
export const Instant = z.iso
  .datetime()
  // What Postgres takes for one too.
  .refine(
    (text) => text.length <= 30 && !text.startsWith('0000'),
    'expected an instant of the years 1 to 9999',
  );

/** Name people give to things: lower-case, digits, dot, dash; up to 100 characters. */
export const Name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/,
    'expected lower-case letters, digits, dots and dashes, beginning and ending with a letter or digit',
  );
