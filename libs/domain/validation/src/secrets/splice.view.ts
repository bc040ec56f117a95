import { tokenTable } from './byte.text.js';
import type { View } from './secret.writings.js';

/**
 * A token that stands in several strings or with escapes: "AK" + "IA…", "\x41KIA…", %41KIA…. The text near to such
 * places is written out without them. Bytes are looked at one by one, since a hostile text may be made of nothing else.
 */

const tableOf = (chars: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(chars, 'latin1')) table[byte] = 1;
  return table;
};

const quotes = tableOf('"\'`');
/** Blanks and line ends, written ones too, and what puts strings together in one language or another. */
const glue = tableOf(' \t\r\n\\+.,&<>|');
const starts = tableOf('"\'`%\\&');
const joinable = tokenTable('+/=.');
const maxJoint = 60;

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
};

const hexAt = (bytes: Uint8Array, at: number): number => {
  const [high, low] = [hexDigit(bytes[at]), hexDigit(bytes[at + 1])];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
};

const digitsAt = (bytes: Uint8Array, at: number, base: number, most: number): readonly [number, number] => {
  let [value, end] = [0, at];
  while (end < at + most) {
    const digit = hexDigit(bytes[end]);
    if (digit < 0 || digit >= base) break;
    value = value * base + digit;
    end += 1;
  }
  return [value, end];
};

/** The character that an escape at `start` stands for, and where it ends; null where there is none. */
const escapeAt = (bytes: Uint8Array, start: number): readonly [byte: number, end: number] | null => {
  const first = bytes[start]!;
  const second = bytes[start + 1];
  // %41
  if (first === 37) return [hexAt(bytes, start + 1), start + 3];
  if (first === 38) {
    // &#65; and &#x41;
    if (second !== 35) return null;
    const isHex = bytes[start + 2] === 120 || bytes[start + 2] === 88;
    const [value, end] = digitsAt(bytes, start + (isHex ? 3 : 2), isHex ? 16 : 10, 7);
    return bytes[end] === 59 ? [value, end + 1] : null;
  }
  // \x41, \u0041, \u{41}, \101
  if (second === 120) return [hexAt(bytes, start + 2), start + 4];
  if (second === 117) {
    const braced = bytes[start + 2] === 123;
    const [value, end] = digitsAt(bytes, start + (braced ? 3 : 2), 16, braced ? 6 : 4);
    return braced && bytes[end] !== 125 ? null : [value, end + (braced ? 1 : 0)];
  }
  const [value, end] = digitsAt(bytes, start + 1, 8, 3);
  return end === start + 4 ? [value, end] : null;
};

/** Where the second of two strings begins, if the one that ends at `start` goes on in it; else 0. */
const jointAt = (bytes: Uint8Array, start: number): number => {
  if (joinable[bytes[start - 1] ?? 0] !== 1) return 0;
  let at = start + 1;
  const stop = Math.min(at + maxJoint, bytes.length - 1);
  while (at < stop && glue[bytes[at]!] === 1) at += 1;
  return quotes[bytes[at] ?? 0] === 1 && joinable[bytes[at + 1] ?? 0] === 1 ? at + 1 : 0;
};

/** As much as may belong to a token that is put together there. */
const around = 160;

/** Text without its splices, and from where each part of it was taken. */
class Writer {
  #bytes: Buffer;
  #length = 0;
  readonly origins: number[] = [];

  constructor(private readonly text: Uint8Array) {
    this.#bytes = Buffer.allocUnsafe(Math.min(text.length, 1 << 16) + 16);
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(from: number, to: number): void {
    if (to <= from) return;
    this.room(to - from);
    // Mostly a few bytes: a loop is faster than a copy.
    for (let at = from; at < to; at += 1) this.#bytes[this.#length + at - from] = this.text[at]!;
    this.#length += to - from;
  }

  put(byte: number): void {
    this.room(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  mark(origin: number): void {
    this.origins.push(this.#length, origin);
  }

  private room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe((this.#length + more) * 2);
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

export const splicedView = (bytes: Uint8Array): View[] => {
  const writer = new Writer(bytes);
  // Up to where the text was written out; a part ends when it has gone on for long without a splice.
  let [written, open] = [0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (starts[byte] === 0) continue;
    let [end, char] = [0, 0];
    if (quotes[byte] === 1) end = jointAt(bytes, at);
    else {
      const found = escapeAt(bytes, at);
      // Only what may be part of a token, a line break least of all.
      if (found !== null && found[0] > 32 && found[0] < 127) [char, end] = found;
    }
    if (end === 0) continue;
    if (open && at - written > around) {
      writer.copy(written, written + around);
      writer.put(10);
      open = false;
    }
    if (!open) {
      written = Math.max(at - around, written);
      writer.mark(written);
      open = true;
    }
    writer.copy(written, at);
    if (char !== 0) writer.put(char);
    // Of each piece, so that the last one of a token is known to stand where it stands.
    writer.mark(end);
    written = end;
    at = end - 1;
  }
  if (!open) return [];
  writer.copy(written, Math.min(written + around, bytes.length));
  return [{ writing: 'spliced', bytes: writer.bytes, origins: writer.origins }];
};
