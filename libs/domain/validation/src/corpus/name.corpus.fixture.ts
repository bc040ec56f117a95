import { add, remove, type Attack } from './attack.fixture.js';

const named = (ends: string | readonly string[], ...names: string[]): Attack[] =>
  names.map((name) => ({ name: `a file ${JSON.stringify(name)}`, patch: () => add(name), ends }));

/** All in one patch: the reason must be given for each. */
const crowd = (ends: string, ...names: string[]): Attack => ({
  name: `${ends} for ${names.length} names`,
  patch: () => names.map((name) => add(name)).join(''),
  ends,
  count: names.length,
});

/** Code points that HFS+ leaves out of a name, as UTF-8 in latin1. */
const ignored = [
  '\u200c',
  '\u200d',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202e',
  '\u206a',
  '\u206f',
  '\ufeff',
].map((c) => Buffer.from(c).toString('latin1'));

/** Names: what git, a file system or a terminal would take for something else. */
export const nameAttacks: readonly Attack[] = [
  ...named('name.dot_git', '.git', 'dir/Git~1'),
  crowd(
    'name.dot_git',
    '.git/config',
    '.GIT/config',
    '.Git/HEAD',
    'dir/.git/hooks/post-checkout',
    'git~1/config',
    'GIT~1/config',
    '.git./config',
    '.git /config',
    '.git. . /config',
    '.git::$INDEX_ALLOCATION/config',
    '.git:stream',
    '.git\\config',
    'git~1\\config',
    'git~1 ./config',
    ...ignored.map((c) => `.g${c}it/config`),
    `${ignored[8]}.git/config`,
    `.git${ignored[0]}/config`,
  ),
  crowd(
    'name.git_file',
    '.GITMODULES',
    '.gitmodules ',
    '.gitmodules::$DATA',
    'gitmod~1',
    'GITMOD~4',
    'gi7eba~1',
    '.GitAttributes',
    'gitatt~1',
    '.gitignore.',
    'dir/.MAILMAP',
  ),
  ...named(
    'patch.name',
    '../x',
    'dir/../x',
    '../../etc/cron.d/x',
    './x',
    'dir/./x',
    'dir//x',
    'dir/',
    '/etc/passwd',
    '..',
    'a\0b',
  ),
  ...named(['name.backslash', 'patch.illegal_path'], 'dir\\.git\\config'),
  ...named('name.backslash', '..\\x', 'a\\b'),
  crowd('name.colon', 'C:/x', 'file:stream'),
  crowd('name.trailing', 'x.', 'x ', 'd./x', 'd /x'),
  crowd('name.device', 'con', 'CON.txt', 'aux.c', 'dir/nul', 'com1', 'lpt9.log', 'conin$', 'com\xc2\xb9'),
  crowd('name.control', 'a\x01b', 'a\nb', 'a\tb', 'a\rb', 'a\x1b[2Jb', 'a\x7fb', 'a\xc2\x85b', 'a\xc2\x9bb'),
  crowd('name.bidi', 'a\xe2\x80\xaeb', 'a\xe2\x81\xa6b'),
  crowd('name.option', '-rf', '--upload-pack=x/y'),
  crowd('name.too_long', 'n'.repeat(256)),
  ...named(['name.path_too_long', 'patch.name'], Array.from({ length: 400 }, () => 'segment10!').join('/')),
  ...named('name.case_twin', 'readme.md', 'MAKEFILE', 'DIR/y', 'Dir', `R${ignored[1]}EADME.md`),
  ...named('name.unicode_twin', 'cafe\xcc\x81.txt'),
  { name: 'twins of one patch', patch: () => add('New.txt') + add('new.txt'), ends: 'name.case_twin' },
  {
    name: 'twins in another letter case of another language',
    patch: () => add('\xc3\xa4') + add('\xc3\x84'),
    ends: 'name.case_twin',
  },
  {
    name: 'Unicode twins of one patch',
    patch: () => add('n\xc3\xa9') + add('ne\xcc\x81'),
    ends: 'name.unicode_twin',
  },
  { name: 'folders that differ in case', patch: () => add('New/x') + add('new/x'), ends: 'name.case_twin' },
  { name: 'another case instead', patch: () => remove('Makefile', 'all:\n') + add('makefile'), ends: 'tree' },
  {
    name: 'names that are odd and no more',
    patch: () =>
      add('a b') +
      add('\xff') +
      add('it\'s "so"'.replaceAll('"', '')) +
      add('.gitkeep') +
      add('.github~1') +
      add('git') +
      add('...x'),
    ends: 'tree',
  },
  { name: 'a file where a folder is', patch: () => add('dir'), ends: 'patch.path_conflict' },
  { name: 'a file below a file', patch: () => add('README.md/x'), ends: 'patch.path_conflict' },
  { name: 'a file and one below it', patch: () => add('n') + add('n/x'), ends: 'patch.path_conflict' },
  {
    name: 'a folder that gives way to a file',
    patch: () => remove('dir/x', 'x\n') + add('dir'),
    ends: 'tree',
  },
  {
    name: 'a file that gives way to a folder',
    patch: () => remove('Makefile', 'all:\n') + add('Makefile/x'),
    ends: 'tree',
  },
  {
    name: 'a bare repository',
    patch: () =>
      add('r/HEAD', 'ref: refs/heads/x\n') + add('r/config') + add('r/objects/x') + add('r/refs/x'),
    ends: 'path.embedded_repository',
  },
  {
    name: 'the top as a bare repository',
    patch: () => add('HEAD', 'ref: refs/heads/x\n') + add('config') + add('objects/x') + add('refs/x'),
    ends: 'path.embedded_repository',
  },
  ...['.env', 'node_modules/x', 'logs/x', '.gatehouse/x', 'a/.ENV', 'Node_Modules/x'].map((name) => ({
    name: `a leftover ${name}`,
    patch: () => add(name),
    ends: 'path.runtime_artifact',
  })),
  ...['.github/workflows/x.yml', '.GitHub/Workflows/x.yml', 'Jenkinsfile', 'jenkinsfile'].map((name) => ({
    name: `a workflow ${name}`,
    patch: () => add(name),
    ends: 'path.forbidden',
    rules: {},
  })),
  {
    name: 'a path outside what is allowed',
    patch: () => add('src/x') + add('docs/x'),
    ends: 'path.not_allowed',
    rules: { allowedPaths: ['docs/**'] },
  },
  {
    name: 'anything where nothing is allowed',
    patch: () => add('x'),
    ends: 'path.not_allowed',
    rules: { allowedPaths: [] },
  },
];
