import { describe, expect, it } from '@jest/globals';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { binaryPatch, deltaBomb, encodeBase85 } from '../binary.fixture.js';
import { decodeBase85 } from './patch.body.js';
import { parsePatch } from './patch.parser.js';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const O = '0'.repeat(40);
const modify = `diff --git a/f b/f\nindex ${A}..${B} 100644\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n`;
const parse = (text: string) => parsePatch(Buffer.from(text, 'latin1'));
const add = (name: string, lines = '@@ -0,0 +1 @@\n+x\n') =>
  `diff --git a/${name} b/${name}\nnew file mode 100644\nindex ${O}..${B}\n--- /dev/null\n+++ b/${name}\n${lines}`;
const remove = (name: string, mode = '100644') =>
  `diff --git a/${name} b/${name}\ndeleted file mode ${mode}\nindex ${A}..${O}\n--- a/${name}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`;

describe('reading a patch', () => {
  it('reads what a modification says', () => {
    expect(parse(modify)).toMatchObject({
      ok: true,
      files: [
        {
          change: 'modify',
          oldMode: '100644',
          newMode: '100644',
          oldOid: A,
          newOid: B,
          body: 'text',
          addedLines: 1,
          removedLines: 1,
        },
      ],
    });
  });
  it('takes one mail of format-patch and hands on the diff alone', () => {
    const mail = `From ${A} Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH] x\n\nbody\n---\n f | 2 +-\n\n${modify}-- \n2.39.5\n\n`;
    const parsed = parse(mail);
    expect(parsed.ok && parsed.diff.toString()).toBe(modify);
  });
  it('unquotes names byte by byte', () => {
    const parsed = parse(
      add('x')
        .replace('diff --git a/x b/x', 'diff --git "a/\\303\\244\\n\\t\\"\\\\" "b/\\303\\244\\n\\t\\"\\\\"')
        .replace('+++ b/x', '+++ "b/\\303\\244\\n\\t\\"\\\\"'),
    );
    expect(parsed.ok && parsed.files[0]?.newPath?.toString()).toBe('\u00e4\n\t"\\');
  });
  it('reads names with blanks, also ones that look like two', () => {
    expect(parse(add('a b/x b/y').replace('+++ b/a b/x b/y', '+++ b/a b/x b/y\t'))).toMatchObject({
      ok: true,
    });
  });
  it('lets a path come twice only where its kind changes', () => {
    const link = add('f', '@@ -0,0 +1 @@\n+to\n\\ No newline at end of file\n').replace(
      'new file mode 100644',
      'new file mode 120000',
    );
    expect(parse(remove('f') + link)).toMatchObject({ ok: true });
    expect(parse(link + remove('f'))).toMatchObject({ ok: false, reason: 'patch.duplicate_path' });
    expect(parse(remove('f') + add('f'))).toMatchObject({ ok: false, reason: 'patch.duplicate_path' });
    expect(parse(modify + modify)).toMatchObject({ ok: false, reason: 'patch.duplicate_path' });
  });
  it('reads the sizes of a delta behind a long table of codes', () => {
    // Bytes of every value, the small ones far more often: deflate then begins with a table that fills lines.
    let seed = 1;
    const skewed = Buffer.from(
      Array.from({ length: 20_000 }, () => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return Math.floor((seed / 2 ** 32) ** 3 * 256);
      }),
    );
    const inserts = Array.from({ length: 200 }, (_, i) => [100, ...skewed.subarray(i * 100, i * 100 + 100)]);
    const delta = Buffer.concat([deltaBomb(0, 20_000).subarray(0, 4), Buffer.from(inserts.flat())]);
    const deflated = deflateSync(delta);
    const begun = { finishFlush: constants.Z_SYNC_FLUSH };
    expect(inflateSync(deflated.subarray(0, 52), begun)).toHaveLength(0);
    expect(parse(binaryPatch('delta', delta.length, deflated))).toMatchObject({
      ok: true,
      files: [{ declaredBytes: 20_000 }],
    });
  });

  it('knows what a binary patch will inflate to, also where a small delta makes a large file', () => {
    const literal = binaryPatch('literal', 999_999_999, deflateSync(Buffer.from('small')));
    expect(parse(literal)).toMatchObject({
      ok: true,
      files: [{ declaredBytes: 999_999_999, body: 'binary' }],
    });
    const bomb = deltaBomb(1000, 512 << 20);
    expect(bomb.length).toBeLessThan(20_000);
    expect(parse(binaryPatch('delta', bomb.length, deflateSync(bomb)))).toMatchObject({
      ok: true,
      files: [{ declaredBytes: 512 << 20 }],
    });
    expect(parse(binaryPatch('delta', 10, Buffer.from('not deflated')))).toMatchObject({
      ok: false,
      reason: 'patch.malformed',
    });
  });
  it('decodes base-85 as git writes it', () => {
    for (const bytes of [1, 4, 5, 26, 27, 51, 52]) {
      const data = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 77 + 200) & 255));
      expect(decodeBase85(encodeBase85(data).trimEnd())?.equals(data)).toBe(true);
    }
    for (const bad of ['', 'D0000', 'D000000', 'D0000"', 'D~~~~~', '100000'])
      expect(decodeBase85(bad)).toBeUndefined();
  });

  const cases: [string, string, string][] = [
    ['nothing', '', 'patch.empty'],
    ['blank lines', '\n\n \n', 'patch.empty'],
    ['prose', 'hello\n', 'patch.not_a_diff'],
    ['a diff without git header', '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n', 'patch.not_a_diff'],
    ['prose before the diff', `hello\n${modify}`, 'patch.not_a_diff'],
    [
      'a headerless diff inside a mail',
      `From ${A} x\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n${modify}`,
      'patch.malformed',
    ],
    ['a mail without a diff', `From ${A} x\nhello\n`, 'patch.empty'],
    ['a series', `From ${A} x\n\n${modify}-- \n2.39\n\nFrom ${B} x\n\n${modify}`, 'patch.malformed'],
    ['a second diff after the signature', `${modify}-- \n2.39\n\n${add('evil')}`, 'patch.malformed'],
    ['a hidden diff as signature', `${modify}-- \n--- a/x\n`, 'patch.malformed'],
    ['text after the last hunk', `${modify}more\n`, 'patch.malformed'],
    ['shortened ids', modify.replace(A, 'aaaaaaa').replace(B, 'bbbbbbb'), 'patch.abbreviated'],
    ['no ids', modify.replace(/index.*\n/, ''), 'patch.malformed'],
    ['the same id twice', modify.replace(B, A), 'patch.malformed'],
    ['names that disagree', modify.replace('+++ b/f', '+++ b/g'), 'patch.malformed'],
    ['old name that disagrees', modify.replace('--- a/f', '--- a/../f'), 'patch.malformed'],
    ['two names without a rename', modify.replace('b/f\n', 'b/g\n'), 'patch.malformed'],
    ['no prefix', modify.replaceAll('a/f', 'f').replaceAll('b/f', 'f'), 'patch.malformed'],
    ['too few lines', modify.replace('@@ -1,2 +1,2 @@', '@@ -1,3 +1,3 @@'), 'patch.malformed'],
    ['too many lines', modify.replace('@@ -1,2 +1,2 @@', '@@ -1 +1 @@'), 'patch.malformed'],
    ['a wrong new position', modify.replace('+1,2', '+5,2'), 'patch.malformed'],
    ['overlapping hunks', `${modify}@@ -2 +2 @@\n-x\n+y\n`, 'patch.malformed'],
    ['a hunk without a change', modify.replace('-two\n+2\n', ' two\n'), 'patch.malformed'],
    ['a huge count', modify.replace('-1,2', '-1,99999999999'), 'patch.malformed'],
    ['a line cut off', modify.slice(0, -1), 'patch.malformed'],
    ['no hunk', modify.slice(0, modify.indexOf('@@')), 'patch.malformed'],
    ['a header that changes nothing', 'diff --git a/f b/f\n', 'patch.malformed'],
    ['an index without content', `diff --git a/f b/f\nindex ${A}..${B} 100644\n`, 'patch.malformed'],
    ['CRLF headers', modify.replaceAll('\n', '\r\n'), 'patch.malformed'],
    ['a NUL in the header', modify.replace('a/f b/f', 'a/\0 b/\0'), 'patch.malformed'],
    ['a quoted NUL', add('x').replace('a/x b/x', '"a/\\000" "b/\\000"'), 'patch.illegal_path'],
    ['a broken quote', add('x').replace('a/x b/x', '"a/x b/x'), 'patch.malformed'],
    ['an unknown escape', add('x').replace('a/x b/x', '"a/\\q" "b/\\q"'), 'patch.malformed'],
    ['a path upwards', add('../x'), 'patch.illegal_path'],
    ['an absolute path', add('/etc/passwd'), 'patch.illegal_path'],
    ['a .git directory', add('x/.GIT/config'), 'patch.illegal_path'],
    ['a mode nobody has', add('x').replace('100644', '104755'), 'patch.malformed'],
    ['a directory mode', add('x').replace('100644', '040000'), 'patch.malformed'],
    ['a mode change of kind', 'diff --git a/f b/f\nold mode 100644\nnew mode 120000\n', 'patch.malformed'],
    ['one mode of two', 'diff --git a/f b/f\nold mode 100644\n', 'patch.malformed'],
    [
      'new and deleted at once',
      add('x').replace('new file mode 100644', 'new file mode 100644\ndeleted file mode 100644'),
      'patch.malformed',
    ],
    [
      'a header twice',
      add('x').replace('new file mode 100644', 'new file mode 100644\nnew file mode 100755'),
      'patch.malformed',
    ],
    ['new with an old id', add('x').replace(O, A), 'patch.malformed'],
    ['modified from zeros', modify.replace(A, O), 'patch.malformed'],
    [
      'a binary without content',
      `diff --git a/f b/f\nindex ${A}..${B} 100644\nBinary files a/f and b/f differ\n`,
      'patch.malformed',
    ],
    [
      'a binary cut off',
      `diff --git a/f b/f\nindex ${A}..${B} 100644\nGIT binary patch\nliteral 5\nMcmZQzKm`,
      'patch.malformed',
    ],
    [
      'a binary without data',
      `diff --git a/f b/f\nindex ${A}..${B} 100644\nGIT binary patch\nliteral 5\n\n`,
      'patch.malformed',
    ],
    [
      'a rename that contradicts',
      `diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to h\n`,
      'patch.malformed',
    ],
    [
      'a rename onto itself',
      `diff --git a/f b/f\nsimilarity index 100%\nrename from f\nrename to f\n`,
      'patch.malformed',
    ],
  ];
  it.each(cases)('refuses %s', (_, text, reason) => {
    const parsed = parse(text);
    expect(parsed).toMatchObject({ ok: false, reason });
    expect(!parsed.ok && parsed.detail.length > 10 && parsed.line >= 1).toBe(true);
  });
});
