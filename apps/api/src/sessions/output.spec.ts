import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { outputPage, plainText } from './output.js';

const readAll = (bytes: Buffer, limit: number): { text: string; pages: number } => {
  let text = '';
  let pages = 0;
  for (let from = 0; from < bytes.length; pages += 1) {
    const part = bytes.subarray(from, from + limit);
    const page = outputPage(
      { bytes: part, from, next: from + part.length, size: bytes.length, truncated: false, artifactId: null },
      true,
    );
    expect(page.next).toBeGreaterThan(from);
    text += page.text;
    from = page.next;
  }
  return { text, pages };
};

describe('output as text', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m', 'red'],
    ['a title', '\x1b]0;evil\x07ok', 'ok'],
    ['a title ended by ST', '\x1b]0;evil\x1b\\ok', 'ok'],
    ['a link', '\x1b]8;;http://x\x07here\x1b]8;;\x07', 'here'],
    ['a device string', '\x1bPq#0\x1b\\ok', 'ok'],
    ['C1 controls', '\u009b31mred', 'red'],
    ['bell, backspace, delete', 'a\x07b\bc\x7f', 'abc'],
    ['lines and tabs', 'a\tb\r\nc', 'a\tb\r\nc'],
  ])('takes %s out', (_, given, expected) => {
    expect(plainText(given)).toBe(expected);
  });

  it('is the same however it is cut into pages', () => {
    const piece = fc.constantFrom('grüße ', '🙂', '\x1b[1;31m', '\x1b]0;t\x07', 'a', '\n', '漢');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 16, max: 40 }), (pieces, limit) => {
        const bytes = Buffer.from(pieces.join(''));
        expect(readAll(bytes, limit).text).toBe(plainText(bytes.toString()));
      }),
    );
  });
});
