import {
  signStatement,
  verifyStatement,
  type KeyRing,
  type SignatureAnswer,
  type Signed,
  type SigningKey,
} from './signature.js';

interface TombstoneBody {
  readonly stream_id: string;
  readonly seq: number;
  readonly payload_sha256: string;
  /** UTC with microseconds. */
  readonly erased_at: string;
  /** The retention rule or the request that asked for it. */
  readonly reason: string;
}

/** The signed word that a payload was erased on purpose; it stands where the payload was. */
export type Tombstone = TombstoneBody & Signed;

export const signTombstone = (body: TombstoneBody, key: SigningKey): Tombstone => signStatement(body, key);

export type TombstoneAnswer = SignatureAnswer | 'other_event';

/** Valid only for the event that it names: a genuine tombstone cannot cover another erasure. */
export const verifyTombstone = (
  tombstone: Tombstone,
  event: { stream_id: string; seq: number; payload_sha256: string },
  keys: KeyRing,
): TombstoneAnswer =>
  tombstone.stream_id !== event.stream_id ||
  tombstone.seq !== event.seq ||
  tombstone.payload_sha256 !== event.payload_sha256
    ? 'other_event'
    : verifyStatement(tombstone, keys);
