import {
  CandidateId,
  idOf,
  Instant,
  ObjectId,
  PromotionLevel,
  Sha256,
  VerdictOutcome,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { canonicalJson } from './canonical.js';
import { sha256Hex } from './digest.js';
import { signEnvelope } from './dsse.js';
import type { SigningKey } from './signature.js';

export const logEntryType = 'https://gatehouse.dev/promotion-log/v1';
/** The media type under which an envelope holds the head of a log. */
export const logHeadMediaType = 'application/vnd.gatehouse.promotion-log-head+json';

/** One published promotion, as the log of its lane has it. */
export const LogEntry = z.object({
  type: z.literal(logEntryType),
  lane: z.string(),
  seq: z.number().int().min(1),
  prev: Sha256.describe('Of entry and head before it; zeros in the first'),
  promotionId: idOf('promotion'),
  sessionId: idOf('session'),
  candidateId: CandidateId,
  commit: ObjectId,
  tree: ObjectId,
  branch: z.string(),
  level: PromotionLevel,
  laneGeneration: z.number().int().min(1),
  policyDigest: Sha256,
  verdict: z.object({ id: idOf('verdict'), outcome: VerdictOutcome }),
  proof: Sha256.describe('SHA-256 of the envelope of its proof'),
  at: Instant.describe('When it was written down, by the clock of the database'),
});
export type LogEntry = z.infer<typeof LogEntry>;

/** What is signed of every entry: while it was the last one, the whole log was this long and no other. */
export const LogHead = z.object({ lane: z.string(), seq: z.number().int().min(1), entry: Sha256 });
export type LogHead = z.infer<typeof LogHead>;

/** The bytes of an entry and of the signed head that it was. */
export interface LogRecord {
  /** Canonical JSON. */
  readonly entry: Uint8Array;
  /** A DSSE envelope. */
  readonly head: Uint8Array;
}

/** Up to where a log is known. */
export interface LogEnd {
  readonly seq: number;
  readonly digest: string;
}

export const logBeginning: LogEnd = { seq: 0, digest: '0'.repeat(64) };

/** What the next entry names: both files of a record, so that not a byte of either can be another one later. */
export const linkOf = ({ entry, head }: LogRecord): string =>
  sha256Hex(canonicalJson({ entry: sha256Hex(entry), head: sha256Hex(head) }));

/** The same content, end and key give the same bytes. */
export const signLogEntry = (
  after: LogEnd,
  content: Omit<LogEntry, 'type' | 'seq' | 'prev'>,
  key: SigningKey,
): LogRecord => {
  const seq = after.seq + 1;
  const entry = Buffer.from(canonicalJson({ type: logEntryType, seq, prev: after.digest, ...content }));
  const head: LogHead = { lane: content.lane, seq, entry: sha256Hex(entry) };
  return { entry, head: signEnvelope(logHeadMediaType, Buffer.from(canonicalJson(head)), [key]) };
};
