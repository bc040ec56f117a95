import { digestOf } from './digest.js';
import { signStatement, verifyStatement, type KeyRing, type Signed, type SigningKey } from './signature.js';

/** Stream id, seq and hash of its head. */
export type HeadTuple = readonly [streamId: string, seq: number, hash: string];

interface CheckpointBody {
  /** 1 for the first line, then without a gap. */
  readonly number: number;
  /** UTC with microseconds, by the database clock. */
  readonly at: string;
  /** The heads that moved since the checkpoint before, in stream order. */
  readonly heads: readonly HeadTuple[];
  /** Digest of the checkpoint before, signature included. */
  readonly prev: string;
}

/**
 * One line of the file outside the database. Each line holds the heads that moved and the digest of the line
 * before it, so the last line's digest commits to every head there ever was.
 */
export type Checkpoint = CheckpointBody & Signed;

/** The end of a checkpoint file. */
export interface CheckpointEnd {
  readonly number: number;
  readonly digest: string;
}

export const firstCheckpoint: CheckpointEnd = { number: 0, digest: '0'.repeat(64) };

export const signCheckpoint = (
  after: CheckpointEnd,
  content: { at: string; heads: readonly HeadTuple[] },
  key: SigningKey,
): Checkpoint =>
  signStatement({ number: after.number + 1, at: content.at, heads: content.heads, prev: after.digest }, key);

export const endOf = (checkpoint: Checkpoint): CheckpointEnd => ({
  number: checkpoint.number,
  digest: digestOf(checkpoint),
});

export type CheckpointFaultKind = 'gap' | 'broken_link' | 'bad_signature' | 'unknown_key';

export interface CheckpointFault {
  readonly kind: CheckpointFaultKind;
  readonly number: number;
  readonly message: string;
}

/** Whether `checkpoint` follows `after` and is signed by a known key. */
export const verifyCheckpoint = (
  after: CheckpointEnd,
  checkpoint: Checkpoint,
  keys: KeyRing,
): CheckpointFault | null => {
  const { number } = checkpoint;
  const fault = (kind: CheckpointFaultKind, message: string) => ({ kind, number, message });
  if (number !== after.number + 1)
    return fault('gap', `Checkpoint ${number} follows ${after.number}: lines are missing or moved.`);
  if (checkpoint.prev !== after.digest)
    return fault('broken_link', `Checkpoint ${number} does not name the line before it.`);
  const answer = verifyStatement(checkpoint, keys);
  if (answer === 'valid') return null;
  return fault(
    answer,
    answer === 'unknown_key'
      ? `Checkpoint ${number} is signed by ${checkpoint.key_id}, a key that is not in the ring.`
      : `The signature of checkpoint ${number} does not match its content.`,
  );
};
