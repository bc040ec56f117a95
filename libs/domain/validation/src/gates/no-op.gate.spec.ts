import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts } from '../facts.sample.js';
import { noOp } from './no-op.gate.js';

describe('no-op', () => {
  it('passes a change', () => expect(inShort(noOp.check(sampleFacts()))).toBe('pass'));

  it('passes no change, and says so for the outcome', () => {
    expect(inShort(noOp.check(sampleFacts({ changes: [] })))).toBe('pass; change.none');
  });

  it('blocks trees that differ without a path that does', () => {
    const facts = sampleFacts();
    expect(inShort(noOp.check({ ...facts, change: { ...facts.change!, entries: [] } }))).toBe(
      'fail; change.invisible',
    );
  });

  it('cannot answer where trees and changes contradict each other', () => {
    const facts = sampleFacts();
    const change = { ...facts.change!, tree: facts.change!.baseTree };
    expect(inShort(noOp.check({ ...facts, change }))).toBe('error; gate.fact_missing');
  });
});
