import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanCell, cleanJson, cleanText } from './text.clean.js';

describe('cleanText', () => {
  it.each([
    ['colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a cleared screen', '\u001b[2J\u001b[Hhi', 'hi'],
    ['a window title', '\u001b]0;owned\u0007hi', 'hi'],
    ['a link', '\u001b]8;;http://evil\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['a clipboard write', '\u001b]52;c;ZXZpbA==\u0007hi', 'hi'],
    ['a device string', '\u001bP$q"p\u001b\\hi', 'hi'],
    ['C1 forms', '\u009b31mred\u009d0;x\u009chi', 'redhi'],
    ['an unfinished sequence', 'hi\u001b[', 'hi'],
    ['a sequence cut by a line', 'a\u001b]0;x\nb', 'a\nb'],
    ['a reset', '\u001bchi', 'hi'],
    ['a charset', '\u001b(0hi', 'hi'],
    ['overwriting', 'real\rfake', 'real\nfake'],
    ['backspaces', 'abc\b\b\bxyz', 'abcxyz'],
    ['reversed reading', 'a\u202eb\u2066c', 'abc'],
    ['hidden tags', 'a\u{e0041}b\u200bc', 'abc'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['what is harmless', 'grüße 🙂\tx\ny', 'grüße 🙂\tx\ny'],
  ])('makes %s harmless', (_, text, clean) => expect(cleanText(text)).toBe(clean));

  it('leaves no control but newline and tab, whatever comes', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('\u001b', '\u009b', '[', ']', '0', 'm', '\u0007', '\\', '\u001b[31', ';', '\r'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const clean = cleanText(parts.join(''));
        expect(clean).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(cleanText(clean)).toBe(clean);
        expect(cleanCell(clean)).not.toMatch(/\s{2}|[\n\t]/);
      }),
      { numRuns: 200 },
    );
  });

  it('is quick on text made to be slow', async () => {
    // Whatever looks at each pair of these takes longer than a test may.
    const n = 400_000;
    const clean = cleanText(`${'\u001b]'.repeat(n)}${'\u001b['.repeat(n)}${'\u001b ('.repeat(n)}`);
    // Only after a turn of the loop does the runner see how long that took.
    await new Promise((resolve) => setImmediate(resolve));
    expect(clean).not.toContain('\u001b');
  });
});

describe('cleanJson', () => {
  it('means the same and holds no control or reordering character', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const given = { value, text: `${text}\u009b\u202e` };
        const json = cleanJson(given);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(given));
        expect(json).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
