import { describe, expect, it } from '@jest/globals';
import { rawPathOfText } from '@gatehouse/policy';
import { kindOfContent, type ContentKind } from './content.kind.js';

describe('kindOfContent', () => {
  it.each<[ContentKind, string[]]>([
    [
      'agent',
      [
        'AGENTS.md',
        'pkg/Claude.md',
        '.claude/commands/x.md',
        'tests/AGENTS.md',
        '.github/prompts/a.prompt.md',
        '.junie/guidelines.md',
        'skills/a/SKILL.md',
      ],
    ],
    ['locale', ['src/locales/fa.json', 'po/de.po', 'app/i18n/he.ts']],
    ['fixture', ['src/a.spec.ts', 'test/data/x.bin', 'pkg/a_test.go', 'test_a.py', 'a/__snapshots__/b.snap']],
    ['prose', ['README.md', 'docs/a.rst', 'LICENSE', 'notes.TXT']],
    [
      'code',
      ['src/a.ts', 'Makefile', 'agents.ts', 'language/a.ts', 'contest/a.ts', 'latest_a', 'README.md.ts'],
    ],
  ])('%s', (kind, paths) => {
    expect(paths.map((path) => [path, kindOfContent(rawPathOfText(path))])).toEqual(
      paths.map((path) => [path, kind]),
    );
  });
});
