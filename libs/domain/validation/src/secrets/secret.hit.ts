import { createHash } from 'node:crypto';

/** How a secret was written, first of all; `spliced`: with escapes, or as several strings. */
export type Writing = 'plain' | 'reversed' | 'rot13' | 'base64' | 'hex' | 'spliced' | 'compressed';

/** A credential in a blob, told without telling it. */
export interface SecretHit {
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  /** SHA-256 of the credential itself, decoded: by this a policy allows one that is known to be fake. */
  readonly fingerprint: string;
  readonly writing: Writing;
  /** Cannot well be anything else; otherwise tests and documents may hold such a thing honestly. */
  readonly sure: boolean;
  /** From and to, in bytes of the blob: without these nothing of it is left to read. */
  readonly spans: readonly Span[];
}

export type Span = readonly [from: number, to: number];

/** A credential before its place in lines is known. */
export interface RawHit {
  readonly rule: string;
  readonly token: string;
  /** In the bytes that were searched. */
  readonly offset: number;
  readonly writing: Writing;
  readonly sure: boolean;
}

export const fingerprintOf = (token: string): string =>
  createHash('sha256').update(token, 'latin1').digest('hex');

/** Made up, by its own words: no issuer hands out such a one. */
const madeUp =
  /example|placeholder|change[-_]?me|redacted|your[-_]?(?:api|token|key|secret)|x{6}|\*{4}|0{8}|0123456789|1234567890|abcdefgh/i;

/** Fingerprints of credentials that documentations print, so that this file holds none. */
const documented = new Set([
  // The samples of jwt.io, and GitHub's sample of a token.
  '7f75367e7881255134e1375e723d1dea8ad5f6a4fdb79d938df1f1754a830606',
  'c794fa6d20c64efb9adf980ae93af472a1679775862d421ffe55d4a57fad5b3e',
  '3543c50b0cb9cea8e55eb1f529b79f043cb250d485fde7b66cabbb5183add7da',
]);

export const isMadeUp = (token: string): boolean =>
  madeUp.test(token) || new Set(token).size < 6 || documented.has(fingerprintOf(token));
