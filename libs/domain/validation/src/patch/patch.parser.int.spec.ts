import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AcceptedPatch, ParsedPatch } from './parsed.js';
import { parsePatch } from './patch.parser.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-patch-'));
const env = {
  PATH: process.env.PATH,
  HOME: dir,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};
const git = (args: string[], input?: Buffer): Buffer =>
  execFileSync('git', ['-c', 'core.protectNTFS=false', ...args], {
    cwd: dir,
    env,
    input: input ?? '',
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
const text = (args: string[], input?: Buffer): string => git(args, input).toString('latin1').trim();

type File = readonly [mode: string, content: Buffer | string];
type Files = Readonly<Record<string, File>>;

const blobOf = (content: Buffer | string): string =>
  text(['hash-object', '-w', '--stdin'], Buffer.from(content as string, 'latin1'));

/** Builds a tree from raw names (latin1) without a work tree, so that any name works. */
const treeOf = (files: Files): string => {
  rmSync(join(dir, 'index'), { force: true });
  const lines = Object.entries(files).map(([path, [mode, content]]) => {
    const oid = mode === '160000' ? String(content) : blobOf(content);
    return Buffer.from(`${mode} ${oid}\t${path}\0`, 'latin1');
  });
  git(['update-index', '-z', '--add', '--index-info'], Buffer.concat(lines));
  return text(['write-tree']);
};

const diffArgs = ['--binary', '--full-index', '--no-renames'];
const diff = (a: string, b: string, ...more: string[]): Buffer => git(['diff', ...diffArgs, ...more, a, b]);

const accepted = (parsed: ParsedPatch): AcceptedPatch => {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed;
};

interface Change {
  path: string;
  oldMode: string;
  newMode: string;
  oldOid: string | null;
  newOid: string | null;
}

/** What git says changed, type changes as the pair that a patch holds. */
const rawChanges = (a: string, b: string): Change[] => {
  const parts = git(['diff-tree', '-r', '-z', '--raw', '--full-index', '--no-renames', a, b])
    .toString('latin1')
    .split('\0');
  const changes: Change[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [oldMode = '', newMode = '', oldOid = '', newOid = '', status = ''] = parts[i]!.slice(1).split(' ');
    const path = parts[i + 1]!;
    const zero = '0'.repeat(40);
    if (status === 'T') {
      changes.push({ path, oldMode, newMode: '000000', oldOid, newOid: zero });
      changes.push({ path, oldMode: '000000', newMode, oldOid: zero, newOid });
    } else if (oldOid === newOid) {
      changes.push({ path, oldMode, newMode, oldOid: null, newOid: null });
    } else {
      changes.push({ path, oldMode, newMode, oldOid, newOid });
    }
  }
  return changes;
};

const expectAgreement = (a: string, b: string, patch: Buffer): void => {
  const parsed = accepted(parsePatch(patch));
  const seen = parsed.files.map(({ path, oldMode, newMode, oldOid, newOid }) => ({
    path,
    oldMode,
    newMode,
    oldOid,
    newOid,
  }));
  expect(seen).toEqual(rawChanges(a, b));
};

const binary = (seed: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed + 1; i < size; i += 1) {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = x >> 16;
  }
  return bytes;
};
const lines = (n: number, change = -1): string =>
  Array.from({ length: n }, (_, i) => (i === change ? `changed ${i}\n` : `line ${i}\n`)).join('');
const oidA = 'a'.repeat(40);
const oidB = 'b'.repeat(40);
const hostileText =
  'diff --git a/x b/x\n-- \n--- a/x\n+++ b/x\n@@ -1 +1 @@\nGIT binary patch\n\n\\ No newline at end of file\n';

const regular = (content: Buffer | string): File => ['100644', content];
const cases: Readonly<Record<string, readonly [Files, Files]>> = {
  'an empty file added': [{}, { a: regular('') }],
  'an empty file deleted': [{ a: regular(''), b: regular('x') }, { b: regular('x') }],
  'an empty file filled and a full one emptied': [
    { a: regular(''), b: regular('x\n') },
    { a: regular('x\n'), b: regular('') },
  ],
  'only a mode changed': [{ a: regular('x\n') }, { a: ['100755', 'x\n'] }],
  'mode and content changed': [{ a: regular('x\n') }, { a: ['100755', 'y\n'] }],
  'no newline at the end, before and after': [
    { a: regular('x'), b: regular('x\n'), c: regular('x'), d: regular(`${lines(9)}z`) },
    { a: regular('x\n'), b: regular('x'), c: regular('y'), d: regular(`${lines(9, 3)}z`) },
  ],
  'CRLF, form feed, lone CR, no line at all': [
    { a: regular('x\r\ny\r\n'), b: regular('a\fb\n'), c: regular('a\rb\rc') },
    { a: regular('x\r\nz\r\n'), b: regular('a\fc\n'), c: regular('a\rB\rc'), d: regular('\n') },
  ],
  'lines that look like a patch': [
    { a: regular(hostileText), b: regular(`${lines(5)}- \n${lines(5)}`) },
    { a: regular(`x\n${hostileText}y\n`), b: regular(`${lines(5)}${lines(5)}`), c: regular(hostileText) },
  ],
  'many hunks': [
    { a: regular(lines(400)) },
    { a: regular(lines(400, 5).replace('line 200\n', '').replace('line 300\n', 'line 300\nnew\n')) },
  ],
  'hunk headings with carriage returns': [
    { a: regular(`int main\rfoo()\r{\n${lines(30)}`) },
    { a: regular(`int main\rfoo()\r{\n${lines(30, 20)}`) },
  ],
  'binary added, changed, deleted, grown': [
    {
      b: regular(binary(1, 3000)),
      c: regular(binary(2, 200)),
      d: regular(binary(3, 9000)),
      e: regular(Buffer.from('a\0b')),
    },
    {
      a: regular(binary(4, 500)),
      b: regular(Buffer.concat([binary(1, 2000), binary(9, 5), binary(1, 3000)])),
      d: regular(Buffer.concat([binary(3, 9000), binary(3, 9000)])),
      e: regular('text now\n'),
    },
  ],
  'binary with an executable bit': [{ a: regular(binary(1, 300)) }, { a: ['100755', binary(2, 300)] }],
  'a NUL far behind the start is still text': [
    { a: regular(`${lines(2000)}\0\n`) },
    { a: regular(`${lines(2000, 1999)}\0x\n`) },
  ],
  'type changes of every kind': [
    { a: regular('x\n'), b: ['120000', 'x'], c: ['160000', oidA], d: regular('x\n'), e: ['120000', 'x'] },
    { a: ['120000', 'x'], b: regular('x\n'), c: regular('x\n'), d: ['160000', oidA], e: ['160000', oidB] },
  ],
  'gitlinks added, moved, deleted': [
    { b: ['160000', oidA], c: ['160000', oidA] },
    { a: ['160000', oidA], b: ['160000', oidB] },
  ],
  'symbolic links': [
    { b: ['120000', 'old'], c: ['120000', 'x'] },
    { a: ['120000', '../../etc/passwd'], b: ['120000', 'new'] },
  ],
  'a file that becomes a folder and a folder that becomes a file': [
    { a: regular('x\n'), 'b/c': regular('x\n') },
    { 'a/b': regular('x\n'), b: regular('y\n') },
  ],
  'odd names': [
    {},
    Object.fromEntries(
      [
        'a b',
        ' lead',
        'trail ',
        'tab\there',
        'new\nline',
        'quo"te',
        'back\\slash',
        "'",
        'b/ b/ b',
        'a/x b/x',
        '\xc3\xbc',
        '\xff\xfe',
        'sp \xc3\xbc "q"',
        '\x01\x7f',
        '-dash',
        'dev/null',
        '{=>}',
      ].map((name) => [name, regular('x\n')]),
    ),
  ],
  'odd names changed': [
    { 'a b': regular('1\n'), 'sp \xff': regular(binary(1, 99)), 'a b/b a': regular('1') },
    { 'a b': regular('2\n'), 'sp \xff': regular(binary(2, 99)), 'a b/b a': ['100755', '1'] },
  ],
};

beforeAll(() => {
  git(['init', '-q', '--bare', '.']);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('parsePatch agrees with git on', () => {
  it.each(Object.entries(cases))('%s', (_, [before, after]) => {
    const [a, b] = [treeOf(before), treeOf(after)];
    const commit = (tree: string, ...parents: string[]) =>
      text(['commit-tree', tree, '-m', 'Change it\n\n--- not a label\n', ...parents]);
    const base = commit(a);
    const top = commit(b, '-p', base);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      expectAgreement(from, to, diff(from, to));
      expectAgreement(from, to, git(['-c', 'core.quotePath=false', 'diff', ...diffArgs, from, to]));
      expectAgreement(
        from,
        to,
        git(['-c', 'diff.suppressBlankEmpty=true', 'diff', ...diffArgs, '-U1', from, to]),
      );
    }
    const mail = git(['format-patch', '--stdout', '-1', ...diffArgs, top]);
    expectAgreement(a, b, mail);
    expectAgreement(a, b, git(['format-patch', '--stdout', '-1', `--base=${base}`, ...diffArgs, top]));
    // The span alone is what is applied, and leads to the same tree.
    const { span } = accepted(parsePatch(mail));
    git(['read-tree', a]);
    git(['apply', '--cached', '--binary', '-'], mail.subarray(span.start, span.end));
    expect(text(['write-tree'])).toBe(b);
  });

  it('what git apply would read of damaged patches: the same paths, or a refusal', () => {
    const [before, after] = [
      { 'a b': regular(lines(30)), x: regular('1\n'), bin: regular(binary(1, 200)), m: regular('m\n') },
      {
        'a b': regular(lines(30, 12)),
        y: regular('1\n'),
        bin: regular(binary(5, 300)),
        m: ['100755', 'm\n'] as const,
      },
    ];
    const [a, b] = [treeOf(before), treeOf(after)];
    const patch = git([
      'format-patch',
      '--stdout',
      '-1',
      ...diffArgs,
      text(['commit-tree', b, '-m', 'x', '-p', text(['commit-tree', a, '-m', 'x'])]),
    ]);
    const start = patch.indexOf('diff --git');
    let read = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: start, max: patch.length - 1 }),
        fc.constantFrom('flip', 'cut', 'drop', 'double', 'newline'),
        fc.constantFrom(...Buffer.from('\0\n\r\t "+-/0a\\@').values()),
        (at, how, byte) => {
          const [head, tail] = [patch.subarray(0, at), patch.subarray(at)];
          const line = tail.subarray(0, tail.indexOf(10) + 1);
          const damaged = {
            flip: [head, Buffer.of(byte), tail.subarray(1)],
            cut: [head],
            drop: [head, tail.subarray(line.length)],
            double: [head, line, tail],
            newline: [head, Buffer.from('\n'), tail],
          }[how] as Buffer[];
          const parsed = parsePatch(Buffer.concat(damaged));
          if (!parsed.ok) return;
          const span = Buffer.concat(damaged).subarray(parsed.span.start, parsed.span.end);
          let numstat: string;
          try {
            numstat = git(['apply', '--numstat', '-z', '-'], span).toString('latin1');
          } catch {
            return;
          }
          read += 1;
          const paths = numstat
            .split('\0')
            .filter(Boolean)
            .map((row) => row.split('\t').slice(2).join('\t'));
          expect(parsed.files.map(({ path }) => path)).toEqual(paths);
        },
      ),
      { numRuns: 400, seed: 7 },
    );
    expect(read).toBeGreaterThan(5);
  });
});
