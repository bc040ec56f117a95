import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aliasOf, candidateId, type CandidateContent } from './candidate.js';

const hex = fc.stringMatching(/^[0-9a-f]{8}$/);
const content = fc.record({ base: hex, tree: hex, patchSha256: hex, jobSpecDigest: hex });

describe('candidateId', () => {
  it('is a function of content alone and changes with each part', () => {
    fc.assert(
      fc.property(content, fc.constantFrom('base', 'tree', 'patchSha256', 'jobSpecDigest'), (c, part) => {
        const id = candidateId(c);
        expect(id).toMatch(/^cnd_[0-9a-f]{64}$/);
        const { base, tree, patchSha256, jobSpecDigest } = c;
        expect(candidateId({ jobSpecDigest, patchSha256, tree, base })).toBe(id);
        expect(candidateId({ ...c, [part]: `${c[part as keyof CandidateContent]}0` })).not.toBe(id);
      }),
    );
  });

  it('cannot be moved between parts', () => {
    const id = candidateId({ base: 'a', tree: 'b', patchSha256: 'c', jobSpecDigest: 'd' });
    expect(candidateId({ base: 'b', tree: 'a', patchSha256: 'c', jobSpecDigest: 'd' })).not.toBe(id);
  });
});

describe('aliasOf', () => {
  it('is the same with and without the prefix, and can stand in a branch name', () => {
    fc.assert(
      fc.property(content, (c) => {
        const id = candidateId(c);
        expect(aliasOf(id)).toBe(aliasOf(id.slice(4)));
        expect(aliasOf(id)).toMatch(/^[a-z]+-[a-z]+-[0-9a-f]{4}$/);
      }),
    );
  });

  it('never changes: people wrote it down', () => {
    expect(aliasOf('0'.repeat(64))).toBe('able-badger-0000');
    expect(aliasOf(`cnd_${'f'.repeat(64)}`)).toBe('witty-wren-ffff');
  });
});
