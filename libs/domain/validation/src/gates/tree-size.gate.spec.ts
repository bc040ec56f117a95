import { describe, expect, it } from '@jest/globals';
import type { BlobFacts } from '../facts.js';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { treeSize } from './tree-size.gate.js';

const limits = { files: 2, blobBytes: 1000, inflatedBytes: 1500, lineBytes: 100 };
const check = (...changes: SampleChange[]) =>
  inShort(treeSize.check(sampleFacts({ changes, policy: { limits } })));
const blob = (size: number, longestLine = 10, binary = false): BlobFacts => ({
  size,
  content: { binary, longestLine, head: '', text: null, utf8: false, type: null },
});

describe('tree-size', () => {
  it('passes what is exactly at its limits', () => {
    expect(check({ path: 'a', blob: blob(1000, 100) }, { path: 'b', blob: blob(500) })).toBe('pass');
  });

  it('blocks each thing that is too large', () => {
    expect(check({ path: 'a' }, { path: 'b' }, { path: 'c' })).toBe('fail; size.files');
    expect(check({ path: 'a', blob: blob(1001) })).toBe('fail; size.blob_bytes a');
    expect(check({ path: 'a', blob: blob(800) }, { path: 'b', blob: blob(701) })).toBe(
      'fail; size.inflated_bytes',
    );
    expect(check({ path: 'a', blob: blob(200, 101) })).toBe('fail; size.line_bytes a');
  });

  it('blocks a file too large to be read', () => {
    expect(check({ path: 'a', blob: { size: 1400, content: null } })).toBe('fail; size.blob_bytes a');
  });

  it('has no opinion on lines of binaries and links, nor on what is deleted or a submodule', () => {
    expect(check({ path: 'a', blob: blob(900, 900, true) })).toBe('pass');
    expect(check({ path: 'a', newMode: '120000', blob: blob(900, 900) })).toBe('pass');
    expect(check({ path: 'a', oldMode: '100644', newMode: '000000', blob: blob(9000) })).toBe('pass');
    expect(check({ path: 'a', newMode: '160000', blob: blob(9000) })).toBe('pass');
  });

  it('cannot answer without the content of a file that may have a long line', () => {
    expect(check({ path: 'a', blob: { size: 500, content: null } })).toBe('error; gate.fact_missing');
    expect(check({ path: 'a', blob: { size: 100, content: null } })).toBe('pass');
  });
});
