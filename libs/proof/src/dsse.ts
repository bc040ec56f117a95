import { GatehouseError } from '@gatehouse/contracts';
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from './canonical.js';
import { sha256Hex } from './digest.js';
import type { SigningKey } from './signature.js';

/** DSSE 1.0 (secure-systems-lab/dsse): the bytes that are signed name their own type. */
export const preAuthEncoding = (payloadType: string, payload: Uint8Array): Buffer => {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
};

/** SHA-256 of the public key (SPKI, DER), in hex: the `keyid` of our envelopes. */
export const envelopeKeyId = (publicKey: KeyObject): string =>
  sha256Hex(publicKey.export({ type: 'spki', format: 'der' }));

/** `keyid` → public key. Keys of the past stay in it: what they signed holds. */
export type EnvelopeKeys = ReadonlyMap<string, KeyObject>;

const pemBlock = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** All public keys of a text, one PEM block after the other. Throws `request.invalid` where one is no Ed25519 key. */
export const envelopeKeysFromPem = (text: string): EnvelopeKeys =>
  new Map(
    (text.match(pemBlock) ?? []).map((pem) => {
      const key = readPublicKey(pem);
      return [envelopeKeyId(key), key];
    }),
  );

const readPublicKey = (pem: string): KeyObject => {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below, without what OpenSSL thinks of it.
  }
  throw new GatehouseError(
    'request.invalid',
    'A public key in the file is not an Ed25519 key in PEM form. Export it again with gatehouse key export.',
  );
};

const Envelope = z.strictObject({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z
    .array(z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: z.string() }))
    .min(1)
    .max(16),
});
export type Envelope = z.infer<typeof Envelope>;

/** The one form of an envelope's bytes: canonical JSON, standard base64. The same keys give the same bytes. */
export const signEnvelope = (
  payloadType: string,
  payload: Uint8Array,
  keys: readonly [SigningKey, ...SigningKey[]],
): Buffer => {
  const bytes = preAuthEncoding(payloadType, payload);
  const envelope: Envelope = {
    payload: Buffer.from(payload).toString('base64'),
    payloadType,
    signatures: keys.map(({ privateKey, publicKey }) => ({
      keyid: envelopeKeyId(publicKey),
      sig: sign(null, bytes, privateKey).toString('base64'),
    })),
  };
  return Buffer.from(canonicalJson(envelope));
};

/** Standard base64 in its one form; undefined for any other text that only decodes to the same bytes. */
const decode = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
};

/** What stands after the payload: a type and sixteen signatures fit in. */
const maxBeside = 1 << 14;
const beginning = /^\{"payload":"[A-Za-z0-9+/=]*","payloadType":"/;

/** A text that is large without being an envelope would cost a hundred times its size to be read as JSON. */
const isBomb = (text: string): boolean =>
  text.length > maxBeside && text.length - (beginning.exec(text)?.[0].length ?? 0) > maxBeside;

export type EnvelopeAnswer =
  | { readonly ok: true; readonly envelope: Envelope; readonly payload: Buffer }
  | { readonly ok: false; readonly message: string };

/**
 * Reads an envelope in the one form in which we write them. DSSE would also take URL-safe base64, blanks and unknown
 * fields; then bytes could be changed without a trace, so this does not.
 */
export const readEnvelope = (bytes: Uint8Array): EnvelopeAnswer => {
  const no = (message: string): EnvelopeAnswer => ({ ok: false, message });
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (isBomb(text))
      return no('This is no envelope: it does not begin like one, or has too much beside its payload.');
    value = JSON.parse(text);
    if (!Buffer.from(canonicalJson(value)).equals(bytes))
      return no('The envelope is not in its one canonical form: bytes were added, removed or changed.');
  } catch {
    return no('This is no envelope: it is not JSON.');
  }
  const parsed = Envelope.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return no(`This is no envelope: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}.`);
  }
  const payload = decode(parsed.data.payload);
  if (payload === undefined) return no('The payload of the envelope is not base64 in its one form.');
  return { ok: true, envelope: parsed.data, payload };
};

export type EnvelopeSignature =
  /** Key ids that signed it, out of those given. */
  | { readonly ok: true; readonly signedBy: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** Signatures of keys that are not given are left aside; one of a given key that does not hold is a fault. */
export const verifyEnvelope = (
  { payloadType, signatures }: Envelope,
  payload: Uint8Array,
  keys: EnvelopeKeys,
): EnvelopeSignature => {
  const bytes = preAuthEncoding(payloadType, payload);
  const signedBy: string[] = [];
  for (const { keyid, sig } of signatures) {
    const key = keys.get(keyid);
    if (key === undefined) continue;
    const raw = decode(sig);
    if (raw === undefined || !verify(null, bytes, key, raw))
      return {
        ok: false,
        message: `The signature of key ${short(keyid)} does not hold: the statement or the signature was changed.`,
      };
    signedBy.push(keyid);
  }
  if (signedBy.length > 0) return { ok: true, signedBy };
  const by = signatures.map(({ keyid }) => short(keyid)).join(', ');
  return {
    ok: false,
    message: `None of the keys given has signed this; it names ${by}. Get the keys of the installation with gatehouse key export.`,
  };
};

const short = (keyid: string): string => keyid.slice(0, 16);
