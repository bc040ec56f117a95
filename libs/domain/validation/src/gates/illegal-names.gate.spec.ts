import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts } from '../facts.sample.js';
import { illegalNames } from './illegal-names.gate.js';

const add = (path: string | Buffer, existing: (string | Buffer)[] = []) =>
  inShort(illegalNames.check(sampleFacts({ changes: [{ path }], existing })));
const edit = (path: string | Buffer) =>
  inShort(illegalNames.check(sampleFacts({ changes: [{ path, oldMode: '100644' }] })));

describe('illegal-names blocks', () => {
  it.each([
    '.git/config',
    'sub/.git',
    '.GIT/config',
    '.Git/hooks/pre-commit',
    'git~1/config',
    'GIT~1/config',
    '.git./config',
    '.git /config',
    '.git . . /config',
    '.git::$INDEX_ALLOCATION/config',
    '.git:x',
    '.git\\config',
    'git~1::$INDEX_ALLOCATION',
    '.g\u200cit/config',
    '.git\u200f/config',
    '\ufeff.git/config',
    '.gi\u206at',
    '.\u202eGIT/config',
  ])('%j as .git, new or not', (path) => {
    expect(add(path)).toMatch(/^fail;.* name\.dot_git /);
    expect(edit(path)).toMatch(/^fail;.* name\.dot_git /);
  });

  it.each(['.GITMODULES', '.gitmodules.', 'gitmod~1', 'GI7EBA~1', '.git\u200cattributes', '.gitIGNORE '])(
    '%j as a second spelling of a file that steers git',
    (path) => expect(add(path)).toMatch(/^fail;.* name\.git_file /),
  );

  it.each([
    ['a\nb', 'name.control "a\\nb"'],
    ['a\u0085b', 'name.control "a\\302\\205b"'],
    ['a\x7f', 'name.control "a\\177"'],
    ['a\\b', 'name.backslash "a\\\\b"'],
    ['a:b', 'name.colon a:b'],
    ['docs/a. ', 'name.trailing docs/a. '],
    ['docs./a', 'name.trailing docs.'],
    ['con', 'name.device con'],
    ['src/con.ts', 'name.device src/con.ts'],
    ['AUX.c', 'name.device AUX.c'],
    ['nul/a', 'name.device nul'],
    ['com1.txt', 'name.device com1.txt'],
    ['com\u00b9', 'name.device com\u00b9'],
    ['lpt9 .md', 'name.device lpt9 .md'],
    ['CONOUT$', 'name.device CONOUT$'],
    ['x'.repeat(256), `name.too_long ${'x'.repeat(256)}`],
    ['ü'.repeat(128), `name.too_long ${'ü'.repeat(128)}`],
  ])('%j as a new name', (path, found) => {
    expect(add(path)).toBe(`fail; ${found}`);
    expect(edit(path)).toBe('pass');
  });

  it('a path that begins as an option does', () => {
    expect(add('-rf')).toBe('fail; name.option -rf; name.leading_dash -rf');
    expect(add('--exec=x/y')).toMatch(/^fail; name\.option --exec=x\/y/);
  });

  it('a path that is too long as a whole', () => {
    const path = Array.from({ length: 30 }, () => 'x'.repeat(200)).join('/');
    expect(add(path)).toBe(`fail; name.path_too_long ${path}`);
  });

  it.each([
    ['readme.md', 'README.md', 'name.case_twin readme.md'],
    ['Src/b.ts', 'src/a.ts', 'name.case_twin Src'],
    ['src', 'SRC/a.ts', 'name.case_twin src'],
    ['a\u200cb', 'ab', 'name.case_twin "a\\342\\200\\214b"'],
    ['u\u0308.md', '\u00fc.md', 'name.unicode_twin u\u0308.md'],
    ['\u212b', '\u00c5', 'name.unicode_twin \u212b'],
    ['U\u0308.md', '\u00fc.md', 'name.case_twin U\u0308.md'],
  ])('%j beside %j as its twin', (path, existing, found) => {
    expect(add(path, [existing])).toBe(`fail; ${found}`);
  });

  it('two new twins, each by name', () => {
    const changes = [{ path: 'a/X' }, { path: 'a/x' }];
    expect(inShort(illegalNames.check(sampleFacts({ changes })))).toBe(
      'fail; name.case_twin a/X; name.case_twin a/x',
    );
  });

  it('a bad folder once, however many files are in it', () => {
    const changes = ['a:b/1', 'a:b/2', 'a:b/c/3'].map((path) => ({ path }));
    expect(inShort(illegalNames.check(sampleFacts({ changes })))).toBe('fail; name.colon a:b');
  });
});

describe('illegal-names lets pass', () => {
  it.each([
    'git.md',
    'git',
    '.github/ISSUE_TEMPLATE/bug.md',
    'docs/.gitkeep',
    '.gitignore',
    'sub/.gitattributes',
    '.gitmodules',
    'a.git/x',
    '.gitx',
    '..gitx',
    '.g it',
    'git~10',
    'console.ts',
    'icon.ts',
    'contents/aux-data.c',
    'com10.txt',
    'nullable.ts',
    '.a',
    '...a',
    'a..b',
    'ü/ö.md',
    '漢字.md',
    '😀.md',
    'a b/c d',
    "it's.md",
    '[id]/page.tsx',
    'x'.repeat(255),
  ])('%s', (path) => expect(add(path)).toBe('pass'));

  it('a new file in a folder whose name it would not let in anew', () => {
    expect(add('a:b/new', ['a:b/old'])).toBe('pass');
    expect(add('Src/new', ['src/old', 'Src/old'])).toBe('pass');
    expect(add(Buffer.from('\xfc/new', 'latin1'), [Buffer.from('\xfc/old', 'latin1')])).toBe('pass');
  });

  it('the removal of any name', () => {
    const changes = ['.GIT/config', 'a\nb', 'con'].map((path) => ({
      path,
      oldMode: '100644',
      newMode: '000000',
    }));
    expect(inShort(illegalNames.check(sampleFacts({ changes })))).toBe('pass');
  });

  it('names that are no UTF-8, with a warning where they are new', () => {
    const name = Buffer.from('caf\xe9', 'latin1');
    expect(add(name)).toBe('pass; name.not_utf8 "caf\\351"');
    expect(edit(name)).toBe('pass');
    expect(add(Buffer.from('CAF\xe9', 'latin1'), [name])).toMatch(/^fail; name\.case_twin /);
  });

  it('names that are only awkward, with a warning', () => {
    expect(add('routes/-components/a.tsx')).toBe('pass; name.leading_dash routes/-components');
    expect(add('what?.md')).toBe('pass; name.not_portable what?.md');
  });
});
