import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAttributes } from './git.attributes.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-attributes-'));
const git = (...args: string[]): string =>
  execFileSync('git', args, {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    stdio: ['pipe', 'pipe', 'ignore'],
  }).toString();
git('init', '-q');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What git makes of the file for a path that each pattern below matches; macros as their own name. */
const byGit = (content: string): string[] => {
  writeFileSync(join(dir, '.gitattributes'), content);
  return git('check-attr', '-a', 'x')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^x: /, '').trimEnd())
    .sort();
};

const said = (value: boolean | string | null): string =>
  value === true ? 'set' : value === false ? 'unset' : String(value);

const byUs = (content: string): string[] => {
  const found = new Map<string, boolean | string | null>();
  for (const { macro, pattern, settings } of readAttributes(content).lines)
    if (!macro && ['*', 'x'].includes(pattern))
      for (const { name, value } of settings) found.set(name, value);
  return [...found]
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${said(value)}`.trimEnd())
    .sort();
};

describe('readAttributes reads what git reads', () => {
  it.each([
    '* foo\n',
    '* -foo\n',
    '* foo\n* !foo\n',
    '* foo=bar\n',
    '* foo=\n',
    '* -foo=bar\n',
    '* !foo=bar\n',
    '  \t* foo bar\n',
    '* foo\tbar\r\n',
    '*\tfoo',
    '"*" foo\n',
    '"\\052" foo\n',
    '"x"foo\n',
    '"*\\q" foo\n',
    '"* foo\n',
    '\\* foo\n',
    '# * foo\n',
    '* # foo\n',
    '* foo #bar\n',
    '!* foo\n',
    '* foo b@d\n',
    '* --foo\n',
    '* =foo\n',
    '* -\n',
    '* fo.o_1-x\n',
    '\ufeff* foo\n',
    '* a\n\ufeff* b\n',
    `* ${'a'.repeat(2045)}\n`,
    `* ${'a'.repeat(2046)}\n`,
    `${' '.repeat(2046)}* a\n`,
    '[attr]m diff\nx foo\n',
    '[attr] foo\n* bar\n',
    '* [attr]foo\n',
    '* a=b=c\n',
    '* builtin_x\n* y\n',
    '* foo\u00a0bar\n',
    '* a\vb\n',
  ])('%j', (content) => {
    expect(byUs(content)).toEqual(byGit(content));
  });

  it('knows macros', () => {
    expect(readAttributes('[attr]m -diff\n"[attr]n o" foo\n[attr]-x foo\n').lines).toEqual([
      { line: 1, pattern: 'm', macro: true, settings: [{ name: 'diff', value: false }] },
      { line: 2, pattern: 'n', macro: true, settings: [{ name: 'foo', value: true }] },
    ]);
    expect(byGit('"[attr]n o" foo\n* n\n')).toEqual(['foo: set', 'n: set']);
  });
});
