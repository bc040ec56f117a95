import { runAfter, runBefore, tokenTable } from './byte.text.js';
import type { RawHit, Span } from './secret.hit.js';

/** A rule may know only the beginning of what it found, so whatever a credential can be made of goes with it. */
const chars = tokenTable('+/=.~');
/** A rule looks a little before its keyword, and an address has its password behind a name. */
const before = 4;
const window = 700;
/** The largest key that anybody uses has some 13 KB; one without an end goes on to the end of the file. */
const maxArmour = 32 * 1024;
const maxRun = 16 * 1024;

/** The lines that two places stand in, and all between. */
export const linesOf = (bytes: Buffer, first: number, last: number): Span => {
  const from = first <= 0 ? 0 : bytes.lastIndexOf(10, first - 1) + 1;
  const end = bytes.indexOf(10, Math.max(first, last));
  return [from, end < 0 ? bytes.length : end];
};

const armourOf = (bytes: Buffer, offset: number): Span => {
  const end = bytes.indexOf('-----END', offset, 'latin1');
  return end < 0 || end - offset > maxArmour
    ? [linesOf(bytes, offset, offset)[0], bytes.length]
    : linesOf(bytes, offset, end);
};

/** What to take out of a text so that the credential is not in it: no less, even where that is more than itself. */
export const spanOf = (bytes: Buffer, { rule, token, offset, writing }: RawHit): Span => {
  if (rule === 'private-key') return armourOf(bytes, offset);
  if (writing !== 'plain' || token === '') return linesOf(bytes, offset, offset);
  const start = Math.max(0, offset - before);
  const at = bytes.subarray(start, offset + window).indexOf(token, 0, 'latin1');
  if (at < 0) return linesOf(bytes, offset, offset);
  const [from, to] = [start + at, start + at + token.length];
  const [left, right] = [runBefore(bytes, from, chars, maxRun), runAfter(bytes, to, chars, maxRun)];
  return Math.max(left, right) === maxRun ? linesOf(bytes, from, to) : [from - left, to + right];
};
