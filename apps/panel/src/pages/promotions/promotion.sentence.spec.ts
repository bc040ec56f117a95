import { describe, expect, it } from '@jest/globals';
import { causeWords } from './promotion.sentence.js';

describe('causeWords', () => {
  const nothing = { reason: '', rule: null, layer: null, gate: null, code: null, paths: [], morePaths: 0 };

  it('names rule and layer of what the policy asks', () => {
    const layer = { layer: 'organisation' as const, name: 'acme' };
    expect(causeWords({ ...nothing, rule: 'eyes', layer })).toBe('rule eyes, organisation policy acme');
  });

  it('names gate, code and paths of what was found', () => {
    const found = {
      ...nothing,
      gate: 'licence-header',
      code: 'licence.new',
      paths: ['a', 'b'],
      morePaths: 2,
    };
    expect(causeWords(found)).toBe('gate licence-header, licence.new: a, b and 2 more');
  });
});
