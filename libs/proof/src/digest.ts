import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.js';

/** SHA-256 in lower-case hex; text is hashed as UTF-8. */
export const sha256Hex = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of the canonical JSON of a value. Throws as `canonicalJson` does. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
