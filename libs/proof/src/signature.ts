import { GatehouseError } from '@gatehouse/contracts';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { canonicalJson } from './canonical.js';
import { sha256Hex } from './digest.js';

/** An Ed25519 private key and the id under which its public half is known. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Key id → public key: every key that has ever signed for this installation. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

export interface Signed {
  readonly key_id: string;
  /** Ed25519, base64, over the canonical JSON of the statement without this field. */
  readonly signature: string;
}

/** `ed25519:` and the first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
export const keyIdOf = (publicKey: KeyObject): string =>
  `ed25519:${sha256Hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16)}`;

const ed25519 = (key: KeyObject): KeyObject => {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new GatehouseError(
      'request.invalid',
      'This is not an Ed25519 key. Generate one with generateSigningKey.',
    );
  return key;
};

export const generateSigningKey = (): SigningKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { keyId: keyIdOf(publicKey), privateKey, publicKey };
};

/** Reads a private key from its PEM (PKCS 8). */
export const signingKeyFromPem = (pem: string): SigningKey => {
  const privateKey = ed25519(createPrivateKey(pem));
  const publicKey = createPublicKey(privateKey);
  return { keyId: keyIdOf(publicKey), privateKey, publicKey };
};

export const signingKeyToPem = (key: SigningKey): string =>
  key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

export const publicKeyFromPem = (pem: string): KeyObject => ed25519(createPublicKey(pem));

export const publicKeyToPem = (key: SigningKey): string =>
  key.publicKey.export({ type: 'spki', format: 'pem' }) as string;

export const keyRing = (...publicKeys: KeyObject[]): KeyRing =>
  new Map(publicKeys.map((key) => [keyIdOf(key), ed25519(key)]));

/** Adds `key_id` and `signature`; the key id is under the signature. */
export const signStatement = <T extends object>(statement: T, key: SigningKey): T & Signed => {
  const body = { ...statement, key_id: key.keyId };
  return {
    ...body,
    signature: sign(null, Buffer.from(canonicalJson(body)), key.privateKey).toString('base64'),
  };
};

/** `unknown_key` is told apart from `bad_signature`: the first may only be a key ring that is too small. */
export type SignatureAnswer = 'valid' | 'unknown_key' | 'bad_signature';

export const verifyStatement = (statement: Signed, keys: KeyRing): SignatureAnswer => {
  const { signature, ...body } = statement;
  if (typeof signature !== 'string' || typeof body.key_id !== 'string') return 'bad_signature';
  const key = keys.get(body.key_id);
  if (key === undefined) return 'unknown_key';
  const bytes = Buffer.from(signature, 'base64');
  return verify(null, Buffer.from(canonicalJson(body)), key, bytes) ? 'valid' : 'bad_signature';
};
