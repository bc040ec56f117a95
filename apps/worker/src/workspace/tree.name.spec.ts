import { describe, expect, it } from '@jest/globals';
import { foldersAbove, pathBytes, pathKey, pathText, refusedName } from './tree.name.js';

describe('tree names', () => {
  it.each([
    '.git',
    '.git/config',
    'a/.git/hooks/x',
    '.GIT',
    'a/.Git',
    'git~1',
    'GIT~1/x',
    '.git ',
    '.git...',
    '.git::$INDEX_ALLOCATION',
    'x\\.git',
    pathKey(Buffer.from('.g\u200cit')),
    pathKey(Buffer.from('\ufeff.git')),
    '..',
    '../x',
    'a/../b',
    './a',
    '/etc/passwd',
    'a//b',
    'a/',
    '',
  ])('refuses %j', (path) => expect(refusedName(path)).not.toBeNull());

  it.each([
    'a',
    '.gitignore',
    '.gitmodules',
    '.github/x',
    'a.git',
    'git~12',
    '...',
    ' ',
    'a\\b',
    'a\nb',
    '\xff\xfe',
  ])('allows %j', (path) => expect(refusedName(path)).toBeNull());

  it('holds every byte', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(pathBytes(pathKey(all)).equals(all)).toBe(true);
  });

  it('names the folders above, the outermost first', () => {
    expect(foldersAbove('a/b/c')).toEqual(['a', 'a/b']);
    expect(foldersAbove('a')).toEqual([]);
  });

  it('shows odd names without control characters', () => {
    expect(pathText('a\x1b[31m')).toBe('a\\u{1b}[31m');
    expect(pathText('\xff')).toBe('\\xff');
    expect(pathText(pathKey(Buffer.from('grüße')))).toBe('grüße');
    expect(pathText('x'.repeat(6000))).toHaveLength(998);
  });
});
