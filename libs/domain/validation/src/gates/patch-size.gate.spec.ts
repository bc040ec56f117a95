import { describe, expect, it } from '@jest/globals';
import type { AcceptedPatch, BinaryHunk, PatchFile } from '../patch/parsed.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { patchSize } from './patch-size.gate.js';

const facts = sampleFacts({
  policy: {
    limits: { patchBytes: 1000, files: 2, blobBytes: 500, inflatedBytes: 800, lineBytes: 50, lines: 10 },
  },
});
const patch = facts.patch as AcceptedPatch;
const file = (change: Partial<PatchFile>): PatchFile => ({ ...patch.files[0]!, ...change });
const binary = (target: number): BinaryHunk => ({ method: 'delta', declared: 10, deflated: 10, target });
const check = (change: Partial<AcceptedPatch>, bytes = 100) =>
  inShort(
    patchSize.check({ ...facts, artifact: { ...facts.artifact!, bytes }, patch: { ...patch, ...change } }),
  );

describe('patch-size', () => {
  it('lets what is exactly at its limits pass', () => {
    const files = [file({ longestLine: 50, forward: binary(500), addedLines: 4, deletedLines: 6 })];
    expect(check({ inflatedBytes: 800, files }, 1000)).toBe('pass');
  });

  it.each<[string, Partial<AcceptedPatch>, number]>([
    ['size.patch_bytes', {}, 1001],
    ['size.inflated_bytes', { inflatedBytes: 801 }, 1],
    ['size.blob_bytes README.md', { files: [file({ forward: binary(512 * 1024 * 1024) })] }, 1],
    ['size.line_bytes README.md', { files: [file({ longestLine: 1024 * 1024 })] }, 1],
    [
      'size.lines',
      { files: [file({ addedLines: 6, deletedLines: 2 }), file({ addedLines: 3, deletedLines: 0 })] },
      1,
    ],
    ['size.files', { files: ['a', 'b', 'c'].map((path) => file({ path: path as PatchFile['path'] })) }, 1],
  ])('blocks with %s', (found, change, bytes) => expect(check(change, bytes)).toBe(`fail; ${found}`));

  it('counts the two halves of a type change as one file', () => {
    expect(check({ files: ['a', 'a', 'b'].map((path) => file({ path: path as PatchFile['path'] })) })).toBe(
      'pass',
    );
  });

  it('judges the size of what cannot be read', () => {
    const broken = { ok: false, code: 'patch.hunk', message: '', line: 1 } as const;
    const at = (bytes: number) =>
      inShort(patchSize.check({ ...facts, artifact: { ...facts.artifact!, bytes }, patch: broken }));
    expect(at(1001)).toBe('fail; size.patch_bytes');
    expect(at(1000)).toBe('pass');
  });
});
