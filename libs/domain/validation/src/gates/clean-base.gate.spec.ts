import { describe, expect, it } from '@jest/globals';
import type { BaseFacts } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { cleanBase } from './clean-base.gate.js';

const facts = sampleFacts();
const check = (change: Partial<BaseFacts>) =>
  inShort(cleanBase.check({ ...facts, base: { ...facts.base!, ...change } }));

describe('clean-base', () => {
  it('passes a base in the history of its branch', () => expect(check({})).toBe('pass'));
  it('blocks one that is gone', () => expect(check({ tree: null })).toBe('fail; base.missing'));
  it('blocks one that was rewritten away', () =>
    expect(check({ reachable: false })).toBe('fail; base.unreachable'));
  it('cannot answer where nobody looked', () => {
    expect(check({ reachable: null })).toBe('error; gate.fact_missing');
  });
});
