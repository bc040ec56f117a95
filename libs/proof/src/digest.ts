import { hash } from 'node:crypto';
import { canonicalJson } from './canonical.js';

/** SHA-256 in lower-case hex; text is hashed as UTF-8. */
export const sha256Hex = (bytes: string | Uint8Array): string => hash('sha256', bytes, 'hex');

/** SHA-256 of the canonical JSON of a value. Throws as `canonicalJson` does. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalJson(value));
