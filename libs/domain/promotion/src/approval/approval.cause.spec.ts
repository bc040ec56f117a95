import { describe, expect, it } from '@jest/globals';
import type { Finding, GateResult } from '@gatehouse/contracts';
import { causesFound, causesOf } from './approval.cause.js';

const found = (change: Partial<Finding>): Finding => ({
  code: 'a.asks',
  severity: 'require_approval',
  message: `Look at ${change.path ?? 'it'}.`,
  next: 'Approve it.',
  ...change,
});
const gate = (findings: Finding[], change: Partial<GateResult> = {}): GateResult => ({
  ...{ gate: 'a', part: 'static', summary: '', answer: 'pass' },
  findings,
  ...change,
});
const inShort = (gates: GateResult[]) =>
  causesFound(gates).map(({ gate: id, code, rule, paths }) => [id, code, rule, paths.join(' ')].join('; '));

describe('causesFound', () => {
  it('gathers equal findings of a gate with their paths, and keeps others apart', () => {
    const rule = (id: string) => ({ id, layer: 'repository' as const, name: 'widgets' });
    expect(
      inShort([
        gate([found({ path: 'x' }), found({ path: 'y' }), found({ path: 'x' }), found({ code: 'a.other' })]),
        gate([found({ path: 'x' })], { gate: 'b' }),
        gate([found({ path: 'x', rule: rule('r') }), found({ path: 'y', rule: rule('s') })], { gate: 'c' }),
      ]),
    ).toEqual(['a; a.asks; ; x y', 'a; a.other; ; ', 'b; a.asks; ; x', 'c; a.asks; r; x', 'c; a.asks; s; y']);
  });

  it('leaves out what asks nobody: notes, blocks, gates that are not required or that are staged', () => {
    expect(
      inShort([
        gate([found({ severity: 'warn' }), found({ severity: 'block' })]),
        gate([found({})], { required: false }),
        gate([found({})], { staged: true }),
      ]),
    ).toEqual([]);
  });

  it('names twenty paths and counts the rest', () => {
    const many = Array.from({ length: 25 }, (_, i) => found({ path: `f${i}` }));
    const [cause] = causesFound([gate(many)]);
    expect([cause?.paths.length, cause?.morePaths, cause?.reason]).toEqual([20, 5, 'Look at f0.']);
  });
});

describe('causesOf', () => {
  it('puts the quorum of the policy and its rules before what was found', () => {
    const asked = {
      effect: 'require_approval' as const,
      rule: 'eyes',
      layer: { layer: 'job' as const, name: 'j' },
      reason: 'The rule eyes asks.',
      policyDigest: '',
    };
    const causes = causesOf({ quorum: 2, asks: [asked], gates: [gate([found({ path: 'x' })])] });
    expect(causes.map(({ reason, layer }) => [reason, layer?.layer])).toEqual([
      ['promotion.approvals.quorum of the policy asks for 2 approvals of whatever is published.', undefined],
      ['The rule eyes asks.', 'job'],
      ['Look at x.', undefined],
    ]);
    expect(causesOf({ quorum: 0, asks: [], gates: [] })).toEqual([]);
  });
});
