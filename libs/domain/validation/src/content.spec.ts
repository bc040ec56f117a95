import { describe, expect, it } from '@jest/globals';
import { rawPathOfText } from '@gatehouse/policy';
import { measureBlob } from './content.js';
import { foldersOf } from './facts.js';
import { sampleEntry } from './facts.sample.js';

describe('measureBlob', () => {
  it.each([
    ['', 0, false],
    ['a', 1, false],
    ['a\n', 1, false],
    ['ab\nabc\na', 3, false],
    ['\n\n', 0, false],
    ['a\rb\r', 4, false],
    ['a\0b\n', 3, true],
    [`${'x'.repeat(7999)}\0`, 8000, true],
    [`${'x'.repeat(8000)}\0`, 8001, false],
  ])('%#: longest line %#', (text, longestLine, binary) => {
    expect(measureBlob(Buffer.from(text))).toMatchObject({
      size: text.length,
      content: { binary, longestLine, text: null },
    });
  });

  it.each([
    ['text', Buffer.from('grün\n'), 'grün\n', true],
    ['a byte order mark', Buffer.from('\ufeffa'), '\ufeffa', true],
    ['what is not UTF-8', Buffer.from([0x67, 0xfc]), 'gü', false],
    ['an overlong NUL', Buffer.from([0xc0, 0x80]), 'À\x80', false],
    ['binary', Buffer.from('a\0'), null, false],
  ])('keeps the text of %s', (_, bytes, text, utf8) => {
    expect(measureBlob(bytes, true).content).toMatchObject({ text, utf8, head: bytes.toString('latin1') });
  });
});

describe('foldersOf', () => {
  it('names every folder above what is added or changed, once', () => {
    const entries = [
      { path: 'a/b/c' },
      { path: 'a/d', oldMode: '100644' },
      { path: 'x/gone', oldMode: '100644', newMode: '000000' },
    ].map(sampleEntry);
    expect(foldersOf(entries).sort()).toEqual(['', 'a', 'a/b'].map(rawPathOfText));
    expect(foldersOf([])).toEqual([]);
  });
});
