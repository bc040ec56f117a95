import { inflateSync, constants } from 'node:zlib';
import type { PatchLines } from './patch.format.js';

export interface Body {
  readonly added: number;
  readonly removed: number;
  readonly declaredBytes: number;
  readonly inflatedBytes: number;
}

const newline = 0x0a;
const space = 0x20;
const plus = 0x2b;
const minus = 0x2d;
const backslash = 0x5c;
const at = 0x40;

const hunkHead = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

export interface HunkHead {
  /** Lines of each side that come before the hunk. */
  readonly oldFrom: number;
  readonly oldCount: number;
  readonly newFrom: number;
  readonly newCount: number;
}

export const readHunkHead = (line: string): HunkHead | undefined => {
  const head = hunkHead.exec(line);
  if (head === null) return undefined;
  const [oldStart, oldCount, newStart, newCount] = [head[1], head[2] ?? 1, head[3], head[4] ?? 1].map(
    Number,
  ) as [number, number, number, number];
  // An empty side names the line that it comes after.
  const oldFrom = oldCount === 0 ? oldStart : oldStart - 1;
  const newFrom = newCount === 0 ? newStart : newStart - 1;
  return { oldFrom, oldCount, newFrom, newCount };
};

/** Reads the hunks of one file. Counts and positions must be consistent: nothing may be applied at an offset. */
export const readHunks = (lines: PatchLines): Body => {
  let added = 0;
  let removed = 0;
  let oldEnd = 0;
  let hunks = 0;
  while (lines.first() === at) {
    const head = readHunkHead(lines.peek() ?? '') ?? lines.refuse('The hunk header cannot be read.');
    const { oldFrom, oldCount, newFrom, newCount } = head;
    if (oldFrom < oldEnd || (hunks > 0 && oldFrom === oldEnd && oldCount === 0))
      lines.refuse('The hunk overlaps the one before.');
    if (newFrom !== oldFrom + added - removed)
      lines.refuse('The line numbers of the hunk contradict each other.');
    lines.skip();
    let old = oldCount;
    let fresh = newCount;
    const before = added + removed;
    while (old > 0 || fresh > 0) {
      const first = lines.first();
      // diff.suppressBlankEmpty writes an empty context line without its space.
      if (first === space || first === newline) {
        old--;
        fresh--;
      } else if (first === minus) {
        old--;
        removed++;
      } else if (first === plus) {
        fresh--;
        added++;
      } else if (first !== backslash) {
        lines.refuse('The hunk ends before its counts are used up.');
      }
      if (old < 0 || fresh < 0) lines.refuse('The hunk has more lines than its counts say.');
      if (!lines.terminated) lines.refuse('The patch ends in the middle of a line.');
      lines.skip();
    }
    if (lines.first() === backslash) lines.skip();
    if (added + removed === before) lines.refuse('The hunk changes nothing.');
    oldEnd = oldFrom + oldCount;
    hunks++;
  }
  return { added, removed, declaredBytes: 0, inflatedBytes: 0 };
};

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const digits = new Int8Array(256).fill(-1);
for (const [value, char] of [...alphabet].entries()) digits[char.charCodeAt(0)] = value;

/** How many bytes a line of base-85 holds, by its first character; undefined where it is none. */
const lineBytes = (first: number): number | undefined =>
  first >= 65 && first <= 90 ? first - 64 : first >= 97 && first <= 122 ? first - 96 + 26 : undefined;

/** Decodes one line of git's base-85; undefined where it is not well-formed. */
export const decodeBase85 = (line: string): Buffer | undefined => {
  const bytes = lineBytes(line.charCodeAt(0));
  if (bytes === undefined || line.length !== 1 + Math.ceil(bytes / 4) * 5) return undefined;
  const decoded = Buffer.alloc(Math.ceil(bytes / 4) * 4);
  for (let i = 1, to = 0; i < line.length; i += 5, to += 4) {
    let value = 0;
    for (let j = 0; j < 5; j++) {
      const digit = digits[line.charCodeAt(i + j)] ?? -1;
      if (digit < 0) return undefined;
      value = value * 85 + digit;
    }
    if (value > 0xffffffff) return undefined;
    decoded.writeUInt32BE(value, to);
  }
  return decoded.subarray(0, bytes);
};

/** The result size a delta declares, read from its first bytes. */
const deltaResult = (delta: Buffer): number | undefined => {
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; offset < delta.length; shift += 7) {
      const byte = delta[offset++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    return undefined;
  };
  return varint() === undefined ? undefined : varint();
};

/** Reads `GIT binary patch`: the forward half, and the backward half where there is one. */
export const readBinary = (lines: PatchLines): Body => {
  lines.skip();
  const forward = readBinaryHalf(lines);
  const backward = /^(literal|delta) /.test(lines.peek() ?? '') ? readBinaryHalf(lines) : undefined;
  return {
    added: 0,
    removed: 0,
    declaredBytes: forward.result,
    inflatedBytes: forward.size + (backward?.size ?? 0) + Math.max(forward.result, backward?.result ?? 0),
  };
};

const readBinaryHalf = (lines: PatchLines): { size: number; result: number } => {
  const [, method, declared] = /^(literal|delta) (\d{1,15})$/.exec(lines.peek() ?? '') ?? [];
  if (method === undefined) lines.refuse('A binary patch must say literal or delta and a size.');
  const size = Number(declared);
  lines.skip();
  const start: Buffer[] = [];
  let result: number | undefined;
  let count = 0;
  for (let line = lines.peek(); line !== ''; line = lines.peek()) {
    if (line === undefined || !lines.terminated) lines.refuse('The binary patch is cut off.');
    const bytes = lineBytes(line.charCodeAt(0));
    if (bytes === undefined || line.length !== 1 + Math.ceil(bytes / 4) * 5)
      lines.refuse('A line of the binary patch has the wrong length.');
    if (result === undefined && count < startLines) {
      start.push(decodeBase85(line) ?? lines.refuse('A line of the binary patch is not base-85.'));
      if (method === 'delta') result = deltaResult(inflateStart(Buffer.concat(start)));
    }
    count++;
    lines.skip();
  }
  lines.skip();
  if (count === 0) lines.refuse('The binary patch holds no data.');
  if (method === 'literal') return { size, result: size };
  return { size, result: result ?? lines.refuse('The delta of the binary patch cannot be read.') };
};

/**
 * Lines of 52 bytes in which a delta must have said its sizes. The table of codes that deflate may begin with has up to
 * 562 bytes, and nothing can be read before its end.
 */
const startLines = 13;

/**
 * As much as the first lines of compressed data give. They are taken one by one until they say the sizes, as a line of
 * 52 bytes cannot give more than 64 KiB.
 */
const inflateStart = (compressed: Buffer): Buffer => {
  try {
    return inflateSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 << 10 });
  } catch {
    return Buffer.alloc(0);
  }
};
