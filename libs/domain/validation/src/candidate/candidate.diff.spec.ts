import { describe, expect, it } from '@jest/globals';
import { sectionsByEntry, sectionsOf, showSections } from './candidate.diff.js';

const header = 'diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n';
const section = (...hunks: string[]): string => [header, ...hunks].join('');
const hunk = (line: string): string => `@@ -1 +1 @@\n-old\n+${line}\n`;

describe('a patch cut into its files', () => {
  it.each([
    'diff --git a/x b/x',
    '\rdiff --git a/x b/x',
    '@@ -1 +1 @@',
    '\r@@ -9 +9 @@',
    '\rGIT binary patch\r',
  ])('is not misled by a file that says %j', (line) => {
    const sections = sectionsOf(Buffer.from(section(hunk(line)) + section(hunk('b')), 'latin1'));
    expect(sections).toEqual([section(hunk(line)), section(hunk('b'))]);
    expect(showSections([sections[0]!], 1000)).toEqual({
      binary: false,
      hunks: hunk(line),
      truncated: false,
    });
  });

  it('gives a change of type two of them, and nothing where they do not add up', () => {
    const entries = [{ status: 'M' }, { status: 'T' }, { status: 'A' }] as const;
    expect(sectionsByEntry(entries, ['1', '2', '3', '4'])).toEqual([['1'], ['2', '3'], ['4']]);
    expect(sectionsByEntry(entries, ['1', '2', '3'])).toBeUndefined();
    expect(sectionsByEntry(entries, ['1', '2', '3', '4', '5'])).toBeUndefined();
    expect(sectionsOf(Buffer.alloc(0))).toEqual([]);
  });
});

describe('the hunks that are shown', () => {
  it('are whole ones, as many as fit', () => {
    const both = [section(hunk('a'), hunk('b'))];
    expect(showSections(both, 1000)).toEqual({
      binary: false,
      hunks: hunk('a') + hunk('b'),
      truncated: false,
    });
    expect(showSections(both, hunk('a').length + 1)).toEqual({
      binary: false,
      hunks: hunk('a'),
      truncated: true,
    });
    expect(showSections(both, 3)).toEqual({ binary: false, hunks: null, truncated: true });
  });

  it('are empty where only a mode changes, and none of a binary file', () => {
    const mode = 'diff --git a/f b/f\nold mode 100644\nnew mode 100755\n';
    expect(showSections([mode], 1000)).toEqual({ binary: false, hunks: '', truncated: false });
    const binary = 'diff --git a/f b/f\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIc$}?\n\n';
    expect(showSections([binary], 1000)).toEqual({ binary: true, hunks: null, truncated: false });
  });
});
