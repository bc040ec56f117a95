import { describe, expect, it } from '@jest/globals';
import { canarySearch } from './canary.search.js';

const token = ['AKIA', 'QW3RTYU7OPASDFGH'].join('');
const other = ['AKIA', 'QW3RTYU7OQASDFGH'].join('');
const file = `[default]\naws_access_key_id = ${token}\n`;
const holds = canarySearch([token]);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const rot13 = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 52) % 26) + 65));

describe('canarySearch', () => {
  it.each([
    ['as it is', file],
    ['small', file.toLowerCase()],
    ['in pieces', `"${token.slice(0, 9)}" +\n+  "${token.slice(9)}"`],
    ['backwards', [...file].reverse().join('')],
    ['turned by thirteen', rot13(token)],
    ['in hex', Buffer.from(file).toString('hex')],
    ['in hex with gaps', Buffer.from(file).toString('hex').replace(/../g, '\\x$&')],
    ['in base64', base64(file)],
    ['in base64 of another beginning', base64(`1${token}`) + base64(`12${token}`)],
    ['in broken lines of base64', base64(`${'x'.repeat(40)}${file}`).replace(/.{10}/g, '$&\n+')],
    ['in base64 of hex', base64(Buffer.from(file).toString('hex'))],
    ['in UTF-16', Buffer.from(file, 'utf16le')],
    ['among bytes that are no text', Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(token)])],
  ])('finds it %s', (_, content) => expect(holds(Buffer.from(content as string))).toBe(true));

  it.each([0, 1, 2])(
    'finds its base64 after %i bytes where the run around it cannot be decoded',
    (before) => {
      expect(holds(Buffer.from(`x ${base64('-'.repeat(before) + token).slice(before)} y`))).toBe(true);
    },
  );

  it('does not take others for it, nor anything where nothing was laid out', () => {
    for (const text of ['', other, base64(other), token.slice(1), 'AKIAIOSFODNN7EXAMPLE'])
      expect(holds(Buffer.from(text))).toBe(false);
    expect(canarySearch([])(Buffer.from(file))).toBe(false);
  });
});
