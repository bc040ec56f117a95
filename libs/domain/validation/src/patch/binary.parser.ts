import { inflateSync, constants } from 'node:zlib';
import type { BinaryHunk } from './parsed.js';
import type { PatchReader } from './patch.reader.js';
import { refuse } from './refused.js';

/** What the binary parts of one patch share. */
export interface BinaryWork {
  /** Bytes that may still be inflated for checking; what is beyond is judged by what it declares. */
  budget: number;
  /** Holds the data of one half at a time; made for the first, as large as what is left of the patch allows. */
  scratch: Buffer | null;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
/** By a byte: its digit; by two, the second one eight bits up: the number they make. -1 for what is no letter. */
const digitOf = new Int16Array(256).fill(-1);
const pairOf = new Int16Array(1 << 16).fill(-1);
for (let i = 0; i < alphabet.length; i += 1) digitOf[alphabet.charCodeAt(i)] = i;
for (const high of alphabet)
  for (const low of alphabet) {
    const [first, second] = [high.charCodeAt(0), low.charCodeAt(0)];
    pairOf[first | (second << 8)] = digitOf[first]! * 85 + digitOf[second]!;
  }
/** The largest word is 85 times this, so that its last letter can only be a zero. */
const maxFour = 50_529_027;

const newline = 0x0a;
const maxLineBytes = 52;
/** Deflated bytes that surely hold a delta's two sizes, Huffman tables included; inflates to 1 MiB at most. */
const prefixBytes = 1024;

const lengthOf = (letter: number): number => {
  if (letter >= 0x41 && letter <= 0x5a) return letter - 0x40;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x60 + 26 : 0;
};

/** What is wrong with data that stop making sense at the line where the reader is. */
const refuseData = (reader: PatchReader, start: number, startLine: number): never =>
  reader.bytes.indexOf('\n\n', start) < 0
    ? refuse('patch.truncated', startLine, 'Binary data do not end in a blank line.')
    : refuse('patch.binary', reader.line);

/** Decodes the base85 lines up to the blank line that ends them. */
const readData = (reader: PatchReader, work: BinaryWork): Buffer => {
  const { bytes, words, at: start, line: startLine } = reader;
  // Five letters make four bytes; a last group of fewer is written in full, too.
  work.scratch ??= Buffer.allocUnsafe(bytes.length - start + 4);
  const data = work.scratch;
  const filling = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let filled = 0;
  let last = maxLineBytes;
  while (bytes[reader.at] !== newline) {
    const length = reader.ended ? 0 : lengthOf(bytes[reader.at]!);
    const end = reader.at + 1 + Math.ceil(length / 4) * 5;
    if (length === 0 || last !== maxLineBytes || bytes[end] !== newline) refuseData(reader, start, startLine);
    // What is no letter makes a number negative: looked at once for a line, since a branch for each group costs as
    // much as the rest.
    let bad = 0;
    for (let at = reader.at + 1, to = filled; at < end; at += 5, to += 4) {
      const letters = words.getInt32(at, true);
      const high = pairOf[letters & 0xffff]!;
      const low = pairOf[letters >>> 16]!;
      const digit = digitOf[bytes[at + 4]!]!;
      const four = Math.imul(high, 7225) + low;
      bad |= high | low | digit;
      if (four >= maxFour && (four > maxFour || digit > 0)) refuseData(reader, start, startLine);
      filling.setInt32(to, (Math.imul(four, 85) + digit) | 0);
    }
    if (bad < 0) refuseData(reader, start, startLine);
    filled += length;
    last = length;
    reader.at = end + 1;
    reader.line += 1;
  }
  if (filled === 0) refuseData(reader, start, startLine);
  reader.at += 1;
  reader.line += 1;
  return data.subarray(0, filled);
};

/** Inflates to exactly `size` bytes; never holds more than one byte above. */
const inflate = (data: Buffer, size: number, line: number): Buffer => {
  try {
    // One chunk for most, and no more memory than that for a size that lies.
    const chunkSize = Math.min(Math.max(size + 1, 64), 1 << 20);
    const options = { maxOutputLength: size + 1, chunkSize, info: true };
    const { buffer, engine } = inflateSync(data, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (buffer.length === size && engine.bytesWritten === data.length) return buffer;
    return refuse('patch.size_lie', line);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_BUFFER_TOO_LARGE') return refuse('patch.size_lie', line);
    if (code?.startsWith('Z_') === true) return refuse('patch.binary', line, 'They do not inflate.');
    throw error;
  }
};

const inflatePrefix = (data: Buffer, line: number): Buffer => {
  try {
    return inflateSync(data.subarray(0, prefixBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return refuse('patch.binary', line, 'They do not inflate.');
  }
};

/** Git's variable-length size: seven bits a byte, the lowest first. */
const readSize = (delta: Buffer, from: number, line: number): { size: number; end: number } => {
  let size = 0;
  for (let at = from, factor = 1; at < delta.length && factor < 2 ** 50; at += 1, factor *= 128) {
    const byte = delta[at]!;
    size += (byte & 0x7f) * factor;
    if (byte < 0x80) return { size, end: at + 1 };
  }
  return refuse('patch.binary', line, 'A delta has no size.');
};

/** Bits of a copy instruction that say which bytes of its offset (four) and its size (three) follow. */
const copyLength = (delta: Buffer, at: number): { bytes: number; size: number } => {
  const command = delta[at]!;
  let next = at + 1;
  let size = 0;
  for (let bit = 0; bit < 7; bit += 1) {
    if ((command & (1 << bit)) === 0) continue;
    if (bit >= 4) size += (delta[next] ?? 0) * 2 ** (8 * (bit - 4));
    next += 1;
  }
  return { bytes: next - at, size: size === 0 ? 0x10000 : size };
};

/** Walks the instructions of a delta without carrying them out: what they make must have the declared size. */
const checkDelta = (delta: Buffer, from: number, target: number, line: number): void => {
  let made = 0;
  let at = from;
  while (at < delta.length) {
    const command = delta[at]!;
    if (command === 0) refuse('patch.binary', line, 'A delta has a reserved instruction.');
    const step = command >= 0x80 ? copyLength(delta, at) : { bytes: command + 1, size: command };
    at += step.bytes;
    made += step.size;
    if (at > delta.length || made > target) refuse('patch.size_lie', line);
  }
  if (made !== target) refuse('patch.size_lie', line);
};

/** One half of a binary patch: its sizes are read before anything is inflated, and then held to it. */
export const parseBinaryHunk = (reader: PatchReader, work: BinaryWork): BinaryHunk => {
  const { line } = reader;
  if (reader.ended) refuse('patch.truncated', line, 'Half of a binary patch is missing.');
  const head = /^(literal|delta) (0|[1-9][0-9]{0,11})$/.exec(reader.takeHeader());
  if (head === null) return refuse('patch.binary', line);
  const method = head[1] as BinaryHunk['method'];
  const declared = Number(head[2]);
  const data = readData(reader, work);
  const whole = declared <= work.budget;
  const inflated = whole ? inflate(data, declared, line) : null;
  if (whole) work.budget -= declared;
  if (method === 'literal') return { method, declared, deflated: data.length, target: declared };
  const delta = inflated ?? inflatePrefix(data, line);
  const source = readSize(delta, 0, line);
  const target = readSize(delta, source.end, line);
  if (inflated !== null) checkDelta(delta, target.end, target.size, line);
  return { method, declared, deflated: data.length, target: target.size };
};
