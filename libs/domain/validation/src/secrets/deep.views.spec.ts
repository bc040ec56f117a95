import { describe, expect, it } from '@jest/globals';
import { deflateSync, gzipSync } from 'node:zlib';
import { canarySearch } from '../canary/canary.search.js';
import { maxInflated } from './inflated.runs.js';
import { noiseOf, samplePrivateKey, sampleSecrets } from './secret.sample.js';
import { scanBlob, tooMuch } from './secret.scan.js';

const scan = async (content: string | Buffer): Promise<string[]> =>
  (await scanBlob(Buffer.from(content))).map(({ line, rule, writing }) => `${line} ${rule} ${writing}`);
const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
const base64url = (content: string): string => Buffer.from(content).toString('base64url');
const folded = (text: string, width = 76): string => text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');
/** Cut off before its end, and with a wrong sum. */
const broken = (content: Buffer): Buffer => Buffer.concat([content.subarray(0, -8), Buffer.alloc(8, 7)]);

const ways: readonly (readonly [string, (token: string) => string | Buffer])[] = [
  ['base64 of base64', (token) => base64(base64(token))],
  ['base64 of hex', (token) => base64(Buffer.from(token).toString('hex'))],
  ['hex of base64', (token) => Buffer.from(base64(token)).toString('hex')],
  ['gzip in base64', (token) => base64(gzipSync(`key=${token}\n`))],
  ['zlib in base64', (token) => base64(deflateSync(token, { level: 9 }))],
  ['zlib in hex', (token) => deflateSync(token).toString('hex')],
  ['gzip in base64 of base64', (token) => base64(base64(gzipSync(token)))],
  ['base64 of a gzip of base64', (token) => base64(gzipSync(base64(token)))],
  ['gzip that does not end', (token) => base64(broken(gzipSync(token)))],
  [
    'gzip with a name',
    (token) =>
      base64(Buffer.concat([Buffer.from('1f8b08080000000000036b00', 'hex'), gzipSync(token).subarray(10)])),
  ],
  ['gzip in lines of base64', (token) => folded(base64(gzipSync(`${noiseOf(300)} ${token}`)))],
  [
    'lines of YAML',
    (token) =>
      `data: |\n  ${folded(base64(gzipSync(`${noiseOf(300)} ${token}`))).replaceAll('\n', '\n  ')}\n`,
  ],
  [
    'lines of strings',
    (token) =>
      `x = "${folded(base64(`${noiseOf(70)} ${token} ${noiseOf(50)}`), 50).replaceAll('\n', '" +\n  "')}";\n`,
  ],
  [
    'lines of a comment',
    (token) => `// ${folded(base64(`${noiseOf(70)} ${token}`), 60)}`.replaceAll('\n', '\n# '),
  ],
  ['a gzip as it is', (token) => gzipSync(`first\n${token}\n`)],
  ['base64 behind a word', (token) => `key/${base64(token)} ab${base64(token)} abc-${base64(token)}`],
];

describe.each(ways)('%s', (_, write) => {
  it.each(
    sampleSecrets
      .filter(([rule]) => rule !== 'json-web-token')
      .map(([rule, token]) => [rule, token] as const),
  )('shows a %s', async (rule, token) => {
    const found = (await scanBlob(Buffer.from(write(token)))).map((hit) => hit.rule);
    expect(found).toContain(rule);
  });

  it('shows bait that was laid out', () => {
    const bait = ['AKIA', 'QW3RTYU7OPASDFGH'].join('');
    const other = ['AKIA', 'QW3RTYU9OPASDFGH'].join('');
    expect(canarySearch([bait])(Buffer.from(write(bait)))).toBe(true);
    expect(canarySearch([other])(Buffer.from(write(bait)))).toBe(false);
  });
});

describe('what is written more than once', () => {
  const token = sampleSecrets[0]![1];

  it('is told by its outer writing, at its line', async () => {
    expect(await scan(`a\nb ${base64(base64(token))}\n`)).toEqual(['2 github-token base64']);
    expect(await scan(`a\nb ${base64(gzipSync(token))}\n`)).toEqual(['2 github-token compressed']);
    expect(await scan(`a\n\n${folded(base64(gzipSync(samplePrivateKey())))}\n`)).toEqual([
      '3 private-key compressed',
    ]);
  });

  it('spans all lines that it is written in, and no other', async () => {
    const first = 'first\n';
    for (const text of [
      folded(base64(gzipSync(samplePrivateKey()))),
      folded(base64(`${noiseOf(40)} ${token} ${noiseOf(300)}`)),
      folded(base64(base64(`${noiseOf(40)} ${token} ${noiseOf(30)}`))),
      base64(base64(token)),
    ]) {
      const [hit] = await scanBlob(Buffer.from(`${first}x: "${text}"\nthe last one\n`));
      expect(hit!.spans).toEqual([[first.length, first.length + text.length + 5]]);
    }
  });

  it('is not looked for beyond two steps', async () => {
    expect(await scan(base64(base64(base64(token))))).toEqual([]);
  });

  it.each<[string, string | Buffer]>([
    ['a bomb', base64(gzipSync(Buffer.alloc(maxInflated + 1)))],
    ['a bomb in a bomb', base64(gzipSync(base64(gzipSync(Buffer.alloc(maxInflated)))))],
    ['many of them', `${base64(deflateSync('nothing to see here'))}\n\n`.repeat(2000)],
    ['a bomb as it is', gzipSync(Buffer.alloc(maxInflated + 1))],
  ])('asks a person about %s', async (_, content) => {
    const rules = (await scanBlob(Buffer.from(content))).map(({ rule }) => rule);
    expect(rules).toEqual([tooMuch]);
  });

  const stream = base64(deflateSync('nothing to see here'));
  it.each<[string, string]>([
    ['many streams', `${stream} `.repeat(2000)],
    ['a bomb', `${base64(gzipSync(Buffer.alloc(maxInflated + 1)))} `],
    ['streams that come to too much', `${base64(gzipSync(Buffer.alloc(maxInflated - 20)))} `.repeat(2)],
    ['headers that are none', `${base64url('{"xlg":"none at all"}')}.`.repeat(200)],
    ['tokens cut short', `"${samplePrivateKey().slice(0, 31)}" `.repeat(200)],
  ])('is never passed because it stands behind %s', async (_, front) => {
    for (const last of [token, base64(token), base64(base64(token)), base64(gzipSync(token))]) {
      const rules = (await scanBlob(Buffer.from(`${front}\n${last}\n`))).map(({ rule }) => rule);
      expect(rules).toContain(tooMuch);
    }
  });

  it('is found behind a word however short it is, and wherever it begins', async () => {
    // The shortest of all, and bytes around it that are no text.
    const short = '://:a1c2e3@b.c';
    for (const before of [0, 1, 2, 3, 4, 5])
      for (const word of ['a', 'ab', 'abc']) {
        const bytes = [Buffer.alloc(12 + before, 0x9c), Buffer.from(short), Buffer.alloc(12, 0x9c)];
        expect(await scan(`${word}${base64(Buffer.concat(bytes))}`)).toEqual([
          '1 password-in-address base64',
        ]);
      }
  });

  it.each<[string, string | Buffer]>([
    ['compressed text', base64(gzipSync('nothing to see here, and no token either\n'.repeat(50)))],
    ['a picture', `url(data:image/png;base64,${base64(Buffer.from(noiseOf(3000), 'base64'))})`],
    ['a certificate', samplePrivateKey().replaceAll('RSA PRIVATE KEY', 'CERTIFICATE')],
    [
      'integrity in lines',
      Array.from({ length: 50 }, (_, i) => `"integrity": "sha512-${noiseOf(86, 'word', i)}==",`).join('\n'),
    ],
    ['a list of long names', 'applicationConfigurationProvider\nauthenticationTokenRepository\nx\n'],
    ['the beginning of a stream', `eJ${noiseOf(40)} H4sI${noiseOf(60)} x^ xx`],
    ['two short ones', base64(base64('hello, world'))],
  ])('says nothing of %s', async (_, content) => expect(await scan(content)).toEqual([]));
});
