import { describe, expect, it } from '@jest/globals';
import { genesis, verifyChain } from '@gatehouse/proof';
import fc from 'fast-check';
import { DatabaseClock } from './database-clock.js';
import {
  chainEvents,
  duplicateOf,
  instantOf,
  isFenced,
  kindOf,
  maxPayloadBytes,
  prepareEvent,
} from './ledger.js';

const streamId = 'ses_01J00000000000000000000000';
const event = { streamId, type: 'agent.note', actor: 'system', payload: { a: 1 } } as const;

describe('prepareEvent', () => {
  it('digests the canonical payload', () => {
    expect(prepareEvent({ ...event, payload: { b: 1, a: '\u0000' } })).toMatchObject({
      payload: '{"a":"\\u0000","b":1}',
      leaseGeneration: null,
      dedupeKey: null,
    });
  });

  it.each([
    ['a stream of no kind', { streamId: 'job_1' }],
    ['a stream with a NUL', { streamId: 'lane:a\u0000' }],
    ['a type without a dot', { type: 'note' }],
    ['an actor with a line break', { actor: 'a\nb' }],
    ['an empty actor', { actor: '' }],
    ['a dedupe key that is too long', { dedupeKey: 'x'.repeat(201) }],
    ['a generation that is no whole number', { leaseGeneration: 1.5 }],
    ['a payload with NaN', { payload: { a: NaN } }],
    ['a payload that is a list', { payload: [] }],
    ['half a surrogate pair', { payload: { a: '\ud800' } }],
  ])('refuses %s', (_, more) => {
    expect(() => prepareEvent({ ...event, ...more } as never)).toThrow(
      expect.objectContaining({ code: 'request.invalid' }),
    );
  });

  it('counts bytes, not characters', () => {
    const text = (bytes: number) => ({ a: 'é'.repeat((bytes - 8) / 2) });
    expect(prepareEvent({ ...event, payload: text(maxPayloadBytes) }).payload).toHaveLength(
      (maxPayloadBytes - 8) / 2 + 8,
    );
    expect(() => prepareEvent({ ...event, payload: text(maxPayloadBytes + 2) })).toThrow(
      expect.objectContaining({ code: 'request.too_large' }),
    );
  });
});

describe('chainEvents', () => {
  it('makes chains that verify, from any head on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }),
        fc.nat(),
        async (payloads, cut) => {
          const prepared = payloads.map((payload) => prepareEvent({ ...event, payload }));
          const at = instantOf(1_790_000_000_123_456);
          const first = chainEvents(genesis, prepared.slice(0, cut), at);
          const last = first.at(-1);
          const second = chainEvents(last ?? genesis, prepared.slice(cut), at);
          const entries = [...first, ...second].map((row) => ({
            stream_id: row.streamId,
            seq: row.seq,
            type: row.type,
            at: row.at,
            actor: row.actor,
            lease_generation: row.leaseGeneration,
            payload_sha256: row.payloadSha256,
            prev_hash: row.prevHash,
            hash: row.hash,
            payload: row.payload,
          }));
          expect(await verifyChain(entries)).toMatchObject({ events: payloads.length, fault: null });
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('instantOf', () => {
  it('keeps all six digits', () => {
    expect(instantOf(1_790_000_000_000_007)).toBe('2026-09-21T14:13:20.000007Z');
    expect(instantOf(1_790_000_000_999_999)).toBe('2026-09-21T14:13:20.999999Z');
  });
});

describe('the small rules', () => {
  it('know the kind of a stream', () => {
    expect([kindOf('installation'), kindOf('lane:r:main'), kindOf(streamId)]).toEqual([
      'installation',
      'lane',
      'session',
    ]);
  });

  it('fence off older generations only', () => {
    const of = (leaseGeneration: number | null) => ({ ...prepareEvent(event), leaseGeneration });
    expect([of(1), of(2), of(3), of(null)].map((e) => isFenced(e, 2))).toEqual([true, false, false, false]);
  });

  it('refuse a dedupe key that comes back with other content', () => {
    const prepared = prepareEvent({ ...event, dedupeKey: 'k' });
    const earlier = { seq: 3, hash: 'h', type: prepared.type, payloadSha256: prepared.payloadSha256 };
    expect(duplicateOf(prepared, earlier)).toEqual({ streamId, seq: 3, hash: 'h', duplicate: true });
    expect(() => duplicateOf(prepared, { ...earlier, payloadSha256: 'x' })).toThrow(
      expect.objectContaining({ code: 'idempotency.mismatch' }),
    );
  });
});

describe('DatabaseClock', () => {
  it('goes on from the last reading by the monotonic clock, and asks again after a while', () => {
    let now = 500;
    const clock = new DatabaseClock(() => now);
    expect(clock.isFresh).toBe(false);
    now = 502;
    clock.read(1_790_000_000_000_000, 500);
    expect(clock.nowMicros()).toBe(1_790_000_000_001_000);
    now = 1_502;
    expect(clock.nowMicros()).toBe(1_790_000_001_001_000);
    expect(clock.isFresh).toBe(true);
    now = 20_000;
    expect(clock.isFresh).toBe(false);
  });
});
