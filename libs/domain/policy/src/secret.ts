import { createHash, randomBytes } from 'node:crypto';

/** An opaque secret of 256 random bits; the prefix lets scanners of leaked text find it. */
export const makeSecret = (): string => `gh_${randomBytes(32).toString('base64url')}`;

/** What is stored of a secret. It has full entropy, so a plain digest cannot be reversed. */
export const secretDigest = (secret: string): string => createHash('sha256').update(secret).digest('hex');
