import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PageQuery } from './page.js';
import { whole } from './whole.js';

describe('whole', () => {
  it('reads plain digits back, from text and as a number', () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(whole(0).parse(String(n))).toBe(n);
        expect(whole(0).parse(n)).toBe(n);
      }),
    );
  });

  it('never reads a number out of any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = /^(?:0|[1-9][0-9]{0,15})$/.test(text);
        expect(whole(0).safeParse(text).success).toBe(plain && Number(text) <= Number.MAX_SAFE_INTEGER);
      }),
    );
  });

  it.each(['', ' ', '1e2', '0x10', '-1', '+1', '1.0', '01', '1 ', 'Infinity', ['5'], [], true, null, {}])(
    'refuses %j',
    (v) => {
      expect(whole(0).safeParse(v).success).toBe(false);
    },
  );

  it('keeps its bounds and its default', () => {
    expect(PageQuery.parse({})).toEqual({ limit: 50 });
    expect(PageQuery.parse({ limit: '200' })).toEqual({ limit: 200 });
    for (const limit of ['0', '201', '9007199254740993'])
      expect(PageQuery.safeParse({ limit }).success).toBe(false);
  });
});
