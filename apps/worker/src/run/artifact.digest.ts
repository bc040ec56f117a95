import { createHash } from 'node:crypto';

/** The id that stored bytes have. */
export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
