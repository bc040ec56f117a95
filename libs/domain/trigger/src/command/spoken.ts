import { createHash } from 'node:crypto';
import type { Spoken } from '../intent.js';
import { storable } from '../storable.js';

const anchors: Readonly<Record<Spoken['kind'], string>> = {
  comment: '#issuecomment-',
  review_comment: '#discussion_r',
  review: '#pullrequestreview-',
};

/** SHA-256 of what was written, hex. */
export const wordsOf = (body: string): string => createHash('sha256').update(storable(body)).digest('hex');

/** Names a comment or review, whoever tells of it. */
export const causeOf = (kind: Spoken['kind'], id: number): string => `${kind}:${id}`;

/** Names the dismissal of a review. */
export const dismissalOf = (review: number): string => `dismissal:${review}`;

/** A comment or review as a delivery tells of it. */
export const spoken = (kind: Spoken['kind'], id: number, body: string, when: string): Spoken => ({
  kind,
  id,
  words: wordsOf(body),
  cause: causeOf(kind, id),
  anchor: `${anchors[kind]}${id}`,
  when,
});
