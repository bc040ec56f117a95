import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reversed, rot13 } from './byte.text.js';
import { fingerprintOf } from './secret.hit.js';
import { noiseOf, samplePrivateKey, sampleSecrets } from './secret.sample.js';
import { scanBlob } from './secret.scan.js';

const scan = async (content: string | Buffer): Promise<string[]> =>
  (await scanBlob(Buffer.from(content))).map(({ line, rule, writing }) => `${line} ${rule} ${writing}`);
const random = noiseOf(32, 'word', 5);

describe.each(sampleSecrets.map(([rule, token]) => [rule, token] as const))('%s', (rule, token) => {
  const rules = async (content: string | Buffer) =>
    (await scanBlob(Buffer.from(content))).map((hit) => hit.rule);

  it('is found as it stands, whatever stands around', async () => {
    expect(await rules(JSON.stringify({ a: `b\n${token}\n` }))).toContain(rule);
    for (const text of [token, `const a = "${token}";`, `a: ${token}\n`, `…${token}…`, `X=${token}\r\n`])
      expect(await rules(`first\n${text}`)).toContain(rule);
    const [hit] = (await scanBlob(Buffer.from(`\n\n${token}`))).filter((one) => one.rule === rule);
    expect(hit).toMatchObject({ line: 3, fingerprint: fingerprintOf(token), writing: 'plain' });
  });

  it('is found in other writings', async () => {
    const half = token.length >> 1;
    const [a, b] = [token.slice(0, half), token.slice(half)];
    const writings = [
      Buffer.from(token).toString('base64'),
      Buffer.from(`key=${token}`).toString('base64url'),
      Buffer.from(token).toString('hex'),
      Buffer.from(token).toString('hex').toUpperCase(),
      [...token].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
      [...token].map((char) => `\\x${char.charCodeAt(0).toString(16)}`).join(''),
      `\\u00${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
      [...token].map((char) => `&#${char.charCodeAt(0)};`).join(''),
      `"${a}" + "${b}"`,
      `'${a}' +\n    '${b}'`,
      `["${a}", "${b}"].join("")`,
      `("${a}"\n "${b}")`,
    ];
    for (const text of writings)
      expect([text, await rules(`x\n${text}\n`)]).toEqual([text, expect.arrayContaining([rule])]);
    const wide = Buffer.from(`\ufeffsome text\n${token}\n`, 'utf16le');
    expect(await rules(wide)).toContain(rule);
    if (['slack-webhook', 'azure-key', 'json-web-token'].includes(rule)) return;
    for (const text of [reversed(token), rot13(token)]) expect(await rules(`x ${text} y`)).toContain(rule);
  });

  it('is found in a binary blob', async () => {
    const blob = Buffer.concat([Buffer.alloc(5000), Buffer.from(token), Buffer.alloc(100, 1)]);
    expect(await rules(blob)).toContain(rule);
  });
});

describe('what is known by its place', () => {
  it.each([
    ['a private key', samplePrivateKey(), '1 private-key plain'],
    ['one of OpenSSH', samplePrivateKey('OPENSSH '), '1 private-key plain'],
    ['one in a string', JSON.stringify({ private_key: samplePrivateKey('') }), '1 private-key plain'],
    [
      'one in pieces',
      samplePrivateKey()
        .split('\n')
        .map((line) => `"${line}\\n" +`)
        .join('\n'),
      '1 private-key plain',
    ],
    [
      'one that is encrypted',
      samplePrivateKey().replace('\n', '\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB12\n\n'),
      '1 private-key plain',
    ],
    ['one in base64', Buffer.from(samplePrivateKey()).toString('base64'), '1 private-key base64'],
    ['a database', 'postgres://app:fT5-qqPw9x@db.acme.io:5432/app', '1 password-in-address plain'],
    ['a proxy', 'http://me:h7sGGw2kd@proxy.acme.net', '1 password-in-address plain'],
    ['a named value', `const apiKey = "${random}";`, '1 named-secret plain'],
    ['one in an environment', `\nAPP_SECRET=${random}\n`, '2 named-secret plain'],
    ['one in YAML', `  client_secret: ${random}\n`, '1 named-secret plain'],
    ['one in JSON', `{ "accessToken": "${random}" }`, '1 named-secret plain'],
    ['one as an entry', `env['DB_PASSWORD'] = '${random}'`, '1 named-secret plain'],
  ])('%s', async (_, text, found) => expect(await scan(text)).toEqual([found]));

  it('tells a value of its own from the same in two places', async () => {
    const token = `ghp_${noiseOf(36)}`;
    const hits = await scanBlob(Buffer.from(`${token}\n${token}\nghp_${noiseOf(36, 'word', 3)}\n`));
    expect(hits.map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(new Set(hits.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});

describe('honest look-alikes', () => {
  it.each([
    ['the sample of AWS', `AKIA${'IOSFODNN7'}EXAMPLE`],
    ['masks', `ghp_${'x'.repeat(36)} sk-ant-api03-${'*'.repeat(93)} ghp_${'0'.repeat(36)}`],
    ['a pattern for tokens', 'const pattern = /ghp_[A-Za-z0-9]{36}|AKIA[A-Z0-9]{16}/;'],
    ['the header of a key', 'looks for "-----BEGIN RSA PRIVATE KEY-----" and takes it out'],
    ['a public key', samplePrivateKey().replaceAll('RSA PRIVATE', 'PUBLIC')],
    ['a certificate', samplePrivateKey().replaceAll('RSA PRIVATE KEY', 'CERTIFICATE')],
    ['integrity of a lock file', `"integrity": "sha512-${noiseOf(86)}=="`],
    ['ids of git', `token sha ${noiseOf(40, 'hex')}; const tokenCommit = "${noiseOf(40, 'hex')}"`],
    ['a digest', `tokenHash: "${noiseOf(64, 'hex')}", secret: "${noiseOf(64, 'hex', 2)}"`],
    ['the next page of a list', `"NextToken": "${noiseOf(60)}", page_token: "${noiseOf(40)}"`],
    ['a UUID', 'token: "3b241101-e2bb-4255-8caf-4136c566a962"'],
    ['an image', `url(data:image/png;base64,${Buffer.from(noiseOf(3000)).toString('base64')})`],
    ['a variable', 'const token = process.env.GITHUB_TOKEN2_LONG_NAME_HERE;'],
    ['a call', 'password: generateStrongPassword2With3Words(24)'],
    ['a path', 'secret_path = "services/payment/v2/production/api-key-2"'],
    ['a placeholder', 'API_KEY=your-api-key-goes-here-123 SECRET="<your secret 12345678>"'],
    ['a local database', 'postgres://postgres:postgres@localhost:5432/app mysql://u:pw1@127.0.0.1/x'],
    ['a database of a composition', 'redis://default:hunter2xyz@redis:6379'],
    ['a password to be filled in', 'https://${USER}:${PASS}@acme.io https://user:<password>@acme.io'],
    ['an address with a port and an @', 'https://cdn.acme.io:8443/npm/@scope/pkg@1.2.3'],
    ['a module', 'import x from "npm:@scope/name@1.0.0"; // see https://a.b/@user'],
    [
      'a source map',
      `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify({ version: 3, sources: ['a.ts'], names: [], mappings: 'AAAA' })).toString('base64')}`,
    ],
    ['a test key of Stripe', `sk_test_${noiseOf(24)}`],
    ['class names', 'sk-circle-fade sk-folding-cube-with-a-very-long-name-indeed'],
    [
      'long names with such a beginning',
      'npm_config_registry_and_some_other_long_name_x1 gh_some_helper_function_of_a_long_name_abcdef',
    ],
    [
      'such names beside each other',
      '["npm_config", "registry", "and_some_other", "long_name", "of_things", "here"]',
    ],
    ['a list of such beginnings', "['xoxb-', 'xoxp-', 'xapp-', 'xoxa-', 'xoxo-', 'xoxr-']"],
    ['words in kebab', 'token-based-authentication-with-refresh: "see-the-docs-of-version-2-0-1"'],
    ['a list of words', '["alpha", "beta", "gamma-delta-epsilon-zeta-eta-theta-iota-kappa"]'],
  ])('%s', async (_, text) => expect(await scan(text)).toEqual([]));

  it('says nothing of noise', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '7', '-', '_', ' ', '"', '+', '\n', '='),
      maxLength: 400,
    });
    await fc.assert(
      fc.asyncProperty(text, async (noise) => expect(await scan(noise)).toEqual([])),
      { numRuns: 200 },
    );
  });
});

describe('hostile input', () => {
  it.each([
    'AKIA',
    `ghp_${'a1'.repeat(15)}- `,
    'token=',
    'a"+"',
    '%41',
    '://a:b',
    'eyJ',
    '-----BEGIN ',
    '\\u0041',
  ])('ends on a line of %j, and finds what stands behind it', async (unit) => {
    const line = unit.repeat(Math.ceil(100_000 / unit.length));
    const rules = (await scanBlob(Buffer.from(`${line}\nAKIA${noiseOf(16, 'upper')}\n`))).map(
      ({ rule }) => rule,
    );
    expect(rules.some((rule) => rule === 'aws-access-key' || rule === 'unfinished')).toBe(true);
  });
});
