import { describe, expect, it } from '@jest/globals';
import { rawPathOfText } from '@gatehouse/policy';
import type { CanaryPlace } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { canary } from './canary.gate.js';

const check = (places: readonly CanaryPlace[] | null) =>
  inShort(canary.check({ ...sampleFacts(), canary: places }));

describe('canary', () => {
  it('passes work in which the bait does not stand', () => expect(check([])).toBe('pass'));

  it('does not pass where nobody looked', () => expect(check(null)).toBe('error; gate.fact_missing'));

  it('blocks it wherever it stands, and does not repeat a name that shows it', () => {
    expect(
      check([
        { where: 'content', path: rawPathOfText('notes.md') },
        { where: 'name', path: rawPathOfText('AKIA.txt') },
        { where: 'log', path: null },
      ]),
    ).toBe('fail; canary.found; canary.found; canary.found notes.md');
    expect(check([{ where: 'patch', path: null }])).toBe('fail; canary.found');
  });

  it('cannot be taken out by a policy, nor answered from a cache', () => {
    expect(canary).toMatchObject({ always: true, part: 'context' });
  });
});
