import { sha256Hex } from './digest.js';
import { verifyTombstone, type Tombstone } from './tombstone.js';
import type { KeyRing } from './signature.js';

/** What the hash of an event covers, beside the hash before it. Names are part of the format. */
export interface EventFields {
  readonly stream_id: string;
  /** 1 for the first event of a stream, then without a gap. */
  readonly seq: number;
  readonly type: string;
  /** UTC with microseconds: `2026-11-21T03:47:00.123456Z`. */
  readonly at: string;
  /** Principal, or `system`. */
  readonly actor: string;
  readonly lease_generation: number | null;
  /** SHA-256 of the payload's canonical JSON: a payload can be erased, its digest stays in the chain. */
  readonly payload_sha256: string;
}

export interface ChainedEvent extends EventFields {
  readonly prev_hash: string;
  readonly hash: string;
}

/** An event with what lies beside it. */
export interface ChainEntry extends ChainedEvent {
  /** Canonical JSON; null where it was erased. */
  readonly payload: string | null;
  readonly tombstone?: Tombstone | null;
}

export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** What a stream without events ends in, and the `prev_hash` of every first event. */
export const genesis: Head = { seq: 0, hash: '0'.repeat(64) };

/**
 * SHA-256 over the canonical JSON of the fields and the hash before. Written in key order at once, since it is the
 * hot spot of every append and every verification; a spec holds it against `canonicalJson`.
 */
export const hashEvent = (prevHash: string, event: EventFields): string =>
  sha256Hex(
    JSON.stringify({
      actor: event.actor,
      at: event.at,
      lease_generation: event.lease_generation,
      payload_sha256: event.payload_sha256,
      prev_hash: prevHash,
      seq: event.seq,
      stream_id: event.stream_id,
      type: event.type,
    }),
  );

export type ChainFaultKind =
  | 'gap'
  | 'reordered'
  | 'edited'
  | 'payload_mismatch'
  | 'payload_missing'
  | 'tombstone_invalid'
  | 'cut_tail'
  | 'head_mismatch';

export interface ChainFault {
  readonly kind: ChainFaultKind;
  readonly seq: number;
  readonly message: string;
}

export interface ChainReport {
  /** Events that were read and hold; those after the first fault are not counted. */
  readonly events: number;
  /** Where the verified part ends. */
  readonly head: Head;
  readonly erased: number;
  readonly fault: ChainFault | null;
}

/** Follows one stream, event by event, and keeps nothing but its end. */
export class ChainVerifier {
  private head: Head;
  private events = 0;
  private erased = 0;
  private fault: ChainFault | null = null;

  /** `after` lets a check go on where an earlier one ended; without `keys` tombstones cannot be accepted. */
  constructor(private readonly options: { after?: Head; keys?: KeyRing } = {}) {
    this.head = options.after ?? genesis;
  }

  /** The first fault so far, or null. Once there is one, further events are not looked at. */
  push(entry: ChainEntry): ChainFault | null {
    if (this.fault !== null) return this.fault;
    this.fault = this.faultOf(entry);
    if (this.fault !== null) return this.fault;
    this.head = { seq: entry.seq, hash: entry.hash };
    this.events += 1;
    if (entry.payload === null) this.erased += 1;
    return null;
  }

  /** `expected` is the head as the database or a checkpoint knows it. */
  finish(expected?: Head): ChainReport {
    if (this.fault === null && expected !== undefined) this.fault = this.faultOfHead(expected);
    return { events: this.events, head: this.head, erased: this.erased, fault: this.fault };
  }

  private faultOf(entry: ChainEntry): ChainFault | null {
    const fault = (kind: ChainFaultKind, message: string): ChainFault => ({ kind, seq: entry.seq, message });
    const seq = this.head.seq + 1;
    if (entry.seq > seq) return { kind: 'gap', seq, message: `Event ${seq} is gone; ${entry.seq} follows.` };
    if (entry.seq < seq) return fault('reordered', `Event ${entry.seq} stands after event ${this.head.seq}.`);
    if (entry.prev_hash !== this.head.hash)
      return hashEvent(this.head.hash, entry) === entry.hash
        ? fault('edited', `The prev_hash of event ${seq} was edited.`)
        : fault(
            'reordered',
            `Event ${seq} does not follow event ${seq - 1}: one was moved, put in or replaced.`,
          );
    if (hashEvent(entry.prev_hash, entry) !== entry.hash)
      return fault('edited', `A field of event ${seq} was edited: its hash does not match.`);
    if (entry.payload !== null)
      return sha256Hex(entry.payload) === entry.payload_sha256
        ? null
        : fault('payload_mismatch', `The payload of event ${seq} was edited: its digest does not match.`);
    if (!entry.tombstone)
      return fault('payload_missing', `The payload of event ${seq} is gone, and no tombstone says why.`);
    const answer = verifyTombstone(entry.tombstone, entry, this.options.keys ?? new Map());
    return answer === 'valid'
      ? null
      : fault(
          'tombstone_invalid',
          `The tombstone of event ${seq} does not hold: ${answer.replaceAll('_', ' ')}.`,
        );
  }

  private faultOfHead(expected: Head): ChainFault | null {
    if (this.head.seq < expected.seq)
      return {
        kind: 'cut_tail',
        seq: this.head.seq + 1,
        message: `The stream ends at event ${this.head.seq}, but event ${expected.seq} was acknowledged.`,
      };
    if (this.head.seq === expected.seq && this.head.hash === expected.hash) return null;
    return {
      kind: 'head_mismatch',
      seq: this.head.seq,
      message: `The stream ends at event ${this.head.seq}, which is not the head that was recorded (${expected.seq}).`,
    };
  }
}

/** Verifies one stream in order and stops at the first fault. Memory does not grow with the stream. */
export const verifyChain = async (
  entries: Iterable<ChainEntry> | AsyncIterable<ChainEntry>,
  options: { after?: Head; head?: Head; keys?: KeyRing } = {},
): Promise<ChainReport> => {
  const verifier = new ChainVerifier(options);
  for await (const entry of entries) if (verifier.push(entry) !== null) break;
  return verifier.finish(options.head);
};
