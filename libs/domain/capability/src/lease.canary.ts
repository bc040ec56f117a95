import type { LeaseGrant } from '@gatehouse/contracts';
import { createHmac } from 'node:crypto';
import type { HeldLease } from './lease.repository.js';

export type Canary = NonNullable<LeaseGrant['canary']>;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const idChars = 16;

/** RFC 4648, as many characters as asked for, of which each takes five bits. */
const base32 = (bytes: Uint8Array, chars: number): string =>
  Array.from({ length: chars }, (_, i) => {
    const at = (i * 5) >> 3;
    const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    return alphabet[(pair >> (11 - ((i * 5) & 7))) & 31];
  }).join('');

/**
 * Credentials that open nothing, laid out for the agent of one lease alone: whoever hands them on has looked for some.
 * They follow from the hash of the lease's token, which no sandbox sees; so nothing is kept of them, and the plane
 * needs no key of its own to know them again.
 */
export const canaryOf = ({ id, tokenSha256 }: Pick<HeldLease, 'id' | 'tokenSha256'>): Canary => {
  const part = (name: string): Buffer => createHmac('sha256', tokenSha256).update(`${name}\0${id}`).digest();
  return {
    accessKeyId: `AKIA${base32(part('canary.access_key_id'), idChars)}`,
    secretAccessKey: part('canary.secret_access_key').subarray(0, 30).toString('base64'),
  };
};
