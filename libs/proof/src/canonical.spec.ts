import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, maxJsonDepth } from './canonical.js';
import { digestOf, sha256Hex } from './digest.js';

const json = fc.jsonValue({ stringUnit: 'grapheme' });

describe('canonicalJson', () => {
  it('writes the example of RFC 8785', () => {
    const value = {
      numbers: [1e9 / 3, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 units, as the RFC asks', () => {
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, ö: 6 })).toBe(
      '{"\\r":2,"1":4,"ö":6,"€":1,"😀":5,"\ufb33":3}',
    );
  });

  it('is the same for every order of keys and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        const text = canonicalJson(value);
        expect(canonicalJson(turned)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['undefined', undefined],
    ['undefined in an object', { a: undefined }],
    ['a hole', [, 1]], // eslint-disable-line no-sparse-arrays
    ['NaN', { a: [NaN] }],
    ['Infinity', -Infinity],
    ['a bigint', 1n],
    ['a symbol', { a: Symbol('x') }],
    ['a function', () => 1],
    ['a toJSON', { toJSON: () => 1 }],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a buffer', Buffer.from('x')],
    ['a lone high surrogate', 'a\ud800b'],
    ['a lone low surrogate in a key', { '\udc00': 1 }],
    ['two low surrogates', '\ud83d\ude00\ude00'],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it('says where the refused value is', () => {
    expect(() => canonicalJson({ a: { b: [1, NaN] } })).toThrow(/\.a\.b\[1\] is NaN/);
  });

  it('refuses cycles and a depth that would end the stack', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle)).toThrow(/nested deeper/);
    const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(() => canonicalJson(deep(100_000))).toThrow(/nested deeper/);
    expect(canonicalJson(deep(maxJsonDepth))).toHaveLength(2 * maxJsonDepth);
  });

  it('keeps __proto__ as a plain key and NUL as an escape', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"b":"\\u0000"}'))).toBe(
      '{"__proto__":{"a":1},"b":"\\u0000"}',
    );
  });
});

describe('digestOf', () => {
  it('is the SHA-256 of the canonical text', () => {
    expect(digestOf({ b: 1, a: [] })).toBe(sha256Hex('{"a":[],"b":1}'));
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
