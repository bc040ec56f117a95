import { base64, minBase64, none, type View } from './secret.writings.js';

/** Base64 is broken into lines, and some tools put quotes and signs around each: here the lines are one again. */

const tableOf = (chars: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(chars, 'latin1')) table[byte] = 1;
  return table;
};

/** Marks of comments and quotes too, as of a text that is quoted line by line. */
const beforeRun = tableOf(' \t"\'`#*>;|');
const afterRun = tableOf(' \t\r,;)\\]');
const quotes = tableOf('"\'`');
const newline = 10;
const plus = 43;
const equals = 61;

const backOver = (bytes: Buffer, from: number, to: number, table: Uint8Array): number => {
  let end = to;
  while (end > from && table[bytes[end - 1]!] === 1) end -= 1;
  return end;
};

/** The run of base64 at the end of a line; `all`: nothing else stands in the line. */
const runAtEnd = (bytes: Buffer, from: number, to: number): { at: number; end: number; all: boolean } => {
  let end = backOver(bytes, from, to, afterRun);
  // The sign that puts strings together, not the character of base64.
  if (end - 2 >= from && bytes[end - 1] === plus && base64[bytes[end - 2]!] === none) {
    end = backOver(bytes, from, end - 1, afterRun);
  }
  end = backOver(bytes, from, end, quotes);
  while (end > from && bytes[end - 1] === equals) end -= 1;
  let at = end;
  while (at > from && base64[bytes[at - 1]!] !== none) at -= 1;
  let start = at;
  while (start > from && beforeRun[bytes[start - 1]!] === 1) start -= 1;
  return { at, end, all: start === from };
};

/** Runs that go over several lines, each in one piece, with where each line of it was taken from; null without any. */
export const foldedRuns = (bytes: Buffer): View | null => {
  const origins: number[] = [];
  let out: Buffer | null = null;
  let length = 0;
  const put = (from: number, to: number): void => {
    out ??= Buffer.allocUnsafe(bytes.length + 1);
    origins.push(length, from);
    // Lines are short: a loop is faster than a copy.
    for (let at = from; at < to; at += 1) out[length + at - from] = bytes[at]!;
    length += to - from;
  };
  let first: { at: number; end: number } | null = null;
  let open = false;
  const close = (): void => {
    if (open) out![length++] = newline;
    [first, open] = [null, false];
  };
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(newline, from);
    const to = found < 0 ? bytes.length : found;
    const { at, end, all } = runAtEnd(bytes, from, to);
    if (first !== null && all && end > at) {
      if (!open) put(first.at, first.end);
      open = true;
      put(at, end);
    } else {
      close();
      if (end - at >= minBase64) first = { at, end };
    }
    from = to + 1;
  }
  close();
  return out === null ? null : { writing: 'base64', bytes: (out as Buffer).subarray(0, length), origins };
};
