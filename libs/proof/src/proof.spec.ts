import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { envelopeKeysFromPem, signEnvelope } from './dsse.js';
import { chained, happenings, predicateOf } from './proof.fixture.js';
import { provenStream } from './proof.history.js';
import { signProof, verifyProof } from './proof.js';
import { generateSigningKey, publicKeyToPem } from './signature.js';
import { statementMediaType, statementOf } from './statement.js';
import { faultOf, honest, inEnvelope, inStatement, key, keys, lie, make } from './tampering.fixture.js';
import { other26, other40, other64, retold, set, stranger, type Tampering } from './tampering.fixture.js';

const signed = (type: string, text: string): Buffer => signEnvelope(type, Buffer.from(text), [key]);
const sigOf = (bytes: Buffer) =>
  (JSON.parse(bytes.toString()) as { signatures: { sig: string }[] }).signatures[0]?.sig;
const byStranger = signProof(predicateOf(), [stranger]);
const statement = statementOf(predicateOf());
const events = 'history.session.events';
const { lane } = predicateOf().history;
const short = happenings().slice(0, 3);

/** Makes a list of events another one. */
const relist = (made: (was: unknown[]) => unknown[]) => lie(make(events, made));

const envelopes: Tampering[] = [
  ['a changed payload', inEnvelope(set('payload', 'e30=')), /^signature: The signature .* does not hold/],
  ['a changed signature', inEnvelope(set('signatures.0.sig', 'e30=')), /^signature: .* does not hold/],
  [
    'a stranger’s signature',
    inEnvelope(set('signatures.0.sig', sigOf(byStranger))),
    /^signature: .*not hold/,
  ],
  ['a stranger', byStranger, /^signature: None of the keys given/],
  ['a changed key id', inEnvelope(set('signatures.0.keyid', other64)), /^signature: None of the keys/],
  ['no key id', inEnvelope(set('signatures.0.keyid', undefined)), /^envelope: /],
  ['no signatures', inEnvelope(set('signatures', [])), /^envelope: /],
  ['another payload type', inEnvelope(set('payloadType', 'application/json')), /^signature: /],
  ['a field more', inEnvelope(set('more', 1)), /^envelope: /],
  ['blanks', Buffer.from(honest.toString().replace(',', ', ')), /^envelope: .*canonical/],
  ['a byte after it', Buffer.concat([honest, Buffer.from('\n')]), /^envelope: .*canonical/],
  ['an end that was cut', honest.subarray(0, -10), /^envelope: /],
  ['nothing', Buffer.alloc(0), /^envelope: /],
];

const statements: Tampering[] = [
  ['another payload type', signed('text/plain', JSON.stringify(statement)), /^payload_type: /],
  ['a text that is not JSON', signed(statementMediaType, 'hello'), /^statement: .*not JSON/],
  ['blanks', signed(statementMediaType, JSON.stringify(statement, null, 1)), /^statement: .*canonical/],
  ['another type', inStatement(set('_type', 'https://in-toto.io/Statement/v0.1')), /^statement: .*_type/],
  ['another predicate', inStatement(set('predicateType', 'x')), /^statement: .*predicateType/],
  ['no verdict', lie(set('verdict', undefined)), /^statement: .*predicate\.verdict/],
  ['a digest that is none', lie(set('policy.digest', 'x')), /^statement: .*policy\.digest/],
  ['no subject', inStatement(set('subject', [])), /^statement: .*subject/],
  ['another commit', inStatement(set('subject.0.digest.gitCommit', other40)), /^subject: .*commit/],
  ['another tree', inStatement(set('subject.1.digest.gitTree', other40)), /^subject: .*tree/],
  ['another branch', inStatement(set('subject.0.name', 'git+acme/widgets@main')), /^subject: .*name/],
  ['a subject more', inStatement(make('subject', (was: unknown[]) => [...was, was[0]])), /^subject: /],
  ['a tree that was not judged', retold(set('commit.tree', other40)), /^subject: .*published/],
];

const chains: Tampering[] = [
  ['another actor', lie(set(`${events}.3.actor`, 'x')), /^chain: .*breaks at event 4/],
  ['another type', lie(set(`${events}.6.type`, 'x')), /^chain: .*breaks at event 7/],
  ['another time', lie(set(`${events}.0.at`, 'x')), /^chain: .*breaks at event 1:/],
  ['another generation', lie(set(`${events}.4.lease_generation`, 7)), /^chain: .*breaks at event 5/],
  ['another payload', lie(set(`${events}.5.payload`, '{}')), /^chain: .*breaks at event 6: its payload/],
  ['another digest', lie(set(`${events}.5.payload_sha256`, other64)), /^chain: .*breaks at event 6/],
  ['another hash', lie(set(`${events}.8.hash`, other64)), /^chain: .*breaks at event 9/],
  ['an event left out', relist((was) => was.toSpliced(3, 1)), /^chain: .*breaks at event 4/],
  ['an event twice', relist((was) => was.toSpliced(1, 0, was[1])), /^chain: .*breaks at event 3/],
  ['two that were turned', relist(([a, b, ...was]) => [b, a, ...was]), /^chain: .*breaks at event 1/],
  ['an end that was cut', relist((was) => was.slice(0, -1)), /^chain: .*at event 9: it ends there/],
  ['a beginning that was cut', relist((was) => was.slice(1)), /^chain: .*breaks at event 1/],
  ['no event', relist(() => []), /^chain: .*it ends there/],
  ['another genesis', lie(set('history.session.after.hash', other64)), /^chain: .*breaks at event 0/],
  ['another head', lie(set('history.session.head.hash', other64)), /^chain: .*its head is another/],
  ['a later head', lie(set('history.session.head.seq', 99)), /^chain: .*its head is another/],
  [
    'a later beginning',
    lie(set('history.session', provenStream(statement.predicate.promotion.sessionId, later()))),
    /^chain: .*from its beginning/,
  ],
  ['another session', lie(set('history.session', storyOf(`ses_${other26}`))), /^chain: .*not that of ses_/],
  ['a lane that breaks', lie(set('history.lane.events.0.actor', 'x')), /^chain: .*lane:.* at event 1/],
  ['another lane', lie(set('history.lane', storyOf('lane:x:main'))), /^chain: .*not that of the lane/],
  [
    'a lane that does not know it',
    lie(set('history.lane', storyOf(lane.stream, short))),
    /^chain: .*lane does not know/,
  ],
];

function later() {
  return chained(statement.predicate.promotion.sessionId, happenings()).slice(1);
}
function storyOf(stream: string, story = happenings()) {
  return provenStream(stream, chained(stream, story));
}

describe('a proof', () => {
  it('holds where nothing was changed, and says what it looked at', () => {
    const report = verifyProof(honest, keys);
    expect(report.fault).toBeNull();
    expect(report.checks.map(({ check }) => check).join(' ')).toBe(
      'envelope signature payload_type statement subject chain job candidate base lease verdict policy gates binding approvals',
    );
    expect(report.statement).toEqual(statement);
    expect(signProof(predicateOf(), [key])).toEqual(honest);
  });

  it('holds by an old key after another took its place', () => {
    const fresh = generateSigningKey();
    const ring = envelopeKeysFromPem(publicKeyToPem(fresh) + publicKeyToPem(key));
    expect(verifyProof(honest, ring).ok).toBe(true);
    expect(verifyProof(signProof(predicateOf(), [fresh]), ring).ok).toBe(true);
  });

  it('shows nothing of a statement that nobody trusted has signed', () => {
    expect(verifyProof(byStranger, keys).statement).toBeNull();
  });

  it.each(envelopes)('names %s in its envelope', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });
  it.each(statements)('names %s in its statement', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });
  it.each(chains)('names %s in its history', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });

  it('fails for any single byte that is another one', () => {
    fc.assert(
      fc.property(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(honest);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        expect(verifyProof(bytes, keys).fault?.check).toMatch(/^(?:envelope|signature)$/);
      }),
      { numRuns: 300 },
    );
    // What stands beside the payload, every byte of it.
    for (let at = honest.indexOf('","payloadType"'); at < honest.length; at++) {
      const bytes = Buffer.from(honest);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(verifyProof(bytes, keys).ok).toBe(false);
    }
  });
});
