import { GatehouseError, StreamId, type EventPayload, type EventType } from '@gatehouse/contracts';
import { canonicalJson, hashEvent, sha256Hex, type Head } from '@gatehouse/proof';

/** Canonical bytes of one payload at most: whatever is longer is an artifact, and the event refers to it. */
export const maxPayloadBytes = 256 * 1024;

/** What a caller hands in; the ledger adds seq, time and hashes. */
export type NewEvent = { [T in EventType]: NewEventOf<T> }[EventType];

export interface NewEventOf<T extends EventType> {
  /** `installation`, `ses_…` or `lane:…`; a stream is made by its first event. */
  readonly streamId: string;
  readonly type: T;
  /** Principal id, or the name of the part of the plane that acts. */
  readonly actor: string;
  readonly payload: Readonly<EventPayload<T>>;
  /** Generation of the lease that the writer holds; refused with `lease.fenced` below the stream's fence. */
  readonly leaseGeneration?: number | null;
  /** A second event with the key of an earlier one in the same stream is not written again. */
  readonly dedupeKey?: string | null;
}

/** An event that is durable. */
export interface AppendedEvent {
  readonly streamId: string;
  readonly seq: number;
  readonly hash: string;
  /** True where `dedupeKey` had been seen: position and hash are those of the earlier event. */
  readonly duplicate: boolean;
}

/** A checked event: nothing about it can fail in the database any more. */
export interface PreparedEvent {
  readonly streamId: string;
  readonly type: string;
  readonly actor: string;
  readonly leaseGeneration: number | null;
  readonly dedupeKey: string | null;
  readonly payload: string;
  readonly payloadSha256: string;
}

/** A row as it is stored. */
export interface EventRow extends PreparedEvent {
  readonly seq: number;
  readonly at: string;
  readonly prevHash: string;
  readonly hash: string;
}

const typePattern = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
const printable = /^[!-~](?:[ -~]*[!-~])?$/;

const refuse = (
  message: string,
  code: 'request.invalid' | 'request.too_large' = 'request.invalid',
): never => {
  throw new GatehouseError(code, message);
};

const generation = (value: number | null | undefined): number | null => {
  if (value === null || value === undefined) return null;
  return Number.isSafeInteger(value) && value >= 0 ? value : refuse('A lease generation is a whole number.');
};

const shortText = (value: string, what: string): string =>
  printable.test(value) && value.length <= 200
    ? value
    : refuse(`The ${what} of an event is 1 to 200 printable ASCII characters.`);

/** Checks and digests one event. Throws `request.invalid`, `request.too_large`; touches nothing. */
export const prepareEvent = (event: NewEvent): PreparedEvent => {
  if (!StreamId.safeParse(event.streamId).success)
    refuse('A ledger stream is named installation, ses_… or lane:….');
  if (!typePattern.test(event.type) || event.type.length > 100)
    refuse('The type of an event is dotted lower case, e.g. session.created.');
  const payload = canonicalJson(event.payload);
  if (payload[0] !== '{') refuse('The payload of an event is a JSON object.');
  const bytes = Buffer.byteLength(payload);
  if (bytes > maxPayloadBytes)
    refuse(
      `The payload of an event has at most ${maxPayloadBytes} bytes, this one has ${bytes}. Store it as an artifact and refer to it.`,
      'request.too_large',
    );
  return {
    streamId: event.streamId,
    type: event.type,
    actor: shortText(event.actor, 'actor'),
    leaseGeneration: generation(event.leaseGeneration),
    dedupeKey: event.dedupeKey == null ? null : shortText(event.dedupeKey, 'dedupeKey'),
    payload,
    payloadSha256: sha256Hex(payload),
  };
};

/** Gives the events of one stream their seq, time and hashes, in order. */
export const chainEvents = (head: Head, events: readonly PreparedEvent[], at: string): EventRow[] => {
  let { seq, hash } = head;
  return events.map((event) => {
    const prevHash = hash;
    seq += 1;
    hash = hashEvent(prevHash, {
      stream_id: event.streamId,
      seq,
      type: event.type,
      at,
      actor: event.actor,
      lease_generation: event.leaseGeneration,
      payload_sha256: event.payloadSha256,
    });
    // Field by field: spread, this object took as long as its hash.
    return {
      streamId: event.streamId,
      type: event.type,
      actor: event.actor,
      leaseGeneration: event.leaseGeneration,
      dedupeKey: event.dedupeKey,
      payload: event.payload,
      payloadSha256: event.payloadSha256,
      seq,
      at,
      prevHash,
      hash,
    };
  });
};

export type StreamKind = 'session' | 'lane' | 'installation';

export const kindOf = (streamId: string): StreamKind =>
  streamId === 'installation' ? 'installation' : streamId.startsWith('lane:') ? 'lane' : 'session';

/** Microseconds since 1970 as the text that is hashed and stored: `2026-11-21T03:47:00.123456Z`. */
export const instantOf = (micros: number): string => {
  const ms = Math.floor(micros / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros - ms * 1000).padStart(3, '0')}Z`;
};

/** `lease.fenced` where an event comes from a lease that the stream has seen the end of. */
export const fencedError = (event: PreparedEvent, fence: number): GatehouseError =>
  new GatehouseError(
    'lease.fenced',
    `Generation ${event.leaseGeneration} may not write to ${event.streamId} any more: its fence is at ${fence}. Stop this attempt.`,
  );

export const isFenced = (event: PreparedEvent, fence: number): boolean =>
  event.leaseGeneration !== null && event.leaseGeneration < fence;

/** A dedupe key that comes back with other content is a mistake of the caller, not a repetition. */
export const duplicateOf = (
  event: PreparedEvent,
  earlier: { seq: number; hash: string; type: string; payloadSha256: string },
): AppendedEvent => {
  if (earlier.type !== event.type || earlier.payloadSha256 !== event.payloadSha256)
    throw new GatehouseError(
      'idempotency.mismatch',
      `The key ${event.dedupeKey} of ${event.streamId} belongs to another event (seq ${earlier.seq}). Use a new key.`,
    );
  return { streamId: event.streamId, seq: earlier.seq, hash: earlier.hash, duplicate: true };
};
