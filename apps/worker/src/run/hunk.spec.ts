import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hunksOf, undo } from './hunk.js';

const diff = (before: string, after: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'hunk-'));
  try {
    writeFileSync(join(dir, 'a'), before);
    writeFileSync(join(dir, 'b'), after);
    return execFileSync('sh', ['-c', 'git diff --no-index -U0 a b || true'], {
      cwd: dir,
      encoding: 'latin1',
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
};

describe('undo', () => {
  it.each([
    ['a line', 'a\nb\nc\n', 'a\nB\nc\n'],
    ['new lines', 'a\n', 'a\nb\nc\n'],
    ['new lines at the top', 'a\n', '@@ -1 +1 @@\nb\na\n'],
    ['lost lines', 'a\nb\nc\n', 'c\n'],
    ['all lines', 'a\nb\n', 'c'],
    ['the last end of line', 'a\nb', 'a\nb\n'],
    ['no more', 'a\n', ''],
    ['not UTF-8', 'a\n\u00ff\u00fe\n', 'a\n\u00fe\n'],
  ])('of %s leads back to where it was', (_, before, after) => {
    const [old, made] = [Buffer.from(before, 'latin1'), Buffer.from(after, 'latin1')];
    const hunks = hunksOf(diff(before, after));
    expect(hunks).toHaveLength(1);
    expect(undo(old, made, hunks[0]!)).toEqual(old);
  });

  it('of every hunk, the last first, is the old content', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', '@@ -1 +1 @@'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (x, y) => {
        const [before, after] = [x, y].map((list) => list.map((line) => `${line}\n`).join('')) as [
          string,
          string,
        ];
        const hunks = hunksOf(diff(before, after));
        const made = hunks.reduceRight<Buffer>(
          (now, hunk) => undo(Buffer.from(before), now, hunk),
          Buffer.from(after),
        );
        expect(made.toString()).toBe(before);
      }),
      { numRuns: 30 },
    );
  });
});
