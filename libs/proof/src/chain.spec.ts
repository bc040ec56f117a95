import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical.js';
import { genesis, hashEvent, verifyChain, type ChainEntry, type ChainFaultKind } from './chain.js';
import { sha256Hex } from './digest.js';
import { generateSigningKey, keyRing } from './signature.js';
import { signTombstone } from './tombstone.js';

const key = generateSigningKey();
const keys = keyRing(key.publicKey);

const chainOf = (payloads: readonly unknown[], streamId = 'ses_1'): ChainEntry[] => {
  let prev = genesis.hash;
  return payloads.map((value, i) => {
    const payload = canonicalJson(value);
    const fields = {
      stream_id: streamId,
      seq: i + 1,
      type: 'agent.output',
      at: `2026-11-21T03:47:00.${String(i).padStart(6, '0')}Z`,
      actor: 'system',
      lease_generation: i % 2 === 0 ? null : i,
      payload_sha256: sha256Hex(payload),
    };
    const entry = { ...fields, prev_hash: prev, hash: hashEvent(prev, fields), payload };
    prev = entry.hash;
    return entry;
  });
};
const headOf = (chain: readonly ChainEntry[]) => chain.at(-1) ?? genesis;
const faultOf = async (chain: ChainEntry[], head = headOf(chain)): Promise<ChainFaultKind | undefined> =>
  (await verifyChain(chain, { head, keys })).fault?.kind;

const values = fc.array(fc.jsonValue(), { minLength: 3, maxLength: 12 });

describe('verifyChain', () => {
  it('accepts every honest chain, in one part or two', async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.nat(), async (payloads, n) => {
        const chain = chainOf(payloads);
        const report = await verifyChain(chain, { head: headOf(chain) });
        expect(report).toMatchObject({ events: chain.length, fault: null, head: { seq: chain.length } });
        const cut = n % chain.length;
        const first = await verifyChain(chain.slice(0, cut));
        const second = await verifyChain(chain.slice(cut), { after: first.head, head: headOf(chain) });
        expect(second).toMatchObject({ events: chain.length - cut, fault: null });
      }),
    );
  });

  it('accepts an empty stream that has no head', async () => {
    expect(await verifyChain([], { head: genesis })).toEqual({
      events: 0,
      head: genesis,
      erased: 0,
      fault: null,
    });
  });

  const edits: Record<string, (e: ChainEntry) => Partial<ChainEntry>> = {
    type: (e) => ({ type: `${e.type}x` }),
    at: (e) => ({ at: e.at.replace('2026', '2025') }),
    actor: () => ({ actor: 'prn_other' }),
    lease_generation: (e) => ({ lease_generation: (e.lease_generation ?? 0) + 1 }),
    payload_sha256: () => ({ payload_sha256: sha256Hex('other') }),
    prev_hash: () => ({ prev_hash: sha256Hex('other') }),
    stream_id: () => ({ stream_id: 'ses_2' }),
    hash: () => ({ hash: sha256Hex('other') }),
  };

  it.each(Object.keys(edits))('finds an edited %s at its place', async (field) => {
    await fc.assert(
      fc.asyncProperty(values, fc.nat(), async (payloads, n) => {
        const chain = chainOf(payloads);
        const at = n % chain.length;
        const original = chain[at] as ChainEntry;
        chain[at] = { ...original, ...(edits[field] as (e: ChainEntry) => Partial<ChainEntry>)(original) };
        const { fault } = await verifyChain(chain, { head: { ...headOf(chain) } });
        expect(fault).toMatchObject({ kind: 'edited', seq: at + 1 });
      }),
      { numRuns: 25 },
    );
  });

  it('finds an edited payload, and an edit that was hashed anew', async () => {
    const chain = chainOf([1, 2, 3]);
    const second = chain[1] as ChainEntry;
    expect(await faultOf([chain[0]!, { ...second, payload: '9' }, chain[2]!])).toBe('payload_mismatch');
    const forged = { ...second, payload: '9', payload_sha256: sha256Hex('9') };
    forged.hash = hashEvent(forged.prev_hash, forged);
    expect(await faultOf([chain[0]!, forged, chain[2]!])).toBe('reordered');
    expect(await faultOf([chain[0]!, forged], second)).toBe('head_mismatch');
  });

  it('finds gaps, swapped rows, repeated rows and renumbered rows', async () => {
    const [a, b, c, d] = chainOf([1, 2, 3, 4]) as [ChainEntry, ChainEntry, ChainEntry, ChainEntry];
    expect(await faultOf([a, c, d])).toBe('gap');
    expect(await faultOf([b, c, d])).toBe('gap');
    expect(await faultOf([a, b, b, c])).toBe('reordered');
    expect(await faultOf([a, { ...c, seq: 2 }, { ...b, seq: 3 }, d])).toBe('reordered');
    expect(await faultOf([a, { ...c, seq: 2 }, { ...d, seq: 3 }])).toBe('reordered');
  });

  it('finds a cut tail and a tail beyond the head', async () => {
    const chain = chainOf([1, 2, 3]);
    expect(await faultOf(chain.slice(0, 2), headOf(chain))).toBe('cut_tail');
    expect(await faultOf([], headOf(chain))).toBe('cut_tail');
    expect(await faultOf(chain, chain[1])).toBe('head_mismatch');
  });

  it('accepts an erased payload only with a tombstone of its own', async () => {
    const chain = chainOf([1, 2, 3]);
    const [a, b, c] = chain as [ChainEntry, ChainEntry, ChainEntry];
    const stoneOf = (e: ChainEntry, by = key) =>
      signTombstone(
        {
          stream_id: e.stream_id,
          seq: e.seq,
          payload_sha256: e.payload_sha256,
          erased_at: e.at,
          reason: 'retention',
        },
        by,
      );
    const erased = (tombstone: ChainEntry['tombstone']) =>
      faultOf([a, { ...b, payload: null, tombstone }, c]);
    expect(await erased(stoneOf(b))).toBeUndefined();
    expect(await erased(null)).toBe('payload_missing');
    expect(await erased(stoneOf(a))).toBe('tombstone_invalid');
    expect(await erased({ ...stoneOf(b), reason: 'another' })).toBe('tombstone_invalid');
    expect(await erased(stoneOf(b, generateSigningKey()))).toBe('tombstone_invalid');
  });

  it('stops reading at the first fault', async () => {
    const chain = chainOf([1, 2, 3, 4]);
    let read = 0;
    const counted = function* () {
      for (const e of [chain[0]!, chain[2]!, chain[3]!, chain[1]!]) yield (read++, e);
    };
    expect((await verifyChain(counted())).fault?.kind).toBe('gap');
    expect(read).toBe(2);
  });
});

describe('hashEvent', () => {
  it('hashes the canonical JSON of the fields and the hash before', () => {
    const text = fc.string({ unit: 'grapheme' });
    const fields = fc.record({
      stream_id: text,
      seq: fc.maxSafeNat(),
      type: text,
      at: text,
      actor: text,
      lease_generation: fc.option(fc.maxSafeNat()),
      payload_sha256: text,
    });
    fc.assert(
      fc.property(text, fields, (prev, event) => {
        expect(hashEvent(prev, event)).toBe(sha256Hex(canonicalJson({ ...event, prev_hash: prev })));
      }),
    );
  });

  it('is pinned: a change of the format must be seen', () => {
    expect(hashEvent(genesis.hash, chainOf([{ a: 1 }])[0]!)).toBe(
      sha256Hex(
        '{"actor":"system","at":"2026-11-21T03:47:00.000000Z","lease_generation":null,' +
          `"payload_sha256":"${sha256Hex('{"a":1}')}","prev_hash":"${'0'.repeat(64)}",` +
          '"seq":1,"stream_id":"ses_1","type":"agent.output"}',
      ),
    );
  });
});
