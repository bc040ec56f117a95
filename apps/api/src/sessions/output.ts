import type { OutputPage } from '@gatehouse/contracts';
import type { LogPage } from '@gatehouse/ledger';
import { stripVTControlCharacters } from 'node:util';

/** The longest escape that is waited for when a page ends inside of one. */
const escapeBytes = 256;
const escape = 0x1b;

/** OSC, DCS, APC, PM and SOS with all they carry: their text is not for the page. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const strings = /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?/g;
// eslint-disable-next-line no-control-regex -- as above
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]/g;

/** Text without anything that a terminal would obey; newline, return and tab stay. */
export const plainText = (text: string): string =>
  stripVTControlCharacters(text.replace(strings, '')).replace(controls, '');

/** Bytes of an unfinished UTF-8 character at the end. */
const openCharacter = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
};

/** Bytes of an unfinished escape at the end. */
const openEscape = (bytes: Buffer): number => {
  const at = bytes.lastIndexOf(escape);
  if (at < 0 || bytes.length - at > escapeBytes) return 0;
  const tail = bytes.subarray(at).toString('latin1');
  const isDone =
    // eslint-disable-next-line no-control-regex -- as above
    /^\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07]*\x07|[^[\]PX^_])/.test(tail);
  return isDone ? 0 : bytes.length - at;
};

/** A page of raw output as text. It ends between characters and escapes, so that pages join without a seam. */
export const outputPage = ({ bytes, from, next, size, truncated }: LogPage, sealed: boolean): OutputPage => {
  const isLast = sealed && next === size;
  const open = isLast ? 0 : Math.max(openCharacter(bytes), openEscape(bytes));
  // A page that is nothing but an unfinished piece goes out as it is: reading must get on.
  const cut = open < bytes.length ? open : 0;
  const text = plainText(bytes.subarray(0, bytes.length - cut).toString('utf8'));
  return { text, from, next: next - cut, size, truncated, sealed };
};
