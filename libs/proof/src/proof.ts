import { canonicalJson } from './canonical.js';
import { readEnvelope, signEnvelope, verifyEnvelope, type EnvelopeKeys } from './dsse.js';
import { contentChecks } from './proof.checks.js';
import type { SigningKey } from './signature.js';
import { Statement, statementMediaType, statementOf, type Predicate } from './statement.js';

/** Larger files are no proofs of ours. */
export const maxProofBytes = 64 * 1024 * 1024;

export interface ProofCheck {
  readonly check: string;
  readonly ok: boolean;
  /** One sentence for people: what holds, or what is wrong. */
  readonly message: string;
}

export interface ProofReport {
  readonly ok: boolean;
  /** The first check that does not hold. */
  readonly fault: ProofCheck | null;
  readonly checks: readonly ProofCheck[];
  /** Null where it cannot be read, or nobody trusted has signed it. */
  readonly statement: Statement | null;
}

/** The signed bytes of a proof. The same predicate and keys give the same bytes. */
export const signProof = (predicate: Predicate, keys: readonly [SigningKey, ...SigningKey[]]): Buffer =>
  signEnvelope(statementMediaType, Buffer.from(canonicalJson(statementOf(predicate))), keys);

export const reportOf = (checks: readonly ProofCheck[], statement: Statement | null): ProofReport => {
  const fault = checks.find(({ ok }) => !ok) ?? null;
  return { ok: fault === null, fault, checks, statement };
};

/** Holds what a statement says against the history in it; needs no key, so that a proof is looked at before it is signed. */
export const checkStatement = (statement: Statement): ProofCheck[] =>
  contentChecks.map(({ check, holds, fault }) => {
    const message = fault(statement.predicate, statement);
    return { check, ok: message === undefined, message: message ?? holds(statement.predicate) };
  });

const parse = (payload: Buffer): { statement: Statement } | { message: string } => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload));
    if (!Buffer.from(canonicalJson(value)).equals(payload))
      return { message: 'The statement is not in its one canonical form.' };
  } catch {
    return { message: 'What was signed is not JSON.' };
  }
  const parsed = Statement.safeParse(value);
  if (parsed.success) return { statement: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    message: `The statement is malformed: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}.`,
  };
};

/**
 * Checks a proof from its bytes and the public keys alone, and names every check with its answer. Nothing of a
 * statement is looked at before a key that is trusted has signed it.
 */
export const verifyProof = (bytes: Uint8Array, keys: EnvelopeKeys): ProofReport => {
  const checks: ProofCheck[] = [];
  const no = (check: string, message: string): ProofReport =>
    reportOf([...checks, { check, ok: false, message }], null);
  if (bytes.length > maxProofBytes) return no('envelope', `It has more than ${maxProofBytes} bytes.`);
  const read = readEnvelope(bytes);
  if (!read.ok) return no('envelope', read.message);
  checks.push({ check: 'envelope', ok: true, message: 'The envelope is whole.' });
  const { envelope, payload } = read;
  const signed = verifyEnvelope(envelope, payload, keys);
  if (!signed.ok) return no('signature', signed.message);
  checks.push({ check: 'signature', ok: true, message: `Signed by key ${signed.signedBy.join(', ')}.` });
  if (envelope.payloadType !== statementMediaType)
    return no('payload_type', `What was signed is ${envelope.payloadType}, not ${statementMediaType}.`);
  checks.push({ check: 'payload_type', ok: true, message: 'What was signed is an in-toto statement.' });
  const parsed = parse(payload);
  if ('message' in parsed) return no('statement', parsed.message);
  const message = `Promotion ${parsed.statement.predicate.promotion.id} of ${parsed.statement.predicate.promotion.repository.name}.`;
  checks.push({ check: 'statement', ok: true, message });
  return reportOf([...checks, ...checkStatement(parsed.statement)], parsed.statement);
};
