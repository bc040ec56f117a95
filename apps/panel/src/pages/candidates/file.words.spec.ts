import { describe, expect, it } from '@jest/globals';
import type { FileChange } from '@gatehouse/contracts';
import { churn, drawable, hasLines, wordsOf } from './file.words.js';

const change = (over: Partial<FileChange> = {}): FileChange => ({
  path: 'src/a.ts',
  status: 'modified',
  oldMode: '100644',
  newMode: '100644',
  oldOid: 'a'.repeat(40),
  newOid: 'b'.repeat(40),
  binary: false,
  oldSize: 10,
  newSize: 12,
  hunks: '--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1,2 +1,2 @@\n-one\n+two\n same\n',
  truncated: false,
  masked: 0,
  ...over,
});
const none = '0'.repeat(40);

describe('wordsOf', () => {
  it('has nothing to add to a plain change of text', () => {
    expect(wordsOf(change())).toEqual([]);
  });

  it('says that only the mode changed', () => {
    const words = wordsOf(change({ newMode: '100755', newOid: 'a'.repeat(40), hunks: '' })).join(' ');
    expect(words).toBe('Was a file, is now an executable file (100644 → 100755). Its content is unchanged.');
  });

  it('says where a symbolic link points, new or changed, and draws no lines for it', () => {
    const hunks = '--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n';
    const fresh = change({
      status: 'added',
      oldMode: '000000',
      newMode: '120000',
      oldOid: none,
      oldSize: null,
      hunks,
    });
    expect(wordsOf(fresh)).toEqual(['New symbolic link to /etc/passwd.']);
    expect(hasLines(fresh)).toBe(false);
    const moved = change({
      oldMode: '120000',
      newMode: '120000',
      hunks: '@@ -1 +1 @@\n-README\n+/etc/shadow\n',
    });
    expect(wordsOf(moved)).toEqual(['The symbolic link pointed to README, and now to /etc/shadow.']);
  });

  it('says that a submodule is a commit of another repository', () => {
    const words = wordsOf(change({ oldMode: '160000', newMode: '160000', hunks: null }));
    expect(words.join(' ')).toMatch(/aaaaaaaaaa → bbbbbbbbbb/);
  });

  it('says why there are no lines: binary, too large, empty', () => {
    expect(wordsOf(change({ binary: true, hunks: null }))[0]).toMatch(/^Binary, 10 B → 12 B/);
    expect(wordsOf(change({ truncated: true, hunks: null }))[0]).toMatch(/^Too large/);
    expect(wordsOf(change({ truncated: true, hunks: null, masked: null }))[0]).toMatch(/credentials/);
    expect(wordsOf(change({ status: 'added', oldMode: '000000', newSize: 0, hunks: '' }))).toEqual([
      'An empty file.',
    ]);
  });
});

describe('churn', () => {
  it('counts lines, not the names above them', () => {
    expect(churn(change().hunks)).toEqual({ added: 1, removed: 1 });
    expect(churn(null)).toEqual({ added: 0, removed: 0 });
  });
});

describe('drawable', () => {
  it('gives the viewer names that hold nothing of the path', () => {
    const text = drawable(change({ path: 'x\n--- a/evil', status: 'added' }));
    expect(text).toBe('--- /dev/null\n+++ b/file\n@@ -1,2 +1,2 @@\n-one\n+two\n same\n');
  });
});
