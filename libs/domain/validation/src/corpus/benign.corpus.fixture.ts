import { gzipSync } from 'node:zlib';
import { file, lines, type File, type Files } from './corpus.fixture.js';

/** What people honestly hand in and what looks like an attack at first sight. */
export interface Benign {
  readonly name: string;
  /** What changes of `benignFiles`; null takes a file away. Names and texts as people write them. */
  readonly files: Readonly<Record<string, File | string | null>>;
  /** Under the default policy: it passes, or it passes and these reasons (one of them) ask a person. */
  readonly asks?: readonly string[];
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const manifest = (version: string, more = ''): string =>
  `{\n  "name": "sample",\n  "version": "${version}",\n  "description": "A sample"${more}\n}\n`;

/** The repository that they are handed in to. */
export const benignFiles: Files = {
  'README.md': file(lines(20)),
  'package.json': file(manifest('1.0.0')),
  'src/index.ts': file('export const one = 1;\n'),
  'src/text.ts': file(lines(40)),
  'docs/guide.md': file(lines(30)),
  'test/index.test.ts': file(
    "import { one } from '../src/index.js';\n\ntest('one', () => expect(one).toBe(1));\n",
  ),
  'crlf.txt': file('a\r\nb\r\nc\r\n'),
  'mixed.txt': file('a\r\nb\nc\r\n'),
  'noeol.txt': file('no end'),
  'old.latin1': file('na\xefve\ncaf\xe9\n'),
  'bin.dat': file(Buffer.from([0, 1, 2, 3, 4, 5])),
  'tool.sh': ['100755', '#!/bin/sh\necho tool\n'],
  'plain.sh': file('#!/bin/sh\necho plain\n'),
  flat: file('flat\n'),
};

const publicKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`;
const sentence = 'The licensee shall keep this notice with every copy, in whole or in part. ';
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const uuid = (n: number): string => `3f2504e0-4f89-41d3-9a0c-0305e82c${(0x1000 + n).toString(16)}`;
const words = (n: number): string =>
  Array.from({ length: n }, (_, i) => `row ${i},value ${i * 7}\n`).join('');

/** Names that only remind of protected ones. */
const names: readonly string[] = [
  ...['git.md', 'docs/git.md', 'src/github/index.ts', 'github/workflows.md', 'docs/gitignore.md'],
  ...['src/make.ts', 'docs/Makefile.md', 'docs/dockerfile-notes.md', 'src/dockerfiles.ts'],
  ...['src/console.ts', 'src/nullable.ts', 'src/auxiliary.ts', 'docs/com10.txt', 'docs/v1..v2.md'],
  ...['docs/a-b--c.md', 'docs/über.md', 'docs/日本語.md', 'docs/привет.md', 'docs/a b.md', "docs/it's.md"],
  ...['docs/gitleaks.md', 'src/snyk.ts', 'docs/go-generate.md'],
  ...[
    'docs/node_modules.md',
    'src/distance.ts',
    'docs/environment.md',
    'src/agents/list.ts',
    'docs/codeowner.md',
  ],
  ...[
    'src/claude/client.ts',
    'docs/huskies.md',
    'src/vscode.ts',
    'docs/[draft].md',
    'docs/100%.md',
    'docs/a+b=c.md',
  ],
];

const texts: readonly (readonly [name: string, path: string, text: string])[] = [
  ['prose in Arabic', 'docs/ar.md', 'هذا النص مكتوب من اليمين إلى اليسار ولا يخفي شيئًا.\n'],
  ['prose in Hebrew', 'docs/he.md', 'הטקסט הזה נכתב מימין לשמאל.\n'],
  ['prose in Persian, with the non-joiner it needs', 'docs/fa.md', 'می‌خواهم این را بخوانم.\n'],
  ['prose in Hindi, with the joiner it needs', 'docs/hi.md', 'क्‍ष और ज्ञ\n'],
  ['a family of emoji', 'docs/family.md', 'Works for 👨‍👩‍👧‍👦 and 🏳️‍🌈.\n'],
  ['the flag of England', 'docs/flag.md', 'Played in 🏴󠁧󠁢󠁥󠁮󠁧󠁿.\n'],
  ['keycaps and hearts', 'docs/keys.md', 'Press 1️⃣ and get ❤️.\n'],
  ['a byte order mark where it belongs', 'docs/bom.md', '\ufeffBegins with a mark.\n'],
  ['French spaces', 'docs/fr.md', 'Est-ce vrai ? « Oui », dit-il.\n'],
  ['comments in Russian', 'src/ru.ts', '// Это обычный комментарий.\nexport const two = 2;\n'],
  ['an identifier in Greek alone', 'src/angle.ts', 'export const γωνία = 1;\n'],
  ['a micro sign and an ångström', 'src/units.ts', "export const units = ['µm', 'Å', 'Ω'];\n"],
  [
    'translations into many languages',
    'src/words.json',
    '{"zh":"你好","ja":"こんにちは","ko":"안녕하세요","th":"สวัสดี","ar":"مرحبا","ru":"Привет"}\n',
  ],
  ['a large legal text', 'docs/legal.txt', `${sentence.repeat(3)}\n`.repeat(900)],
  ['checksums', 'docs/sums.txt', `${'ab12'.repeat(16)}  file.tar.gz\n`.repeat(30)],
  [
    'ids of commits',
    'docs/commits.md',
    Array.from({ length: 20 }, (_, i) => `- ${`${i}f`.repeat(20).slice(0, 40)}\n`).join(''),
  ],
  [
    'many uuids',
    'src/ids.ts',
    Array.from({ length: 40 }, (_, i) => `export const id${i} = '${uuid(i)}';\n`).join(''),
  ],
  ['a public key', 'docs/key.pem', publicKey],
  [
    'an ssh public key',
    'docs/key.md',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE ada@example.org\n',
  ],
  [
    'a certificate',
    'docs/cert.pem',
    `-----BEGIN CERTIFICATE-----\n${`${png.toString('base64')}\n`.repeat(9)}-----END CERTIFICATE-----\n`,
  ],
  ['a compressed fixture', 'test/data.txt', `${gzipSync('name,age\nada,36\n').toString('base64')}\n`],
  ['an example environment', '.env.example', 'API_KEY=your-api-key-here\nPASSWORD=changeme\nDATABASE_URL=\n'],
  ['the example key of a manual', 'docs/aws.md', 'Set `AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE` first.\n'],
  [
    'the shape of a token, without one',
    'docs/token.md',
    'A token begins with `ghp_` and has 36 letters more.\n',
  ],
  ['how to install, in prose', 'docs/install.md', 'Run `npm install sample`, then `npx sample init`.\n'],
  ['a plain comment in HTML', 'docs/todo.md', '<!-- TODO: say more -->\nMore soon.\n'],
  ['paths of Windows', 'docs/windows.md', 'Files lie below `C:\\Users\\ada\\con`.\n'],
  ['a wide table', 'docs/table.md', `|${' cell |'.repeat(700)}\n`],
  ['three thousand rows', 'data/rows.csv', words(3000)],
  [
    'a migration',
    'db/001.sql',
    'CREATE TABLE people (id text PRIMARY KEY);\nINSERT INTO people VALUES (1);\n',
  ],
  [
    'an image of text',
    'docs/logo.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>\n',
  ],
  [
    'a word that only sounds like an order',
    'docs/history.md',
    'Earlier instructions are kept in the archive.\n',
  ],
  [
    'a test that returns what it waits for',
    'test/three.test.ts',
    "test.each([[1], [2]])('%i', (n) => {\n  if (n > 1) return;\n  expect(n).toBe(1);\n});\n",
  ],
  [
    'a test of Rust',
    'src/one.rs',
    '#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {\n        assert!(super::one());\n    }\n}\n',
  ],
  ['rules of a linter', 'lint/.eslintrc.json', '{ "rules": { "semi": "error" } }\n'],
  ['a width for a formatter', 'style/.prettierrc', '{ "printWidth": 100 }\n'],
  [
    'data that is downloaded',
    'tools/data.sh',
    'curl -o words.txt https://example.org/words\nsort words.txt\n',
  ],
  ['a worker of its own', 'src/start.ts', "new Worker(new URL('./worker.js', import.meta.url));\n"],
  ['another test', 'test/two.test.ts', "test('two', () => expect(1 + 1).toBe(2));\n"],
  [
    'a data: image in a style',
    'src/style.css',
    `a { background: url(data:image/png;base64,${png.toString('base64')}); }\n`,
  ],
];

const asked = ['path.protected'];

const cases: readonly Benign[] = [
  { name: 'an edited CRLF file', files: { 'crlf.txt': 'a\r\nB\r\nc\r\n' } },
  { name: 'an edited file of mixed line ends', files: { 'mixed.txt': 'a\r\nB\nc\r\n' } },
  { name: 'an end of line where there was none', files: { 'noeol.txt': 'no end\n' } },
  { name: 'no end of line where there was one', files: { 'src/index.ts': 'export const one = 1;' } },
  {
    name: 'a line in a file that is not UTF-8',
    files: { 'old.latin1': file('na\xefve\ncaf\xe9\nd\xe9j\xe0\n') },
  },
  { name: 'an empty file', files: { 'src/empty.ts': '' } },
  { name: 'a deleted file', files: { 'docs/guide.md': null } },
  { name: 'a moved file', files: { 'docs/guide.md': null, 'docs/manual/guide.md': lines(30) } },
  { name: 'a file that becomes a folder', files: { flat: null, 'flat/one.md': 'one\n' } },
  { name: 'a new version of the package', files: { 'package.json': manifest('1.0.1') } },
  {
    name: 'a keyword of the package',
    files: { 'package.json': manifest('1.0.0', ',\n  "keywords": ["a"]') },
  },
  { name: 'a script that nobody runs by itself', files: { 'scripts/build.sh': '#!/bin/sh\necho build\n' } },
  { name: 'an edited executable', files: { 'tool.sh': ['100755', '#!/bin/sh\necho better\n'] } },
  {
    name: 'as many files as the policy allows',
    files: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`many/${i}.md`, `file ${i}\n`])),
  },
  { name: 'a template of issues', files: { '.github/ISSUE_TEMPLATE/bug.md': 'What broke?\n' }, asks: asked },
  {
    name: 'a template of pull requests',
    files: { '.github/pull_request_template.md': 'Why?\n' },
    asks: asked,
  },
  { name: 'a file to be ignored', files: { '.gitignore': '*.tmp\n' }, asks: asked },
  { name: 'a new target of make', files: { Makefile: 'all:\n\techo all\n' }, asks: asked },
  {
    name: 'a new executable',
    files: { 'bin/run.sh': ['100755', '#!/bin/sh\necho run\n'] },
    asks: ['mode.executable', 'executable.added'],
  },
  {
    name: 'a workspace with its link in the lockfile',
    files: {
      'libs/x/package.json': '{ "name": "x", "version": "1.0.0" }\n',
      'package-lock.json': `${JSON.stringify({ lockfileVersion: 3, packages: { 'libs/x': { version: '1.0.0' }, 'node_modules/x': { resolved: 'libs/x', link: true } } }, null, 2)}\n`,
    },
  },
  { name: 'an image', files: { 'docs/dot.png': file(png) }, asks: ['binary.new'] },
];

const toFile = (content: File | string | null): File | null =>
  typeof content === 'string' ? file(latin1(content)) : content;

/** Every one of them, in the raw form of the other corpora. */
export const benignChanges: readonly (Benign & { readonly files: Readonly<Record<string, File | null>> })[] =
  [
    ...names.map((path) => ({ name: `the name ${path}`, files: { [path]: 'export {};\n' } })),
    ...texts.map(([name, path, text]) => ({ name, files: { [path]: text } })),
    ...cases,
  ].map((one: Benign) => ({
    ...one,
    files: Object.fromEntries(
      Object.entries(one.files).map(([path, content]) => [latin1(path), toFile(content)]),
    ),
  }));
