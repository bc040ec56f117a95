import { describe, expect, it } from '@jest/globals';
import { showMasked } from './candidate.diff.js';
import { columnsOf, maskHunks, noMask } from './candidate.mask.js';
import { reversed, rot13 } from '../secrets/byte.text.js';
import { noiseOf, samplePrivateKey, sampleSecrets } from '../secrets/secret.sample.js';
import { scanBlob } from '../secrets/secret.scan.js';

const mark = '⟨credential, not shown⟩';
const asText = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

/** The text as an added file is shown. */
const shownOf = async (text: string): Promise<string> => {
  const bytes = Buffer.from(text);
  const spans = (await scanBlob(bytes)).flatMap((hit) => hit.spans);
  const lines = bytes.toString('latin1').replace(/\n$/, '').split('\n');
  const section = `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`;
  return asText(maskHunks(section, noMask, columnsOf(bytes, spans)).text);
};

/** No eight letters or digits in a row of it are left. */
const holds = (shown: string, secret: string): boolean =>
  Array.from({ length: secret.length - 7 }, (_, i) => secret.slice(i, i + 8)).some((piece) =>
    shown.includes(piece),
  );

describe.each(sampleSecrets.map(([rule, token]) => [rule, token] as const))('%s', (rule, token) => {
  const half = token.length >> 1;
  const [a, b] = [token.slice(0, half), token.slice(half)];
  const secret = token.slice(-16).replace(/=+$/, '');

  it('is not in what is shown, and the rest of its line is', async () => {
    const shown = await shownOf(`before();\nconst a = "${token}"; after();\nlast();\n`);
    expect(holds(shown, secret)).toBe(false);
    expect(shown).toContain('before();');
    expect(shown).toContain('last();');
    expect(shown).toContain('; after();');
    expect(shown).toContain(mark);
  });

  it('is not in what is shown in pieces and in other writings', async () => {
    for (const text of [
      `x = "${a}" + "${b}";\n`,
      `x = '${a}' +\n  '${b}';\n`,
      `["${a}",\n"${b}"].join("")\n`,
    ]) {
      const shown = await shownOf(`first\n${text}last\n`);
      expect([text, holds(shown, secret)]).toEqual([text, false]);
    }
    const written = [Buffer.from(token).toString('base64'), Buffer.from(token).toString('hex')];
    if (!['slack-webhook', 'azure-key', 'json-web-token'].includes(rule))
      written.push(reversed(token), rot13(token));
    for (const text of written) {
      const shown = await shownOf(`first\nx ${text} y\nlast\n`);
      expect([text, holds(shown, text.slice(-16).replace(/=+$/, ''))]).toEqual([text, false]);
    }
  });

  it('is not in what is shown twice in one line', async () => {
    expect(holds(await shownOf(`a("${token}", "${token}")\n`), secret)).toBe(false);
  });
});

describe('what is masked', () => {
  it('is a private key from its first line to its last, also without a last one', async () => {
    const key = samplePrivateKey();
    expect(await shownOf(`a\n${key}b\n`)).toBe(`@@ -0,0 +1,14 @@\n+a\n${`+${mark}\n`.repeat(12)}+b\n`);
    expect(await shownOf(`a\n${key.split('\n').slice(0, -2).join('\n')}\nb\n`)).not.toContain('+b');
  });

  it('is a password in an address, and nothing else of it', async () => {
    const password = noiseOf(16, 'word', 9);
    expect(await shownOf(`url: postgres://shop:${password}@db.acme.io/shop\n`)).toBe(
      `@@ -0,0 +1,1 @@\n+url: postgres://shop:${mark}@db.acme.io/shop\n`,
    );
  });

  it('is found by the numbers of its side, in removed, added and unchanged lines', () => {
    const section =
      'diff --git a/-f b/-f\n@@ -5,3 +7,3 @@ const token = "abc"\n same\n-old abc\n+new abc x\n tail\n';
    const before = new Map([[6, [[4, 7]] as const]]);
    const after = new Map([
      [8, [[4, 7]] as const],
      [9, [[0, 4]] as const],
    ]);
    const { text, masked } = maskHunks(section, before, after);
    expect(asText(text)).toBe(
      `diff --git a/-f b/-f\n@@ -5,3 +7,3 @@\n same\n-old ${mark}\n+new ${mark} x\n ${mark}\n`,
    );
    expect(masked).toBe(3);
  });

  it('is everything where it is not known what', () => {
    const shown = showMasked(['diff\n@@ -0,0 +1 @@\n+a\n'], noMask, 'all', 1000);
    expect(shown).toEqual({ binary: false, hunks: null, truncated: true, masked: null });
  });
});
