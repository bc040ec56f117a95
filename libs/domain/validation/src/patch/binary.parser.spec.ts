import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePatch } from './patch.parser.js';

const header = 'diff --git a/x b/x\n';
const index = `index ${'1'.repeat(40)}..${'2'.repeat(40)} 100644\n`;

const parse = (text: string, inflateBytes = 64 << 20) =>
  parsePatch(Buffer.from(text, 'latin1'), { inflateBytes });
const codeOf = (text: string): string => {
  const parsed = parse(text);
  return parsed.ok ? 'ok' : parsed.code;
};

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const base85 = (data: Buffer): string => {
  let out = '';
  for (let at = 0; at < data.length; at += 52) {
    const part = data.subarray(at, at + 52);
    out += String.fromCharCode(part.length <= 26 ? 64 + part.length : 96 + part.length - 26);
    for (let i = 0; i < part.length; i += 4) {
      let word = 0;
      for (let k = 0; k < 4; k += 1) word = word * 256 + (part[i + k] ?? 0);
      let digits = '';
      for (let k = 0; k < 5; k += 1, word = Math.floor(word / 85)) digits = alphabet[word % 85] + digits;
      out += digits;
    }
    out += '\n';
  }
  return out;
};
const half = (method: string, declared: number, content: Buffer) =>
  `${method} ${declared}\n${base85(deflateSync(content))}\n`;
const binary = (forward: string, reverse = half('literal', 0, Buffer.alloc(0))) =>
  `${header}${index}GIT binary patch\n${forward}${reverse}`;

describe('a binary patch', () => {
  it('is accepted where it has the size that it declares', () => {
    expect(parse(binary(half('literal', 3, Buffer.from('a\0b'))))).toMatchObject({
      ok: true,
      inflatedBytes: 3,
      files: [{ content: 'binary', forward: { method: 'literal', target: 3 }, reverse: { target: 0 } }],
    });
  });

  it('cut anywhere is refused', () => {
    const whole = binary(half('literal', 3, Buffer.from('a\0b')));
    for (let cut = 1; cut < whole.length; cut += 1) expect(codeOf(whole.slice(0, cut))).not.toBe('ok');
  });

  it.each([
    [
      'half a binary patch',
      `${header}${index}GIT binary patch\n${half('literal', 1, Buffer.from('x'))}`,
      'patch.truncated',
    ],
    ['a size that is too small', binary(half('literal', 2, Buffer.from('abc'))), 'patch.size_lie'],
    ['a size that is too large', binary(half('literal', 4, Buffer.from('abc'))), 'patch.size_lie'],
    ['data that do not inflate', binary(`literal 3\n${base85(Buffer.from('nonsense'))}\n`), 'patch.binary'],
    [
      'data behind the end of the stream',
      binary(`literal 1\n${base85(Buffer.concat([deflateSync('x'), Buffer.from('more')]))}\n`),
      'patch.size_lie',
    ],
    ['letters outside of base85', binary('literal 3\nDab"de\n\n'), 'patch.binary'],
    ['a word above 32 bits', binary('literal 3\nD~~~~~\n\n'), 'patch.binary'],
    ['a line of the wrong length', binary('literal 3\nDabcd\n\n'), 'patch.binary'],
    ['no binary data', binary('literal 3\n\n'), 'patch.binary'],
    ['an unknown method', binary('zip 3\nDabcde\n\n'), 'patch.binary'],
  ])('with %s is refused', (_, text, code) => expect(codeOf(text)).toBe(code));
});

describe('base85', () => {
  /** By the definition, in numbers of any size. Null where a letter is none or a word is above 32 bits. */
  const decoded = (text: string): Buffer | null => {
    const out: number[] = [];
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const letter = line.charCodeAt(0);
      let left = letter < 96 ? letter - 64 : letter - 96 + 26;
      for (let at = 1; at < line.length; at += 5) {
        const digits = [...line.slice(at, at + 5)].map((one) => alphabet.indexOf(one));
        const word = digits.reduce((sum, digit) => sum * 85n + BigInt(digit), 0n);
        if (digits.includes(-1) || word > 0xffffffffn) return null;
        for (let shift = 24n; shift >= 0n && left > 0; shift -= 8n, left -= 1)
          out.push(Number((word >> shift) & 0xffn));
      }
    }
    return Buffer.from(out);
  };
  const inflates = (data: Buffer, size: number): boolean => {
    try {
      return inflateSync(data).length === size;
    } catch {
      return false;
    }
  };

  it('takes data of every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        const data = Buffer.from(content);
        const parsed = parse(binary(half('literal', data.length, data)));
        const deflated = deflateSync(data).length;
        expect(parsed).toMatchObject({ ok: true, files: [{ forward: { declared: data.length, deflated } }] });
      }),
    );
  });

  it('of which one letter is another is taken only where what it then says has that size', () => {
    let refused = 0;
    // The last group is padded: there a letter can differ and say the same.
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 90 }),
        fc.nat(),
        fc.constantFrom(...alphabet, '~', '"', ',', '\0', '\xff', ' '),
        (content, place, letter) => {
          const text = base85(deflateSync(Buffer.from(content)));
          const places = [...text].flatMap((one, at) =>
            one === '\n' || at === 0 || text[at - 1] === '\n' ? [] : [at],
          );
          const at = places[place % places.length]!;
          const changed = `${text.slice(0, at)}${letter}${text.slice(at + 1)}`;
          const data = decoded(changed);
          const code = codeOf(binary(`literal ${content.length}\n${changed}\n`));
          if (data === null) {
            refused += 1;
            expect(code).toBe('patch.binary');
          } else expect(code === 'ok').toBe(inflates(data, content.length));
        },
      ),
      { numRuns: 500, seed: 3 },
    );
    expect(refused).toBeGreaterThan(20);
  });

  it.each([
    ['the largest word', '|NsC0', 'patch.binary', 'They do not inflate.'],
    ['a word one above it', '|NsC1', 'patch.binary', 'malformed.'],
  ])('%s', (_, letters, code, why) => {
    const parsed = parse(binary(`literal 3\nD${letters}\n\n`));
    expect(parsed).toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`${why.replace('.', '\\.')}$`)),
    });
  });
});

describe('binary bombs', () => {
  const sizeOf = (n: number) => {
    const bytes: number[] = [];
    for (let left = n; ; left = Math.floor(left / 128)) {
      if (left < 128) return Buffer.from([...bytes, left]);
      bytes.push((left % 128) | 0x80);
    }
  };
  const copyAll = Buffer.from([0x80 | 0x70, 0xff, 0xff, 0xff]);
  const delta = (target: number, copies: number) =>
    Buffer.concat([sizeOf(0xffffff), sizeOf(target), ...Array.from({ length: copies }, () => copyAll)]);

  it('a delta of few bytes shows the half gigabyte that it makes', () => {
    const bytes = delta(32 * 0xffffff, 32);
    const text = binary(half('delta', bytes.length, bytes));
    expect(text.length).toBeLessThan(400);
    expect(parse(text)).toMatchObject({
      ok: true,
      inflatedBytes: bytes.length + 32 * 0xffffff,
      files: [{ forward: { method: 'delta', declared: bytes.length, target: 32 * 0xffffff } }],
    });
  });

  it('a delta that lies about what it makes is refused', () => {
    const bytes = delta(1000, 32);
    expect(codeOf(binary(half('delta', bytes.length, bytes)))).toBe('patch.size_lie');
  });

  it('beyond the budget nothing is inflated, yet all declared sizes are known', () => {
    const zeros = half('literal', 1_000_000, Buffer.alloc(1_000_000));
    expect(parse(binary(zeros, zeros), 1_500_000)).toMatchObject({ ok: true, inflatedBytes: 2_000_000 });
    const bytes = Buffer.concat([delta(5 * 0xffffff, 5), Buffer.alloc(10)]);
    expect(parse(binary(half('delta', 9_000_000_000, bytes)), 1000)).toMatchObject({
      files: [{ forward: { declared: 9_000_000_000, target: 5 * 0xffffff } }],
    });
  });

  it('a stream that inflates to far more than it says stops there', () => {
    expect(codeOf(binary(half('literal', 10, Buffer.alloc(50_000_000))))).toBe('patch.size_lie');
  });
});
