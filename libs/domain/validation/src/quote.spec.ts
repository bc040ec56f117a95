import { describe, expect, it } from '@jest/globals';
import { rawPath, rawPathOfText } from '@gatehouse/policy';
import fc from 'fast-check';
import { cQuote, quotePath, readQuoted } from './quote.js';

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => rawPath(array));

describe('cQuote', () => {
  it.each([
    ['a b', 'a b'],
    ['a\tb', '"a\\tb"'],
    ['\x07\x08\n\v\f\r', '"\\a\\b\\n\\v\\f\\r"'],
    ['"', '"\\""'],
    ['\\', '"\\\\"'],
    ['\x01\x1f\x7f', '"\\001\\037\\177"'],
    ['\xff', '"\\377"'],
    ["'", "'"],
  ])('%j as git does: %s', (raw, quoted) => expect(cQuote(raw, true)).toBe(quoted));

  it('leaves high bytes alone without core.quotePath', () => {
    expect(cQuote('\xff', false)).toBe('\xff');
    expect(cQuote('\xff"', false)).toBe('"\xff\\""');
  });

  it('reads back as the same bytes, in either way', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (raw, high) => {
        const quoted = cQuote(raw, high);
        if (quoted === raw) expect(readQuoted(`"${raw}"`, 0)).toBeNull();
        else expect(readQuoted(`x${quoted} y`, 1)).toEqual({ name: raw, end: quoted.length + 1 });
      }),
    );
  });
});

describe('readQuoted', () => {
  it.each(['a', '"a', '"a"', '"\\x41"', '"\\101"', '"\\9"', '"\\400"', '"\\t', '"\t\\n"', '"\\', '"\\3', ''])(
    'refuses %j',
    (text) => expect(readQuoted(text, 0)).toBeNull(),
  );
});

describe('quotePath', () => {
  it.each([
    ['a b', 'a b'],
    ['ü/漢', 'ü/漢'],
    ['ü"', '"\\303\\274\\""'],
    ['a\u202eb', '"a\\342\\200\\256b"'],
    ['a\u0085', '"a\\302\\205"'],
  ])('%j is shown as %s', (text, shown) => expect(quotePath(rawPathOfText(text))).toBe(shown));

  it('quotes what is no UTF-8, and never shows two paths alike', () => {
    expect(quotePath(rawPath(Buffer.from([0xff])))).toBe('"\\377"');
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        fc.pre(a !== b);
        expect(quotePath(a)).not.toBe(quotePath(b));
      }),
    );
  });
});
