import { z } from 'zod';
import { genesis, hashEvent, type ChainEntry } from './chain.js';
import { sha256Hex } from './digest.js';
import type { ProvenEvent, ProvenStream } from './statement.js';

/** Events whose payload travels with a proof: they say why it was allowed. Of the others the digest is enough. */
export const provenTypes: ReadonlySet<string> = new Set([
  'job.accepted',
  'session.base_pinned',
  'lease.granted',
  'candidate.created',
  'verdict.decided',
  'promotion.requested',
  'approval.answered',
]);

/** A stream as a proof carries it; its events follow one another and begin after `after`. */
export const provenStream = (
  stream: string,
  entries: readonly ChainEntry[],
  options: { readonly isProven?: (entry: ChainEntry) => boolean } = {},
): ProvenStream => {
  const [first] = entries;
  const last = entries.at(-1);
  const { isProven = ({ type }) => provenTypes.has(type) } = options;
  return {
    stream,
    after:
      first === undefined || first.seq === 1 ? { ...genesis } : { seq: first.seq - 1, hash: first.prev_hash },
    head: last === undefined ? { ...genesis } : { seq: last.seq, hash: last.hash },
    events: entries.map((entry) => ({
      seq: entry.seq,
      type: entry.type,
      at: entry.at,
      actor: entry.actor,
      lease_generation: entry.lease_generation,
      payload_sha256: entry.payload_sha256,
      hash: entry.hash,
      ...(isProven(entry) && entry.payload !== null && { payload: entry.payload }),
    })),
  };
};

/** The first place where a stream does not hold; undefined where it does. */
export const streamFault = ({ stream, after, head, events }: ProvenStream): string | undefined => {
  if (after.seq === 0 && after.hash !== genesis.hash)
    return `The chain of ${stream} breaks at event 0: it does not begin where every chain begins.`;
  let end = after;
  for (const event of events) {
    const broken = (why: string): string => `The chain of ${stream} breaks at event ${end.seq + 1}: ${why}`;
    if (event.seq !== end.seq + 1) return broken(`event ${event.seq} stands in its place.`);
    if (hashEvent(end.hash, { stream_id: stream, ...fieldsOf(event) }) !== event.hash)
      return broken('its hash does not follow from its fields and the event before.');
    if (event.payload !== undefined && sha256Hex(event.payload) !== event.payload_sha256)
      return broken('its payload is not the one that was hashed.');
    end = { seq: event.seq, hash: event.hash };
  }
  if (end.seq === head.seq && end.hash === head.hash) return undefined;
  return `The chain of ${stream} breaks at event ${end.seq}: it ends there, and its head is another (${head.seq}).`;
};

const fieldsOf = ({ seq, type, at, actor, lease_generation, payload_sha256 }: ProvenEvent) => ({
  ...{ seq, type, at, actor, lease_generation, payload_sha256 },
});

/** An event of one type that a chain vouches for, with what it says. */
export interface Said<T> {
  readonly event: ProvenEvent;
  readonly payload: T;
}

// What is read of each payload. Newer versions may say more; those fields are theirs.
const payloads = {
  'job.accepted': z.object({ jobId: z.string(), specDigest: z.string() }),
  'lease.granted': z.object({ attemptId: z.string(), generation: z.number(), worker: z.string() }),
  'candidate.created': z.object({
    candidateId: z.string(),
    base: z.string(),
    baseTree: z.string(),
    tree: z.string(),
    patch: z.string(),
    specDigest: z.string(),
  }),
  'verdict.decided': z.object({
    verdictId: z.string(),
    candidateId: z.string(),
    outcome: z.string(),
    approvalsNeeded: z.boolean(),
    policyDigest: z.string(),
    gateSetDigest: z.string(),
    baseTree: z.string(),
    tree: z.string(),
    answers: z.array(
      z.object({ gate: z.string(), part: z.string(), answer: z.string(), digest: z.string() }),
    ),
    failed: z.array(z.string()),
  }),
  'promotion.requested': z.object({
    promotionId: z.string(),
    candidateId: z.string(),
    level: z.string(),
    target: z.string(),
    quorum: z.number(),
    bindingDigest: z.string(),
  }),
  'approval.answered': z.object({
    promotionId: z.string(),
    answer: z.string(),
    bindingDigest: z.string(),
  }),
} as const;

/** Every event of a type in a stream, in order; what cannot be read is not there. */
export const saidOf = <T extends keyof typeof payloads>(
  { events }: ProvenStream,
  type: T,
): Said<z.infer<(typeof payloads)[T]>>[] =>
  events.flatMap((event) => {
    if (event.type !== type || event.payload === undefined) return [];
    const payload = payloads[type].safeParse(parse(event.payload));
    return payload.success ? [{ event, payload: payload.data as z.infer<(typeof payloads)[T]> }] : [];
  });

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
