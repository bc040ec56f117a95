import type { z } from 'zod';
import { canonicalJson } from './canonical.js';
import { sha256Hex } from './digest.js';
import { readEnvelope, verifyEnvelope, type EnvelopeKeys } from './dsse.js';
import { linkOf, LogEntry, logBeginning, LogHead, logHeadMediaType } from './log.entry.js';
import type { LogEnd, LogRecord } from './log.entry.js';
import type { ProofCheck } from './proof.js';
import type { Predicate } from './statement.js';

export interface ReadEntry {
  readonly entry: LogEntry;
  /** SHA-256 of its bytes, which its head was signed for. */
  readonly digest: string;
  /** What the next one has to follow on. */
  readonly end: LogEnd;
}

export interface LogReport {
  readonly lane: string;
  /** What is wrong at the first place that does not hold; undefined where all does. */
  readonly fault: string | undefined;
  /** What was read before that place, oldest first. */
  readonly entries: readonly ReadEntry[];
}

type Read<T> = { readonly value: T } | { readonly fault: string };

const parse = <T>(schema: z.ZodType<T>, bytes: Uint8Array): Read<T> => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (!Buffer.from(canonicalJson(value)).equals(bytes))
      return { fault: 'is not in its one canonical form: bytes were added, removed or changed.' };
  } catch {
    return { fault: 'is not JSON.' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  return { fault: `is malformed: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}.` };
};

/** A signed head; `isTrusted` where a key that is given has signed it. */
const readHead = (
  bytes: Uint8Array,
  keys: EnvelopeKeys,
): Read<LogHead & { readonly isTrusted: boolean; readonly untrusted: string }> => {
  const read = readEnvelope(bytes);
  if (!read.ok) return { fault: `is no signed head: ${read.message}` };
  const { envelope, payload } = read;
  const isKnown = envelope.signatures.some(({ keyid }) => keys.has(keyid));
  const signed = verifyEnvelope(envelope, payload, keys);
  if (isKnown && !signed.ok) return { fault: `is not signed: ${signed.message}` };
  if (envelope.payloadType !== logHeadMediaType)
    return { fault: `is no head of a log but ${envelope.payloadType}.` };
  const head = parse(LogHead, payload);
  if ('fault' in head) return head;
  return { value: { ...head.value, isTrusted: signed.ok, untrusted: signed.ok ? '' : signed.message } };
};

/**
 * Holds the log of a lane against itself and the keys, oldest record first: each entry follows on the one before, each
 * was the signed head once, and a key that is given has signed the last one, which stands for all before it. Heads of
 * other keys in between are passed over, since keys are replaced.
 *
 * @param options.after where the records begin, where that is not the beginning of the log
 */
export const verifyLog = (
  records: readonly LogRecord[],
  options: { readonly keys: EnvelopeKeys; readonly lane: string; readonly after?: LogEnd },
): LogReport => {
  const { keys, lane, after = logBeginning } = options;
  const entries: ReadEntry[] = [];
  const promotions = new Set<string>();
  let end = after;
  const no = (fault: string): LogReport => ({ lane, fault, entries });
  for (const [index, record] of records.entries()) {
    const at = `Entry ${end.seq + 1} of the log`;
    const read = parse(LogEntry, record.entry);
    if ('fault' in read) return no(`${at} ${read.fault}`);
    const entry = read.value;
    if (entry.lane !== lane) return no(`${at} is of another lane, ${entry.lane}.`);
    if (entry.seq !== end.seq + 1)
      return no(
        `${at} is missing: number ${entry.seq} stands in its place. Entries were taken out or turned.`,
      );
    if (entry.prev !== end.digest)
      return no(`${at} does not follow on the one before: one of the two was changed.`);
    const head = readHead(record.head, keys);
    if ('fault' in head) return no(`The head at entry ${entry.seq} of the log ${head.fault}`);
    const { value } = head;
    const digest = sha256Hex(record.entry);
    if (value.lane !== lane || value.seq !== entry.seq || value.entry !== digest)
      return no(`The head at entry ${entry.seq} of the log was signed of another entry.`);
    if (!value.isTrusted && index === records.length - 1)
      return no(`The head of the log is not signed by a key that is given: ${value.untrusted}`);
    if (promotions.has(entry.promotionId)) return no(`${at} has promotion ${entry.promotionId} once more.`);
    const before = entries.at(-1)?.entry;
    if (before !== undefined && entry.laneGeneration <= before.laneGeneration)
      return no(
        `${at} has lane generation ${entry.laneGeneration}, after one of generation ${before.laneGeneration}.`,
      );
    promotions.add(entry.promotionId);
    end = { seq: entry.seq, digest: linkOf(record) };
    entries.push({ entry, digest, end });
  }
  return { lane, fault: undefined, entries };
};

/** What a log says of a proof: it holds itself, knows all that it held when the proof was made, and has its promotion. */
export const checkLogged = (predicate: Predicate, proof: Uint8Array, log: LogReport): ProofCheck[] => {
  const check = (name: string, fault: string | undefined, holds: string): ProofCheck => ({
    check: name,
    ok: fault === undefined,
    message: fault ?? holds,
  });
  if (log.fault !== undefined) return [check('log', log.fault, '')];
  const { length } = log.entries;
  const whole = check(
    'log',
    undefined,
    `The log of the lane holds, ${length} entries up to its signed head.`,
  );
  const known = predicate.log;
  // Made before there was a log: nothing says that it must be there.
  if (known === undefined) return [whole];
  return [
    whole,
    check(
      'log_cut',
      cutFault(known, log),
      `It holds all ${known.seq} entries that it had when the proof was made.`,
    ),
    check(
      'log_entry',
      entryFault(predicate, proof, log),
      'It has this promotion, with this commit and this proof.',
    ),
  ];
};

const cutFault = (known: LogEnd, { entries }: LogReport): string | undefined => {
  if (known.seq === 0) return undefined;
  const end = entries[known.seq - 1]?.end;
  if (end === undefined)
    return `The log ends at entry ${entries.length}, and had ${known.seq} when the proof was made: it was cut. Fetch it again from elsewhere.`;
  return end.digest === known.digest
    ? undefined
    : `Entry ${known.seq} of the log is not the one that stood there when the proof was made: the log was written anew.`;
};

const entryFault = (
  { promotion, candidate, commit, policy, verdict }: Predicate,
  proof: Uint8Array,
  { entries }: LogReport,
): string | undefined => {
  const entry = entries.find((one) => one.entry.promotionId === promotion.id)?.entry;
  if (entry === undefined)
    return `The log has no entry for promotion ${promotion.id}. Fetch it again: an entry follows its branch within moments. If it is still missing, it was taken out, or the promotion did not end well.`;
  const said = {
    ...{ session: entry.sessionId, candidate: entry.candidateId, commit: entry.commit, tree: entry.tree },
    ...{ branch: entry.branch, level: entry.level, policy: entry.policyDigest },
    ...{ verdict: `${entry.verdict.id} ${entry.verdict.outcome}`, proof: entry.proof },
  };
  const proven: typeof said = {
    ...{ session: promotion.sessionId, candidate: candidate.id, commit: commit.id, tree: commit.tree },
    ...{ branch: promotion.branch, level: promotion.level, policy: policy.digest },
    ...{ verdict: `${verdict.id} ${verdict.outcome}`, proof: sha256Hex(proof) },
  };
  const other = Object.keys(said).find(
    (name) => said[name as keyof typeof said] !== proven[name as keyof typeof said],
  );
  return other === undefined
    ? undefined
    : `The log has promotion ${promotion.id} with another ${other} than the proof.`;
};

/** Holds a log against a head that somebody kept: it must still begin with what was signed then. */
export const checkLogHead = (bytes: Uint8Array, keys: EnvelopeKeys, log: LogReport): ProofCheck => {
  const no = (message: string): ProofCheck => ({ check: 'log_head', ok: false, message });
  const head = readHead(bytes, keys);
  if ('fault' in head) return no(`The head that was kept ${head.fault}`);
  const { isTrusted, untrusted, seq, lane, entry } = head.value;
  if (!isTrusted) return no(`The head that was kept is not signed by a key that is given: ${untrusted}`);
  if (lane !== log.lane)
    return no(`The head that was kept is of another lane, ${lane}. Give one of ${log.lane}.`);
  const found = log.entries[seq - 1];
  if (found === undefined)
    return no(
      `The log ends at entry ${log.entries.length}, and a head of entry ${seq} was kept: it was cut.`,
    );
  return found.digest === entry
    ? { check: 'log_head', ok: true, message: `It goes on from the head that was kept, entry ${seq}.` }
    : no(`Entry ${seq} of the log is not the one whose head was kept: the log was written anew.`);
};
