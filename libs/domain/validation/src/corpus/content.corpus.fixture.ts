import { add, blobId, remove, zeros, type Attack } from './attack.fixture.js';
import { file, lines, type Corpus } from './corpus.fixture.js';
import { honest } from './text.corpus.fixture.js';

const readme = lines(10);
const edited = lines(10, 4);
const ids = `${blobId(readme)}..${blobId(edited)}`;
const other = (corpus: Corpus): Buffer => {
  const before = corpus.changed({ 'README.md': file('another\n') });
  return corpus.diff(before, corpus.changed({ 'README.md': file('another!\n') }));
};

/** Names, ids and content that contradict one another or the base. */
export const contentAttacks: readonly Attack[] = [
  { name: 'one file twice', patch: () => honest + honest, ends: 'patch.duplicate_path' },
  {
    name: 'one file deleted and made again',
    patch: () => remove('README.md', readme) + add('README.md', edited),
    ends: 'patch.duplicate_path',
  },
  {
    name: 'one file made and deleted',
    patch: () => add('n') + remove('n', 'x\n'),
    ends: 'patch.duplicate_path',
  },
  {
    name: 'another name in +++',
    patch: () => honest.replace('+++ b/README.md', '+++ b/run'),
    ends: 'patch.name_mismatch',
  },
  {
    name: 'another name in ---',
    patch: () => honest.replace('--- a/README.md', '--- a/run'),
    ends: 'patch.name_mismatch',
  },
  {
    name: 'two names in the header',
    patch: () => honest.replace('b/README.md\nindex', 'b/other.md\nindex'),
    ends: 'patch.name_mismatch',
  },
  {
    name: '/dev/null where a file was',
    patch: () => honest.replace('--- a/README.md', '--- /dev/null'),
    ends: 'patch.name_mismatch',
  },
  { name: 'no +++ line', patch: () => honest.replace('+++ b/README.md\n', ''), ends: 'patch.header' },
  {
    name: 'a date behind a name',
    patch: () => honest.replace('--- a/README.md', '--- a/README.md\t2020-01-01'),
    ends: 'patch.name_mismatch',
  },
  {
    name: 'no prefixes',
    patch: () => honest.replaceAll('a/README', 'README').replaceAll('b/README', 'README'),
    ends: 'patch.name',
  },
  {
    name: 'prefixes the other way round',
    patch: () => honest.replaceAll(/([ab])\/README/g, (_, side) => `${side === 'a' ? 'b' : 'a'}/README`),
    ends: 'patch.name',
  },
  {
    name: 'one more segment to strip',
    patch: () => honest.replaceAll('a/README', 'a/b/../README').replaceAll('b/README', 'b/b/../README'),
    ends: ['patch.name', 'patch.name_mismatch'],
  },
  {
    name: 'a letter written in octal',
    patch: () => honest.replaceAll(/([ab])\/README\.md/g, '"$1/\\122EADME.md"'),
    ends: 'patch.name',
  },
  {
    name: 'needless quotes',
    patch: () => honest.replaceAll(/([ab]\/README\.md)/g, '"$1"'),
    ends: 'patch.name',
  },
  {
    name: 'an octal number too large',
    patch: () => honest.replaceAll(/([ab])\/README\.md/g, '"$1/\\522EADME.md"'),
    ends: 'patch.name',
  },
  {
    name: 'a NUL in octal',
    patch: () => add('x').replaceAll(/([ab])\/x/g, '"$1/x\\000"'),
    ends: 'patch.name',
  },
  {
    name: 'an open quote',
    patch: () => honest.replace('a/README.md b', '"a/README.md b'),
    ends: 'patch.name',
  },
  {
    name: 'a NUL in a header',
    patch: () => honest.replace('a/README.md b', 'a/READ\0ME.md b'),
    ends: 'patch.header_bytes',
  },
  {
    name: 'a header line of a mebibyte',
    patch: () => `diff --git a/${'x'.repeat(1 << 20)} b/x\n`,
    ends: 'patch.header',
  },
  {
    name: 'short ids',
    patch: () => honest.replace(ids, ids.replaceAll(/(\w{7})\w+/g, '$1')),
    ends: 'patch.index',
  },
  { name: 'ids in capitals', patch: () => honest.replace(ids, ids.toUpperCase()), ends: 'patch.index' },
  {
    name: 'ids of two lengths',
    patch: () => honest.replace(ids, `${ids}${'0'.repeat(24)}`),
    ends: 'patch.index',
  },
  {
    name: 'ids of SHA-256',
    patch: () => honest.replace(ids, `${'1'.repeat(64)}..${'2'.repeat(64)}`),
    ends: ['patch.index', 'patch.blob_mismatch', 'patch.abbreviated'],
  },
  { name: 'no ids', patch: () => honest.replace(/^index .*\n/m, ''), ends: 'patch.index' },
  {
    name: 'another old id',
    patch: () => honest.replace(blobId(readme), blobId('else')),
    ends: 'patch.blob_mismatch',
  },
  {
    name: 'another new id',
    patch: () => honest.replace(blobId(edited), blobId('else')),
    ends: 'patch.blob_mismatch',
  },
  {
    name: 'ids the wrong way round',
    patch: () => honest.replace(ids, `${blobId(edited)}..${blobId(readme)}`),
    ends: 'patch.blob_mismatch',
  },
  { name: 'an old id of zeros', patch: () => honest.replace(blobId(readme), zeros), ends: 'patch.index' },
  { name: 'a new id of zeros', patch: () => honest.replace(blobId(edited), zeros), ends: 'patch.index' },
  {
    name: 'the same id twice',
    patch: () => honest.replace(blobId(edited), blobId(readme)),
    ends: 'patch.index',
  },
  { name: 'another base', patch: other, ends: 'patch.blob_mismatch' },
  {
    name: 'content that the base does not have',
    patch: () => honest.replace('-line 4', '-line four'),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'context that the base does not have',
    patch: () => honest.replace(' line 5', ' line five'),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'content other than its id',
    patch: () => honest.replace('+changed 4', '+changed 5'),
    ends: 'patch.blob_mismatch',
  },
  {
    name: 'a file that is there already',
    patch: () => add('README.md', edited),
    ends: 'patch.does_not_apply',
  },
  { name: 'a deletion of nothing', patch: () => remove('nothing', 'x\n'), ends: 'patch.does_not_apply' },
  {
    name: 'a deletion of half a file',
    patch: () => remove('README.md', 'line 0\n').replace(blobId('line 0\n'), blobId(readme)),
    ends: 'patch.does_not_apply',
  },
  {
    name: 'a mode change of nothing',
    patch: () => 'diff --git a/no b/no\nold mode 100644\nnew mode 100755\n',
    ends: 'patch.does_not_apply',
  },
  {
    name: 'a rename',
    patch: (c) =>
      c.plain(
        'diff',
        '--binary',
        '--full-index',
        '-M',
        c.base,
        c.changed({ 'README.md': null, 'R.md': file(readme) }),
      ),
    ends: 'patch.rename',
  },
  {
    name: 'a copy',
    patch: () => 'diff --git a/run b/run2\nsimilarity index 100%\ncopy from run\ncopy to run2\n',
    ends: 'patch.rename',
  },
  {
    name: 'a rename inside one name',
    patch: () => honest.replace('index', 'rename from README.md\nrename to run\nindex'),
    ends: 'patch.rename',
  },
  {
    name: 'a rewrite',
    patch: () => honest.replace('index', 'dissimilarity index 90%\nindex'),
    ends: 'patch.rename',
  },
  {
    name: 'no mark where no newline ends the file',
    patch: () => add('n', 'x').replace(/^\\.*\n/m, ''),
    ends: 'patch.blob_mismatch',
  },
  {
    name: 'that mark twice',
    patch: () => add('n', 'x').replace(/(\\.*\n)/, '$1$1'),
    ends: ['patch.hunk', 'patch.trailing'],
  },
  {
    name: 'that mark in another language',
    patch: () => add('n', 'x').replace('\\ No newline at end of file', '\\ Kein Zeilenumbruch am Dateiende.'),
    ends: 'patch.hunk',
  },
  {
    name: 'that mark in the middle',
    patch: () => add('n', 'x\ny\n').replace('+x\n', '+x\n\\ No newline at end of file\n'),
    ends: 'patch.hunk',
  },
  {
    name: 'no newline taken away and given',
    patch: (c) => c.diff(c.base, c.changed({ noeol: file('x\n'), 'README.md': file(readme.trimEnd()) })),
    ends: 'tree',
  },
  {
    name: 'carriage returns in content',
    patch: (c) => c.diff(c.base, c.changed({ crlf: file('a\r\nc\r\nd\re\n') })),
    ends: 'tree',
  },
  {
    name: 'carriage returns taken from content',
    patch: (c) =>
      c
        .diff(c.base, c.changed({ crlf: file('a\r\nc\r\n') }))
        .toString()
        .replaceAll('\r', ''),
    ends: ['patch.does_not_apply', 'patch.blob_mismatch'],
  },
  {
    name: 'an empty file made and one deleted',
    patch: (c) => c.diff(c.base, c.changed({ empty: null, empty2: file('') })),
    ends: 'tree',
  },
  {
    name: 'a full file that says it is empty',
    patch: () => add('n', '').replace(blobId(''), blobId('x\n')),
    ends: ['patch.truncated', 'patch.header'],
  },
  {
    name: 'a diff in the content',
    patch: (c) => c.diff(c.base, c.changed({ 'README.md': file(`${readme}${honest}-- \n2.39.5\n\n`) })),
    ends: 'tree',
  },
];
