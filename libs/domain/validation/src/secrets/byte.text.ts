/** Bytes as a scanner reads them: classes of characters as tables, and windows as plain text. */

const tableOf = (chars: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
};

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const tokens = `${letters}0123456789_-`;

const tables = new Map<string, Uint8Array>();

/** Letters, digits, - and _, and these. */
export const tokenTable = (also = ''): Uint8Array => {
  const known = tables.get(also) ?? tableOf(tokens + also);
  tables.set(also, known);
  return known;
};

export const capitalTable = tableOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
const alphanumeric = tableOf(`${letters}0123456789`);

/** A letter or digit that is not the end of a written \\n, \\r or \\t. */
export const isInWord = (bytes: Uint8Array, at: number): boolean =>
  at >= 0 &&
  at < bytes.length &&
  alphanumeric[bytes[at]!] === 1 &&
  !((bytes[at] === 110 || bytes[at] === 114 || bytes[at] === 116) && bytes[at - 1] === 92);

/** How many bytes from `at` on are of the table, counted up to `most`. */
export const runAfter = (bytes: Uint8Array, at: number, table: Uint8Array, most: number): number => {
  const stop = Math.min(bytes.length, at + most);
  let i = at;
  while (i < stop && table[bytes[i]!] === 1) i += 1;
  return i - at;
};

/** The same before `at`. */
export const runBefore = (bytes: Uint8Array, at: number, table: Uint8Array, most: number): number => {
  const stop = Math.max(0, at - most);
  let i = at;
  while (i > stop && table[bytes[i - 1]!] === 1) i -= 1;
  return at - i;
};

/** How many bytes from a place on are of a table, or before it. */
export type RunLength = (at: number, table: Uint8Array) => number;

/**
 * For one text and places that ascend: each byte is looked at once for a table, since a hostile text is one long run of
 * beginnings.
 */
export const runsAfter = (bytes: Uint8Array): RunLength => {
  const known = new Map<Uint8Array, { from: number; to: number }>();
  return (at, table) => {
    let run = known.get(table);
    if (run === undefined) known.set(table, (run = { from: 0, to: -1 }));
    if (at >= run.from && at <= run.to) return run.to - at;
    run.from = at;
    run.to = at + runAfter(bytes, at, table, bytes.length);
    return run.to - at;
  };
};

/** The same before the places. */
export const runsBefore = (bytes: Uint8Array): RunLength => {
  const known = new Map<Uint8Array, { from: number; to: number }>();
  return (at, table) => {
    let run = known.get(table);
    if (run === undefined) known.set(table, (run = { from: 0, to: 0 }));
    if (at < run.to) return at < run.from ? runBefore(bytes, at, table, at) : at - run.from;
    let from = at;
    while (from > run.to && table[bytes[from - 1]!] === 1) from -= 1;
    run.from = from === run.to ? run.from : from;
    run.to = at;
    return at - run.from;
  };
};

const newline = 10;

/** The part of `[from, to)` that lies in the line of `at`. */
export const withinLine = (
  bytes: Uint8Array,
  at: number,
  from: number,
  to: number,
): readonly [start: number, end: number] => {
  let [start, end] = [at, at];
  while (start > Math.max(from, 0) && bytes[start - 1] !== newline) start -= 1;
  while (end < Math.min(to, bytes.length) && bytes[end] !== newline) end += 1;
  return [start, end];
};

/** As text of one unit a byte; bytes beyond ASCII become blanks, as they would pass for letters of Latin-1. */
export const plainText = (bytes: Uint8Array, start: number, end: number): string => {
  const from = Math.max(start, 0);
  const length = Math.max(Math.min(end, bytes.length) - from, 0);
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + from, length);
  return part.toString('latin1').replace(/[\x80-\xff]/g, ' ');
};

export const rot13 = (text: string): string =>
  text.replace(/[A-Za-z]/g, (char) => {
    const place = letters.indexOf(char);
    const first = place < 26 ? 0 : 26;
    return letters[first + ((place - first + 13) % 26)]!;
  });

export const reversed = (text: string): string => [...text].reverse().join('');
