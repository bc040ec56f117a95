import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical.js';
import { sha256Hex } from './digest.js';
import { envelopeKeysFromPem, signEnvelope } from './dsse.js';
import { linkOf, logBeginning, logHeadMediaType, signLogEntry } from './log.entry.js';
import type { LogEntry, LogRecord } from './log.entry.js';
import { checkLogged, checkLogHead, verifyLog } from './log.js';
import { logContent, logOf } from './log.fixture.js';
import { predicateOf } from './proof.fixture.js';
import { signProof } from './proof.js';
import { generateSigningKey, publicKeyToPem, type SigningKey } from './signature.js';
import { key, keys, other40, other64, stranger } from './tampering.fixture.js';

const lane = predicateOf().history.lane.stream;
const honest = logOf(5, key);
const look = (log: readonly LogRecord[], ring = keys) => verifyLog(log, { keys: ring, lane });
const faultOf = (log: readonly LogRecord[], ring = keys) => look(log, ring).fault;

const changed = (bytes: Uint8Array, change: (value: Record<string, unknown>) => void): Buffer => {
  const value = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
  change(value);
  return Buffer.from(canonicalJson(value));
};
/** By somebody without the key. */
const at = (n: number, change: (record: LogRecord) => LogRecord): LogRecord[] =>
  honest.map((record, i) => (i === n - 1 ? change(record) : record));
const entryAt = (n: number, field: string, to: unknown): LogRecord[] =>
  at(n, ({ entry, head }) => ({ head, entry: changed(entry, (value) => void (value[field] = to)) }));
/** By somebody who holds a key and writes the log anew. */
const anew = (by: SigningKey, contents: readonly Partial<LogEntry>[]): LogRecord[] => {
  let end = logBeginning;
  return contents.map((content, i) => {
    const record = signLogEntry(end, { ...logContent(i + 1), ...content }, by);
    end = { seq: i + 1, digest: linkOf(record) };
    return record;
  });
};
const headOf = (value: object, by = key, type = logHeadMediaType) =>
  signEnvelope(type, Buffer.from(canonicalJson(value)), [by]);
const third = honest[2]!;
const trueHead = { lane, seq: 3, entry: sha256Hex(third.entry) };
const withHead = (head: Buffer) => at(3, ({ entry }) => ({ entry, head }));
const turned = [honest[0]!, honest[2]!, honest[1]!, ...honest.slice(3)];

const tamperings: [string, LogRecord[], RegExp][] = [
  ['another commit', entryAt(2, 'commit', other40), /^The head at entry 2 of the log was signed of another/],
  ['another promotion', entryAt(5, 'promotionId', `prm_${'1'.repeat(26)}`), /^The head at entry 5 .*another/],
  ['another number', entryAt(2, 'seq', 7), /^Entry 2 of the log is missing: number 7/],
  ['another entry before', entryAt(3, 'prev', other64), /^Entry 3 of the log does not follow/],
  ['another beginning', entryAt(1, 'prev', other64), /^Entry 1 of the log does not follow/],
  ['another lane', entryAt(1, 'lane', 'lane:x:main'), /^Entry 1 of the log is of another lane/],
  ['another type', entryAt(4, 'type', 'x'), /^Entry 4 of the log is malformed: type/],
  ['no commit', entryAt(4, 'commit', null), /^Entry 4 of the log is malformed: commit/],
  [
    'blanks in an entry',
    at(2, (was) => ({ ...was, entry: Buffer.concat([was.entry, Buffer.from(' ')]) })),
    /^Entry 2 .*canonical/,
  ],
  ['no entry', at(2, (was) => ({ ...was, entry: Buffer.alloc(0) })), /^Entry 2 of the log is not JSON/],
  ['an entry taken out', honest.toSpliced(2, 1), /^Entry 3 of the log is missing: number 4/],
  ['an entry twice', honest.toSpliced(2, 0, honest[1]!), /^Entry 3 of the log is missing: number 2/],
  ['two that were turned', turned, /^Entry 2 of the log is missing: number 3/],
  ['a beginning that was cut', honest.slice(1), /^Entry 1 of the log is missing: number 2/],
  ['the head of another entry', withHead(Buffer.from(honest[1]!.head)), /^The head at entry 3 .*another/],
  ['no head', withHead(Buffer.alloc(0)), /^The head at entry 3 of the log is no signed head/],
  ['a head of another length', withHead(headOf({ ...trueHead, seq: 4 })), /^The head at entry 3 .*another/],
  ['a head of another lane', withHead(headOf({ ...trueHead, lane: 'x' })), /^The head at entry 3 .*another/],
  [
    'a signed text that is no head',
    withHead(headOf({ a: 1 })),
    /^The head at entry 3 of the log is malformed/,
  ],
  [
    'a signed proof for a head',
    withHead(headOf(trueHead, key, 'x')),
    /^The head at entry 3 .*no head of a log/,
  ],
  [
    'a signature of another text',
    withHead(changed(third.head, (v) => void (v['payload'] = 'e30='))),
    /^The head at entry 3 of the log is not signed/,
  ],
  // What follows names both files of a record, so a key that nobody gave helps nobody to change the past.
  ['a head by a stranger', withHead(headOf(trueHead, stranger)), /^Entry 4 of the log does not follow/],
  ['a log by a stranger', logOf(5, stranger), /^The head of the log is not signed by a key that is given/],
  ['one promotion twice', anew(key, [{}, { promotionId: logContent(1).promotionId }]), /once more/],
  ['a lane that goes back', anew(key, [{ laneGeneration: 9 }, {}]), /lane generation 6, after one of .* 9/],
];

describe('the log of a lane', () => {
  it('holds as it was written, as long as a key that is given signed its last head', () => {
    expect(look([])).toEqual({ lane, fault: undefined, entries: [] });
    expect(look(honest).fault).toBeUndefined();
    expect(look(honest).entries.map(({ entry }) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
    const fresh = generateSigningKey();
    const both = envelopeKeysFromPem(publicKeyToPem(fresh) + publicKeyToPem(key));
    const end = { seq: 5, digest: linkOf(honest[4]!) };
    const rotated = [...honest, signLogEntry(end, logContent(6), fresh)];
    expect(faultOf(rotated, both)).toBeUndefined();
    // The last head stands for all before it, and is the one that has to be known.
    expect(faultOf(rotated, envelopeKeysFromPem(publicKeyToPem(fresh)))).toBeUndefined();
    expect(faultOf(rotated)).toMatch(/^The head of the log is not signed by a key/);
  });

  it('is read on from any place that is known', () => {
    const after = { seq: 2, digest: linkOf(honest[1]!) };
    expect(verifyLog(honest.slice(2), { keys, lane, after }).fault).toBeUndefined();
    expect(verifyLog(honest.slice(3), { keys, lane, after }).fault).toMatch(/^Entry 3 of the log is missing/);
  });

  it.each(tamperings)('names %s', (_, log, fault) => {
    expect(faultOf(log)).toMatch(fault);
  });

  it('fails for any single byte that is another one, wherever it stands', () => {
    const parts = honest.flatMap((_, n) => [[n, 'entry'] as const, [n, 'head'] as const]);
    fc.assert(
      fc.property(
        fc.constantFrom(...parts),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ([n, part], i, by) => {
          const bytes = Buffer.from(honest[n]![part]);
          bytes[i % bytes.length] = (bytes[i % bytes.length] ?? 0) ^ by;
          expect(faultOf(at(n + 1, (was) => ({ ...was, [part]: bytes })))).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('fails for any selection or order of its entries but its beginnings', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 7 }), (picked) => {
        const isBeginning = picked.every((n, i) => n === i);
        expect(faultOf(picked.map((n) => honest[n]!)) === undefined).toBe(isBeginning);
      }),
    );
  });
});

describe('a log beside a proof', () => {
  const known = (seq: number) => ({
    seq,
    digest: seq === 0 ? logBeginning.digest : linkOf(honest[seq - 1]!),
  });
  /** The predicate of what entry 4 would be about, made when three were there. */
  const predicate = { ...predicateOf(), log: known(3) };
  const proof = signProof(predicate, [key]);
  const own: Partial<LogEntry> = {
    promotionId: predicate.promotion.id,
    sessionId: predicate.promotion.sessionId,
    candidateId: predicate.candidate.id,
    commit: predicate.commit.id,
    tree: predicate.commit.tree,
    branch: predicate.promotion.branch,
    policyDigest: predicate.policy.digest,
    verdict: { id: predicate.verdict.id, outcome: 'pass' },
    proof: sha256Hex(proof),
  };
  const withOwn = (more: Partial<LogEntry> = {}) => look(anew(key, [{}, {}, {}, { ...own, ...more }, {}]));
  const faultBeside = (log = withOwn(), about: Parameters<typeof checkLogged>[0] = predicate) =>
    checkLogged(about, proof, log)
      .filter(({ ok }) => !ok)
      .map(({ check, message }) => `${check}: ${message}`)
      .join('; ');

  it('has its promotion, with its commit and its proof', () => {
    expect(checkLogged(predicate, proof, withOwn()).map(({ check, ok }) => [check, ok])).toEqual([
      ['log', true],
      ['log_cut', true],
      ['log_entry', true],
    ]);
    expect(faultBeside(withOwn(), { ...predicate, log: known(0) })).toBe('');
  });

  it('says nothing of a proof that was made before there was a log', () => {
    const { log: _, ...older } = predicate;
    expect(checkLogged(older, proof, look(honest)).map(({ check, ok }) => [check, ok])).toEqual([
      ['log', true],
    ]);
  });

  it.each<[string, Partial<LogEntry>, RegExp]>([
    ['commit', { commit: other40 }, /another commit/],
    ['tree', { tree: other40 }, /another tree/],
    ['branch', { branch: 'main' }, /another branch/],
    ['level', { level: 'patch' }, /another level/],
    ['session', { sessionId: `ses_${'1'.repeat(26)}` }, /another session/],
    ['candidate', { candidateId: `cnd_${other64}` }, /another candidate/],
    ['policy', { policyDigest: other64 }, /another policy/],
    ['verdict', { verdict: { id: predicate.verdict.id, outcome: 'fail' } }, /another verdict/],
    ['proof', { proof: other64 }, /another proof/],
    ['promotion', { promotionId: `prm_${'1'.repeat(26)}` }, /no entry for promotion/],
  ])('names another %s in the entry', (_, more, fault) => {
    expect(faultBeside(withOwn(more))).toMatch(fault);
  });

  it('names a log that was cut, written anew or does not hold', () => {
    expect(faultBeside(look(honest.slice(0, 2)))).toMatch(
      /^log_cut: The log ends at entry 2, and had 3 .*cut/,
    );
    expect(faultBeside(withOwn(), { ...predicate, log: { ...known(3), digest: other64 } })).toMatch(
      /^log_cut: Entry 3 .*written anew/,
    );
    expect(faultBeside(look(honest.slice(1)))).toMatch(/^log: Entry 1 of the log is missing/);
  });
});

describe('a head that was kept', () => {
  const kept = honest[3]!.head;
  const say = (log: readonly LogRecord[], head: Uint8Array = kept) => {
    const { ok, message } = checkLogHead(head, keys, look(log));
    return ok ? 'ok' : message;
  };

  it('shows that a log was cut or written anew since, though it holds in itself', () => {
    expect([say(honest), say(honest.slice(0, 4))]).toEqual(['ok', 'ok']);
    expect(faultOf(honest.slice(0, 3))).toBeUndefined();
    expect(say(honest.slice(0, 3))).toMatch(/^The log ends at entry 3, and a head of entry 4 .*cut/);
    expect(say(anew(key, [{}, {}, {}, { commit: other40 }, {}]))).toMatch(/^Entry 4 .*written anew/);
  });

  it('counts only where a key that is given signed it, of this lane', () => {
    expect(say(honest, headOf(trueHead, stranger))).toMatch(/not signed by a key that is given/);
    expect(say(honest, headOf({ ...trueHead, lane: 'lane:x:main' }))).toMatch(/^The head .* another lane/);
    expect(say(honest, Buffer.from('{}'))).toMatch(/^The head that was kept is no signed head/);
  });
});
