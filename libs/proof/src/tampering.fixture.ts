import { canonicalJson } from './canonical.js';
import { envelopeKeysFromPem, signEnvelope } from './dsse.js';
import { happenings, predicateOf, type Happening } from './proof.fixture.js';
import { signProof, verifyProof } from './proof.js';
import { generateSigningKey, publicKeyToPem } from './signature.js';
import { statementMediaType, statementOf, type Predicate } from './statement.js';

export const key = generateSigningKey();
export const stranger = generateSigningKey();
export const keys = envelopeKeysFromPem(publicKeyToPem(key));
export const honest = signProof(predicateOf(), [key]);

export const other40 = 'a'.repeat(40);
export const other64 = 'b'.repeat(64);
export const other26 = '0000000000000000000000000Z';

type Json = Record<string | number, unknown>;
/** Changes the value at a place like `history.session.events.3.actor`. */
export type Edit = (value: unknown) => void;

const parentOf = (value: unknown, path: string): [Json, string] => {
  const steps = path.split('.');
  const last = steps.pop() as string;
  return [steps.reduce((at, step) => at[step] as Json, value as Json), last];
};
export const set =
  (path: string, to: unknown): Edit =>
  (value) => {
    const [parent, name] = parentOf(value, path);
    if (to === undefined) delete parent[name];
    else parent[name] = to;
  };
/** What stands at a place becomes what is made of it. */
export const make =
  (path: string, made: (was: never) => unknown): Edit =>
  (value) => {
    const [parent, name] = parentOf(value, path);
    parent[name] = made(parent[name] as never);
  };

const edited = <T>(value: T, edits: readonly Edit[]): T => {
  const copy = JSON.parse(canonicalJson(value)) as T;
  for (const edit of edits) edit(copy);
  return copy;
};

/** By somebody without the key. */
export const inEnvelope = (...edits: Edit[]): Buffer =>
  Buffer.from(canonicalJson(edited(JSON.parse(honest.toString()), edits)));

/** By somebody who holds the key and signs a lie. */
export const inStatement = (...edits: Edit[]): Buffer =>
  signEnvelope(statementMediaType, Buffer.from(canonicalJson(edited(statementOf(predicateOf()), edits))), [
    key,
  ]);
export const lie = (...edits: Edit[]): Buffer =>
  inStatement(make('predicate', (predicate) => edited(predicate, edits)));

/** The same, with the subject made of the lie. */
export const retold = (...edits: Edit[]): Buffer => signProof(edited<Predicate>(predicateOf(), edits), [key]);

/** By somebody who holds the key and writes the whole history anew, so that it follows from itself. */
export const rewritten = (change: (story: Happening[]) => void): Buffer => {
  const story = happenings();
  change(story);
  return signProof(predicateOf(story), [key]);
};

export const payloadIn = (story: Happening[], type: string): Record<string, unknown> =>
  story.find(([one]) => one === type)?.[2] ?? {};
export const said = (type: string, field: string, to: unknown): Buffer =>
  rewritten((story) => {
    payloadIn(story, type)[field] = to;
  });

export const faultOf = (bytes: Uint8Array): string | undefined => {
  const { fault } = verifyProof(bytes, keys);
  return fault === null ? undefined : `${fault.check}: ${fault.message}`;
};

export type Tampering = readonly [what: string, bytes: Buffer, fault: RegExp];
