import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { gitAttributes } from './git-attributes.gate.js';

const check = (text: string | Buffer, oldText?: string, path = '.gitattributes') => {
  const change: SampleChange = {
    path,
    text,
    ...(oldText === undefined ? {} : { oldMode: '100644', oldText }),
  };
  return gitAttributes.check(sampleFacts({ changes: [change] }));
};
const codes = (...args: Parameters<typeof check>) =>
  check(...args).findings.map(({ code, startLine }) => `${code}:${startLine}`);

describe('git-attributes', () => {
  it.each([
    ['*.ts -diff', 'attributes.diff:1'],
    ['src/** binary', 'attributes.binary:1'],
    ['* filter=lfs', 'attributes.filter:1'],
    ['* filter', 'attributes.filter:1'],
    ['* merge=ours', 'attributes.merge:1'],
    ['* -merge', 'attributes.merge:1'],
    ['*.js working-tree-encoding=UTF-16', 'attributes.working_tree_encoding:1'],
    ['* text eol=crlf', 'attributes.eol:1'],
    ['* crlf=input', 'attributes.crlf:1'],
    ['* ident', 'attributes.ident:1'],
    ['docs export-ignore', 'attributes.export_ignore:1'],
    ['x export-subst', 'attributes.export_subst:1'],
    ['src/** linguist-generated', 'attributes.linguist_generated:1'],
    ['src/** linguist-vendored=true', 'attributes.linguist_vendored:1'],
    ['"src/\\052" -diff', 'attributes.diff:1'],
    ['# quiet\n\n  *.ts\ttext\t-diff\r\n', 'attributes.diff:3'],
    ['* -diff=x', 'attributes.diff:1'],
    ['\ufeff* -diff', 'attributes.diff:1'],
    ['[attr]quiet -diff', 'attributes.diff:1'],
    ['* quiet', 'attributes.unknown:1'],
  ])('asks about %j', (text, code) => {
    expect(codes(text)).toEqual([code]);
    expect(check(text).answer).toBe('pass');
  });

  it.each([
    '* text=auto',
    '*.sh text',
    '* -text',
    '*.py diff=python',
    '* !diff',
    '* -filter !merge -ident',
    '*.ts -linguist-generated',
    '*.ts linguist-generated=false',
    '*.md linguist-documentation',
    '*.h linguist-language=C++',
    '*.psd lockable',
    '# * -diff',
    '!* -diff',
    '* -diff b@d',
    `* -diff ${'a'.repeat(3000)}`,
    '',
  ])('lets %.40j pass', (text) => expect(codes(text)).toEqual([]));

  it('asks about what the change adds alone', () => {
    expect(codes('# a\n*.bin binary\n*.ts -diff\n', '*.bin binary\n')).toEqual(['attributes.diff:3']);
    expect(codes('*.ts  -diff text\n', '*.ts text -diff\n')).toEqual([]);
    expect(codes('*.bin binary\n', '*.bin binary\n*.ts -diff\n')).toEqual([]);
  });

  it('sees through macros, old and changed ones', () => {
    expect(codes('[attr]q -diff\n*.ts q\n', '[attr]q -diff\n')).toEqual(['attributes.diff:2']);
    expect(codes('[attr]q r\n[attr]r -diff\n*.ts q\n', '*.ts q\n')).toEqual([
      'attributes.diff:1',
      'attributes.diff:2',
      'attributes.diff:3',
    ]);
    expect(codes('[attr]a b\n[attr]b a\n* a\n')).toEqual([]);
  });

  it('knows the file in any folder and spelling, and no other', () => {
    expect(codes('* -diff', undefined, 'a/b/.gitattributes')).toHaveLength(1);
    expect(codes('* -diff', undefined, '.GitAttributes')).toHaveLength(1);
    expect(codes('* -diff', undefined, '.git\u200cattributes. ')).toHaveLength(1);
    expect(codes('* -diff', undefined, 'gitattributes')).toEqual([]);
    expect(codes('* -diff', undefined, 'docs/.gitattributes.md')).toEqual([]);
  });

  it('asks about one that cannot be read, and bears a hostile one', () => {
    expect(inShort(check(Buffer.from('* -diff\0')))).toBe('pass; attributes.unreadable .gitattributes');
    const hostile = `${'[attr]x y\n'.repeat(50_000)}${'* x\n'.repeat(50_000)}`;
    expect(codes(hostile, hostile.replaceAll('y', 'z'))).not.toEqual([]);
  });
});
