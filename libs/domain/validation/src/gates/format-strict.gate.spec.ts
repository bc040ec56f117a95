import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts } from '../facts.sample.js';
import { parsePatch } from '../patch/patch.parser.js';
import { formatStrict } from './format-strict.gate.js';

const check = (text: string) =>
  inShort(formatStrict.check({ ...sampleFacts(), patch: parsePatch(Buffer.from(text, 'utf8')) }));
const zero = '0'.repeat(40);
const adds = (path: string) =>
  `diff --git a/${path} b/${path}\nnew file mode 100644\nindex ${zero}..e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n`;

describe('format-strict', () => {
  it.each(['', adds('README.md'), adds('.gitkeep'), adds('docs/git.md'), adds('.github/x'), adds('a.git/x')])(
    'passes %j',
    (text) => expect(check(text)).toBe('pass'),
  );

  it.each([
    ['patch.not_a_patch', 'hello\n'],
    ['patch.truncated', adds('a').slice(0, -1)],
    ['patch.duplicate_path', adds('a') + adds('a')],
    ['name.dot_git .git/hooks/pre-commit', adds('.git/hooks/pre-commit')],
    ['name.dot_git sub/.GIT/config', adds('sub/.GIT/config')],
    ['name.dot_git ".g\\342\\200\\214it/config"', adds('.g\u200cit/config')],
    ['name.dot_git git~1/config', adds('git~1/config')],
  ])('blocks with %s', (found, text) => expect(check(text)).toBe(`fail; ${found}`));
});
