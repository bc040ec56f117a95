import { deflateSync, gzipSync } from 'node:zlib';
import { noiseOf, samplePrivateKey, sampleSecrets } from '../secrets/secret.sample.js';
import { add, type Attack } from './attack.fixture.js';

const attack = (name: string, ends: string, path: string, text: string): Attack => ({
  name: `${name} in ${path}`,
  patch: () => add(path, `${text}\n`),
  ends,
});
const asking = (...args: Parameters<typeof attack>): Attack => ({ ...attack(...args), asks: true });

const sample = (wanted: string): string => sampleSecrets.find(([rule]) => rule === wanted)![1];
const [github, aws, npm] = ['github-token', 'aws-access-key', 'npm-token'].map(sample) as [
  string,
  string,
  string,
];
const half = github.length >> 1;
const named = `const apiKey = "${noiseOf(32, 'word', 5)}";`;

const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
const lines = (text: string): string => text.replace(/.{76}/g, '$&\n');

/** Credentials in every writing that two steps undo, and what only looks like one. */
export const secretAttacks: readonly Attack[] = [
  ...sampleSecrets
    .filter(([rule]) => rule !== 'json-web-token')
    .map(([rule, token], i) => attack(`${i}: ${rule}`, 'secret.token', 'src/a.ts', `const a = "${token}";`)),
  attack('a web token', 'secret.web_token', 'src/a.ts', sample('json-web-token')),
  attack('a private key', 'secret.private_key', 'deploy.pem', samplePrivateKey()),
  attack('a private key of a test', 'secret.private_key', 'test/a.key', samplePrivateKey('EC ')),
  attack('a database', 'secret.address', 'config.yml', 'url: postgres://app:fT5-qqPw9x@db.acme.io/app'),
  attack('a value by its name', 'secret.named', 'src/a.ts', named),
  attack('base64', 'secret.token', 'src/a.ts', Buffer.from(github).toString('base64')),
  attack('hex', 'secret.token', 'notes.md', Buffer.from(aws).toString('hex')),
  attack('base64 of base64', 'secret.token', 'src/a.ts', `x('${base64(base64(github))}')`),
  attack('gzip in base64', 'secret.token', 'src/a.ts', `x('${base64(gzipSync(aws))}')`),
  attack('zlib in base64', 'secret.token', 'docs/a.md', base64(deflateSync(npm))),
  attack('a compressed key', 'secret.private_key', 'a.txt', lines(base64(gzipSync(samplePrivateKey())))),
  attack('base64 in lines', 'secret.token', 'a.yml', lines(base64(`${noiseOf(60)} ${github} `))),
  attack('base64 behind a word', 'secret.token', 'a.txt', `key/${base64(npm)}`),
  asking('a bomb', 'secret.unfinished', 'src/a.ts', `x('${base64(gzipSync(Buffer.alloc(9 << 20)))}')`),
  attack('a name', 'secret.token', `src/${github}.md`, 'x'),
  attack('a folder', 'secret.token', `${aws}/a.md`, 'x'),
  attack('backwards', 'secret.token', 'a.txt', [...npm].reverse().join('')),
  attack('escapes', 'secret.token', 'a.js', `"\\x67hp_${github.slice(4)}"`),
  attack(
    'an encoded address',
    'secret.token',
    'a.url',
    [...aws].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
  ),
  attack('two strings', 'secret.token', 'a.ts', `"${github.slice(0, half)}" +\n  "${github.slice(half)}"`),
  {
    name: 'a token in UTF-16',
    patch: (corpus) =>
      corpus.diff(
        corpus.base,
        corpus.changed({ 'wide.txt': ['100644', Buffer.from(`\ufeffx ${github}\n`, 'utf16le')] }),
      ),
    ends: 'secret.token',
  },
  asking('a value by its name', 'secret.named', 'test/a.spec.ts', named),
  asking('too much to look at', 'secret.unfinished', 'src/b.ts', `ghp_${noiseOf(30)}- `.repeat(100)),
  attack('a mask', 'tree', 'docs/b.md', `ghp_${'x'.repeat(36)}`),
  attack('integrity', 'tree', 'notes.lock', `integrity sha512-${noiseOf(86)}==`),
  attack('a commit', 'tree', 'src/c.ts', `const token = "${noiseOf(40, 'hex')}";`),
  attack('a UUID', 'tree', 'src/d.ts', 'const token = "3b241101-e2bb-4255-8caf-4136c566a962";'),
  attack('an image', 'tree', 'a.css', `a { b: url(data:image/png;base64,${noiseOf(3000)}); }`),
  attack('compressed text', 'tree', 'i.txt', base64(gzipSync('nothing to see here, and no token'))),
  attack('base64 of base64 of words', 'tree', 'j.txt', base64(base64('hello, whoever reads this'))),
  attack('a local database', 'tree', 'e.yml', 'postgres://postgres:postgres@localhost:5432/app'),
  attack('a pattern', 'tree', 'src/f.ts', 'export const pattern = /ghp_[A-Za-z0-9]{36}/;'),
  attack('the head of a key', 'tree', 'src/g.ts', 'if (text.includes("-----BEGIN RSA PRIVATE KEY-----")) {}'),
  attack('a variable', 'tree', 'src/h.ts', 'const apiKey = process.env.A_RATHER_LONG_NAME_2_OF_IT;'),
];
