import { compileGlob } from './glob.js';

type Part = string | null;

const beyondAscii = /[^\x20-\x7e]/;

/** Whether one name matches both patterns, of which each may hold `*` and `?`. */
const namesOverlap = (a: string, b: string): boolean => {
  // A question mark stands for a character, the patterns are bytes: whoever asks only wants to hear a sure no.
  if ((a.includes('?') || b.includes('?')) && (beyondAscii.test(a) || beyondAscii.test(b))) return true;
  let row = new Set([0]);
  const spread = (spots: Set<number>): Set<number> => {
    for (const at of spots) if (b[at] === '*') spots.add(at + 1);
    return spots;
  };
  row = spread(row);
  for (const byte of a) {
    const next = new Set<number>();
    if (byte === '*') {
      // It takes nothing, or as much as is left of the other one.
      const first = Math.min(...row);
      for (let at = first; at <= b.length; at += 1) next.add(at);
    } else
      for (const at of row) {
        if (b[at] === '*') next.add(at);
        else if (at < b.length && (byte === '?' || b[at] === '?' || b[at] === byte)) next.add(at + 1);
      }
    row = spread(next);
    if (row.size === 0) return false;
  }
  return row.has(b.length);
};

/** False only where no path matches both globs. */
export const globsOverlap = (one: string, other: string): boolean => {
  const a: readonly Part[] = compileGlob(one).segments;
  const b: readonly Part[] = compileGlob(other).segments;
  const known = new Map<number, boolean>();
  const from = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    const before = known.get(key);
    if (before !== undefined) return before;
    const [x, y] = [a[i], b[j]];
    let found: boolean;
    if (x === undefined || y === undefined) found = x === undefined && y === undefined;
    else if (x === null || y === null)
      found = (x === null && from(i + 1, j)) || (y === null && from(i, j + 1)) || further(i, j, x, y);
    else found = namesOverlap(x, y) && from(i + 1, j + 1);
    known.set(key, found);
    return found;
  };
  /** A `**` takes one more segment of the other side. */
  const further = (i: number, j: number, x: Part, y: Part): boolean =>
    x === null && y === null ? false : x === null ? from(i, j + 1) : from(i + 1, j);
  return from(0, 0);
};
