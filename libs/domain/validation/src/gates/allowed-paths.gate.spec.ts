import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { allowedPaths } from './allowed-paths.gate.js';

const check = (lists: string[][], ...changes: SampleChange[]) => {
  const facts = sampleFacts({ changes });
  return inShort(allowedPaths.check({ ...facts, policy: { ...facts.policy, allowedPaths: lists } }));
};

describe('allowed-paths', () => {
  it('passes what every list allows', () => {
    expect(check([['**'], ['src/**', 'README.md']], { path: 'src/a.ts' }, { path: 'README.md' })).toBe(
      'pass',
    );
  });

  it('blocks what one list does not allow', () => {
    expect(check([['**'], ['src/**']], { path: 'src/a.ts' }, { path: 'docs/a.md' })).toBe(
      'fail; path.not_allowed docs/a.md',
    );
  });

  it.each(['evil/src/a.py', 'src', 'src-evil/a.py', 'SRC/a.py', 'Src/a.py'])(
    'does not take %s for src/**',
    (path) => {
      expect(check([['src/**']], { path })).toBe(`fail; path.not_allowed ${path}`);
    },
  );

  it('allows nothing by an empty list, and nothing without a list', () => {
    expect(check([[]], { path: 'a' })).toBe('fail; path.not_allowed a');
    expect(check([], { path: 'a' })).toBe('fail; path.not_allowed a');
    expect(check([['**'], []], { path: 'a' })).toBe('fail; path.not_allowed a');
  });

  it('looks at deletions and at mode changes as well', () => {
    expect(check([['src/**']], { path: 'a', oldMode: '100644', newMode: '000000' })).toBe(
      'fail; path.not_allowed a',
    );
    expect(check([['src/**']], { path: 'a', oldMode: '100644', newMode: '100755' })).toBe(
      'fail; path.not_allowed a',
    );
  });

  it('shows names that are no text as git does', () => {
    expect(check([['src/**']], { path: Buffer.from([0x61, 0xff]) })).toBe('fail; path.not_allowed "a\\377"');
    expect(check([['src/**']], { path: 'ü' })).toBe('fail; path.not_allowed ü');
  });
});
