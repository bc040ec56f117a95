import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePatch } from './patch.parser.js';

const oid = (letter: string) => letter.repeat(40);
const zero = '0'.repeat(40);
const header = 'diff --git a/x b/x\n';
const index = `index ${oid('1')}..${oid('2')} 100644\n`;
const labels = '--- a/x\n+++ b/x\n';
const file = (body: string) => `${header}${index}${labels}${body}`;
const good = file('@@ -1 +1 @@\n-a\n+b\n');
const added = (path: string, mode = '100644') =>
  `diff --git a/${path} b/${path}\nnew file mode ${mode}\nindex ${zero}..${oid('2')}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+b\n`;
const deleted = (path: string, mode = '100644') =>
  `diff --git a/${path} b/${path}\ndeleted file mode ${mode}\nindex ${oid('2')}..${zero}\n--- a/${path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n`;
const mail = (diff: string, end = '-- \n2.39.5\n\n', text = 'Body.\n') =>
  `From ${oid('c')} Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: [PATCH] x\n\n${text}---\n x | 2 +-\n\n${diff}${end}`;

const parse = (text: string | Buffer, inflateBytes?: number) =>
  parsePatch(Buffer.from(text as string, 'latin1'), inflateBytes === undefined ? {} : { inflateBytes });
const codeOf = (text: string | Buffer, inflateBytes?: number): string => {
  const parsed = parse(text, inflateBytes);
  return parsed.ok ? 'ok' : parsed.code;
};

describe('parsePatch accepts', () => {
  it.each([
    ['nothing at all', ''],
    ['one file', good],
    ['a mail', mail(good)],
    ['a mail without signature', mail(good, '')],
    [
      'a mail with its base',
      mail(good, `\nbase-commit: ${oid('a')}\nprerequisite-patch-id: ${oid('b')}\n-- \n2.39.5\n`),
    ],
    ['an executable file', added('x', '100755')],
    ['a file replaced by a link', deleted('x') + added('x', '120000')],
    ['a file replaced by a folder', deleted('x') + added('x/y')],
    [
      'SHA-256 ids',
      file('@@ -1 +1 @@\n-a\n+b\n').replace(index, `index ${'1'.repeat(64)}..${'2'.repeat(64)} 100644\n`),
    ],
    [
      'quoted names',
      added('x').replaceAll(/[ab]\/x/g, (label) => `"${label.replace('x', '\\303\\274\\t')}"`),
    ],
  ])('%s', (_, text) => expect(parse(text)).toMatchObject({ ok: true }));

  it('and says what it saw', () => {
    expect(parse(`${mail(good)}`)).toMatchObject({
      format: 'mail',
      files: [
        {
          path: 'x',
          status: 'modified',
          content: 'text',
          addedLines: 1,
          deletedLines: 1,
          oldOid: oid('1'),
          line: 9,
        },
      ],
    });
    const { span } = parse(mail(good)) as { span: { start: number; end: number } };
    expect(mail(good).slice(span.start, span.end)).toBe(good);
  });
});

describe('parsePatch refuses', () => {
  it.each([
    ['prose', 'hello\n', 'patch.not_a_patch'],
    ['a NUL', '\0', 'patch.not_a_patch'],
    ['a unified diff without header', `${labels}@@ -1 +1 @@\n-a\n+b\n`, 'patch.headerless'],
    ['a headerless diff behind a good one', `${good}${labels}@@ -1 +1 @@\n-a\n+b\n`, 'patch.trailing'],
    ['a headerless diff in a commit message', mail(good, '', '--- a/y\n+++ b/y\n'), 'patch.headerless'],
    ['a merge', `diff --cc x\n`, 'patch.combined'],
    ['a merge behind a file', `${good}diff --cc x\nindex 1,2..3\n`, 'patch.trailing'],
    ['a rename', `diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n`, 'patch.rename'],
    ['a rename without saying so', good.replace('b/x\n', 'b/y\n'), 'patch.name_mismatch'],
    ['a rewrite', `${header}dissimilarity index 90%\n${index}${labels}`, 'patch.rename'],
    ['other labels', good.replace('--- a/x', '--- a/y'), 'patch.name_mismatch'],
    ['another new label', good.replace('+++ b/x', '+++ b/y'), 'patch.name_mismatch'],
    ['an addition with an old label', added('x').replace('/dev/null', 'a/x'), 'patch.name_mismatch'],
    ['a deletion with a new label', deleted('x').replace('/dev/null', 'b/x'), 'patch.name_mismatch'],
    ['labels with a date', good.replace('--- a/x', '--- a/x\t2026-01-01'), 'patch.name_mismatch'],
    ['needless quotes', good.replaceAll(/([ab])\/x/g, '"$1/x"'), 'patch.name'],
    ['an octal spelling of a plain letter', good.replaceAll(/([ab])\/x/g, '"$1/\\170"'), 'patch.name'],
    ['an open quote', 'diff --git "a/x b/x\n', 'patch.name'],
    ['a NUL by octal', good.replaceAll(/([ab])\/x/g, '"$1/\\000"'), 'patch.name'],
    ['no prefixes', 'diff --git x x\n', 'patch.name'],
    ['traversal', added('../x'), 'patch.name'],
    ['traversal inside', added('a/../../x'), 'patch.name'],
    ['an absolute name', added('/etc/passwd'), 'patch.name'],
    ['a name of 5000 bytes', added('x'.repeat(5000)), 'patch.name'],
    ['a CR in a header', good.replace('100644\n', '100644\r\n'), 'patch.header_bytes'],
    ['a NUL in a header', good.replace('+++ b/x\n', '+++ b/x\0\n'), 'patch.header_bytes'],
    ['a whole patch with CRLF', good.replaceAll('\n', '\r\n'), 'patch.header_bytes'],
    ['an odd mode', added('x', '100666'), 'patch.mode'],
    ['a folder mode', added('x', '040000'), 'patch.mode'],
    ['a mode change to a link', `${header}old mode 100644\nnew mode 120000\n`, 'patch.mode'],
    ['a mode change to the same', `${header}old mode 100644\nnew mode 100644\n`, 'patch.mode'],
    ['half a mode change', `${header}old mode 100644\n`, 'patch.mode'],
    ['short ids', good.replace(oid('2'), '2222222'), 'patch.index'],
    ['no ids', good.replace(index, ''), 'patch.index'],
    ['equal ids', good.replace(oid('2'), oid('1')), 'patch.index'],
    ['an addition over something', added('x').replace(zero, oid('1')), 'patch.index'],
    ['a change to nothing', good.replace(oid('2'), zero), 'patch.index'],
    ['no mode beside the ids', good.replace(' 100644', ''), 'patch.mode'],
    ['too few lines', file('@@ -1,2 +1,2 @@\n-a\n+b\n'), 'patch.truncated'],
    ['too few lines before the next file', file('@@ -1,2 +1,2 @@\n-a\n+b\n') + good, 'patch.hunk'],
    ['too many lines', file('@@ -1 +1 @@\n-a\n+b\n+c\n'), 'patch.trailing'],
    ['a hunk that changes nothing', file('@@ -1 +1 @@\n a\n'), 'patch.hunk'],
    ['a hunk without numbers', file('@@ -x +1 @@\n-a\n+b\n'), 'patch.hunk'],
    ['numbers beyond reason', file('@@ -99999999999 +1 @@\n-a\n+b\n'), 'patch.hunk'],
    ['overlapping hunks', file('@@ -1,2 +1,2 @@\n-a\n+b\n c\n@@ -2 +2 @@\n-c\n+d\n'), 'patch.hunk_order'],
    ['hunks in the wrong order', file('@@ -9 +9 @@\n-a\n+b\n@@ -2 +2 @@\n-c\n+d\n'), 'patch.hunk_order'],
    ['a wrong offset', file('@@ -1 +3 @@\n-a\n+b\n'), 'patch.hunk_offset'],
    [
      'an offset that forgets the hunk before',
      file('@@ -1 +1,2 @@\n-a\n+b\n+c\n@@ -9 +9 @@\n-c\n+d\n'),
      'patch.hunk_offset',
    ],
    [
      'lines behind the end of a file',
      file('@@ -1,2 +1 @@\n-a\n\\ No newline at end of file\n-b\n+c\n'),
      'patch.hunk',
    ],
    [
      'a hunk behind the end of a file',
      file('@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n@@ -9 +9 @@\n-a\n+b\n'),
      'patch.hunk_order',
    ],
    ['another text behind a backslash', file('@@ -1 +1 @@\n-a\n+b\n\\ Kein Zeilenumbruch\n'), 'patch.hunk'],
    ['an addition with old lines', added('x').replace('-0,0 +1 @@\n', '-0,0 +1,2 @@\n a\n'), 'patch.hunk'],
    ['no hunk', `${header}${index}${labels}`, 'patch.truncated'],
    ['no content', `${header}${index}`, 'patch.truncated'],
    [
      'an addition without content',
      `${header}new file mode 100644\nindex ${zero}..${oid('2')}\n`,
      'patch.truncated',
    ],
    ['an end in the middle of a line', good.slice(0, -1), 'patch.truncated'],
    ['only a header', header, 'patch.truncated'],
    ['one file twice', good + good, 'patch.duplicate_path'],
    ['an addition before a deletion', added('x', '120000') + deleted('x'), 'patch.duplicate_path'],
    ['a replacement by the same type', deleted('x') + added('x', '100755'), 'patch.duplicate_path'],
    ['a type change with a third part', deleted('x') + added('x', '120000') + good, 'patch.duplicate_path'],
    ['a type change torn apart', deleted('x') + added('y') + added('x', '120000'), 'patch.duplicate_path'],
    ['a file and a folder of one name', added('x') + added('x-y') + added('x/y/z'), 'patch.path_conflict'],
    [
      'a submodule that lies',
      added('x', '160000').replace('+b\n', `+Subproject commit ${oid('3')}\n`),
      'patch.index',
    ],
    [
      'a dirty submodule',
      added('x', '160000').replace('+b\n', `+Subproject commit ${oid('2')}-dirty\n`),
      'patch.index',
    ],
    ['omitted binary content', `${header}${index}Binary files a/x and b/x differ\n`, 'patch.binary_omitted'],
    ['a second patch behind the signature', mail(good, `-- \n2.39.5\n\n${good}`), 'patch.second_patch'],
    ['a second mail', mail(good) + mail(good), 'patch.second_patch'],
    ['prose behind the files', `${good}bye\n`, 'patch.trailing'],
    ['a signature without a mail', `${good}-- \n2.39.5\n`, 'patch.trailing'],
    ['a book as a signature', mail(good, `-- \n${'x\n'.repeat(99)}`), 'patch.trailing'],
    [
      'a base64 mail',
      mail(good).replace('\n\n', '\nContent-Transfer-Encoding: base64\n\n'),
      'patch.encoded_mail',
    ],
    [
      'a mail with parts',
      mail(good).replace('\n\n', '\nContent-Type: multipart/mixed; boundary=x\n\n'),
      'patch.encoded_mail',
    ],
  ])('%s', (_, text, code) => expect(codeOf(text)).toBe(code));

  it('says the line', () => {
    expect(parse(good + file('@@ -1 +3 @@\n-a\n+b\n').replaceAll('/x', '/y'))).toMatchObject({
      code: 'patch.hunk_offset',
      line: 12,
      message: expect.stringMatching(/^Line 12: /),
    });
  });
});

describe('parsePatch on anything', () => {
  it('never throws', () => {
    const parts = fc.constantFrom(
      header,
      index,
      labels,
      good,
      mail(good),
      '@@ -1 +1 @@\n',
      '-a\n',
      '+b\n',
      ' c\n',
      '\n',
      '-- \n',
      'GIT binary patch\n',
      'literal 1\n',
      'HcmV?d00001\n',
      'new file mode 100644\n',
      '\\',
      'From ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 12 }), (pieces) => {
        const parsed = parse(pieces.join(''));
        if (!parsed.ok) expect(parsed.line).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses every proper beginning of a patch, but for those that end between two files', () => {
    const whole = good + added('y') + added('z', '120000');
    const ends = [0, good.length, (good + added('y')).length];
    for (let cut = 0; cut < whole.length; cut += 1) {
      if (!ends.includes(cut))
        expect({ cut, code: codeOf(whole.slice(0, cut)) }).not.toEqual({ cut, code: 'ok' });
    }
  });
});
