import { foldPath, globSet, type RawPath } from '@gatehouse/policy';
import { agentFileGlobs } from './agent.files.js';

/**
 * What a file is for, told by its path: the same character hides a payload in code and is an honest letter in a
 * translation. `agent`: read by agents as instructions, whatever else it is. What no list names is code.
 */
export type ContentKind = 'agent' | 'code' | 'prose' | 'locale' | 'fixture';

const agentFiles = globSet([
  ...agentFileGlobs,
  ...['skill.md', 'llms.txt', 'llms-full.txt'].map((name) => `**/${name}`),
  ...['instructions', 'prompts', 'chatmodes', 'agents'].map((name) => `.github/${name}/**`),
]);

const locales = globSet([
  ...['locales', 'locale', 'i18n', 'l10n', 'lang', 'langs', 'translations'].map((name) => `**/${name}/**`),
  ...['messages*', 'strings', 'translation*'].flatMap((name) =>
    ['json', 'yml', 'yaml', 'properties', 'xml'].map((ending) => `**/${name}.${ending}`),
  ),
  ...['po', 'pot', 'xlf', 'xliff', 'arb', 'strings', 'resx'].map((ending) => `**/*.${ending}`),
]);

const fixtures = globSet([
  ...['test', 'tests', '__tests__', '__snapshots__', '__fixtures__', 'fixtures', 'fixture', 'testdata'].map(
    (name) => `**/${name}/**`,
  ),
  ...['*.spec.*', '*.test.*', '*_test.*', 'test_*', '*.fixture.*', '*.snap'].map((name) => `**/${name}`),
]);

const prose = globSet([
  ...['md', 'mdx', 'markdown', 'txt', 'rst', 'adoc', 'asciidoc', 'tex', 'srt', 'vtt'].map(
    (ending) => `**/*.${ending}`,
  ),
  ...[
    'readme',
    'license',
    'licence',
    'copying',
    'notice',
    'authors',
    'contributors',
    'changelog',
    'news',
  ].map((name) => `**/${name}`),
]);

/** Agent files first: an AGENTS.md among the fixtures is read by an agent that works there. */
export const kindOfContent = (path: RawPath): ContentKind => {
  const folded = foldPath(path);
  if (agentFiles.match(folded) !== null) return 'agent';
  if (locales.match(folded) !== null) return 'locale';
  if (fixtures.match(folded) !== null) return 'fixture';
  return prose.match(folded) === null ? 'code' : 'prose';
};
