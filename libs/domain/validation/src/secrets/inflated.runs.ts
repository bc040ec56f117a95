import { inflateRawSync, constants } from 'node:zlib';
import { lastPlaceOf, type View } from './secret.writings.js';

/** What all compressed parts of one blob may come to; an honest text holds none that large, and all of it is searched. */
export const maxInflated = 1024 * 1024;
/** Each costs a call of zlib, however short it is. */
const maxParts = 400;

export interface Budget {
  bytes: number;
  parts: number;
}
export const newBudget = (): Budget => ({ bytes: maxInflated, parts: maxParts });

/** Where the stream begins behind a header of gzip (RFC 1952) or zlib (RFC 1950); -1 without one. */
const streamAt = (bytes: Buffer, at: number, end: number): number => {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || second === undefined || end - at < 8) return -1;
  if ((first & 15) === 8 && first >> 4 <= 7 && (first * 256 + second) % 31 === 0 && (second & 32) === 0)
    return at + 2;
  if (first !== 0x1f || second !== 0x8b || bytes[at + 2] !== 8) return -1;
  const flags = bytes[at + 3]!;
  let start = at + 10;
  if ((flags & 4) !== 0) start += 2 + (bytes[start] ?? 0) + (bytes[start + 1] ?? 0) * 256;
  for (const flag of [8, 16])
    if ((flags & flag) !== 0) {
      const zero = bytes.indexOf(0, start);
      if (zero < 0) return -1;
      start = zero + 1;
    }
  if ((flags & 2) !== 0) start += 2;
  return start < end ? start : -1;
};

/** Whether a first block may begin there (RFC 1951): to hear it from zlib costs more than to look. */
const mayInflate = (bytes: Buffer, at: number): boolean => {
  const kind = (bytes[at]! >> 1) & 3;
  if (kind !== 0) return kind !== 3;
  const [low, high, notLow, notHigh] = [1, 2, 3, 4].map((i) => bytes[at + i] ?? 0);
  return (low! ^ notLow!) === 255 && (high! ^ notHigh!) === 255;
};

/** As far as it can be read: a stream that is cut or has a wrong sum gives what it has. Null where it is too large. */
const inflate = (bytes: Buffer, most: number): Buffer | null => {
  try {
    return inflateRawSync(bytes, { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? null : Buffer.alloc(0);
  }
};

export interface Inflated {
  readonly views: readonly View[];
  /** All that is compressed was looked at. */
  readonly whole: boolean;
}

/** What compressed parts of a view hold: each of them begins where an origin is, as a decoded run does. */
export const inflatedRuns = (view: View, budget: Budget): Inflated => {
  const { origins } = view;
  const bytes = Buffer.from(view.bytes.buffer, view.bytes.byteOffset, view.bytes.byteLength);
  const parts: Buffer[] = [];
  const made = { origins: [] as number[], ends: [] as number[] };
  let [length, whole] = [0, true];
  for (let i = 0; i < origins.length && whole; i += 2) {
    const end = origins[i + 2] ?? bytes.length;
    const start = streamAt(bytes, origins[i]!, end);
    if (start < 0 || !mayInflate(bytes, start)) continue;
    budget.parts -= 1;
    const part = budget.parts < 0 ? null : inflate(bytes.subarray(start, end), Math.max(budget.bytes, 1));
    whole = part !== null;
    if (part === null || part.length === 0) continue;
    budget.bytes -= part.length;
    made.origins.push(length, origins[i + 1]!);
    made.ends.push(lastPlaceOf(view, end - 1) + 1);
    parts.push(part, Buffer.from('\n'));
    length += part.length + 1;
  }
  if (length === 0) return { views: [], whole };
  const of = view.of === undefined ? {} : { of: view.of };
  const inflated: View = { writing: 'compressed', bytes: Buffer.concat(parts), ...made, grown: true, ...of };
  return { views: [inflated], whole };
};
