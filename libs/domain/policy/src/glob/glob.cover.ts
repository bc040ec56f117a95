import { compileGlob } from './glob.js';
import type { RawPath } from './path.js';

/**
 * Is every path that one glob matches also matched by one of others? Answered exactly by walking both patterns
 * side by side over a path that is made up on the way; null where that took more steps than are worth it.
 */

/** Position in a pattern: segment and byte within it. Past the last segment is the accepting end. */
type Spot = readonly [segment: number, at: number];
type Pattern = readonly (string | null)[];

const SLASH = '/';
/** Stands for every byte that no pattern names. */
const otherCandidates = 'xyzqvwkjhgfbpmucdlrnsioate0123456789';
const beyondAscii = /[^\x20-\x7e]/;

const key = ([segment, at]: Spot): string => `${segment}:${at}`;

/** Spots that are reached without reading anything. */
const close = (pattern: Pattern, spots: readonly Spot[]): Map<string, Spot> => {
  const reached = new Map<string, Spot>();
  const todo = [...spots];
  for (let spot = todo.pop(); spot !== undefined; spot = todo.pop()) {
    if (reached.has(key(spot))) continue;
    reached.set(key(spot), spot);
    const [segment, at] = spot;
    const part = pattern[segment];
    if (part === null && at === 0) todo.push([segment + 1, 0]);
    else if (typeof part === 'string' && part[at] === '*') todo.push([segment, at + 1]);
  }
  return reached;
};

// Inside `**` a segment is read with at = 1; its end leads back to at = 0, where the next may begin or not.
const step = (pattern: Pattern, spots: Iterable<Spot>, byte: string): Spot[] => {
  const next: Spot[] = [];
  for (const [segment, at] of spots) {
    const part = pattern[segment];
    if (part === undefined) continue;
    if (part === null) {
      if (byte !== SLASH) next.push([segment, 1]);
      else if (at === 1) next.push([segment, 0]);
      continue;
    }
    if (byte === SLASH) {
      if (at === part.length && segment + 1 < pattern.length) next.push([segment + 1, 0]);
    } else if (part[at] === '*') {
      next.push([segment, at]);
    } else if (at < part.length && (part[at] === '?' || part[at] === byte)) {
      next.push([segment, at + 1]);
    }
  }
  return next;
};

// compileGlob never leaves `**` last, so only the end of the last segment accepts.
const accepts = (pattern: Pattern, spots: Iterable<Spot>): boolean => {
  for (const [segment, at] of spots) {
    const part = pattern[segment];
    if (segment === pattern.length - 1 && typeof part === 'string' && at === part.length) return true;
  }
  return false;
};

const alphabetOf = (patterns: readonly Pattern[]): string[] => {
  const named = new Set<string>();
  for (const part of patterns.flat())
    for (const byte of part ?? '') if (byte !== '*' && byte !== '?') named.add(byte);
  const other = [...otherCandidates].find((byte) => !named.has(byte)) ?? '\x7f';
  return [...named, other, SLASH];
};

/** Spots that may still be looked at; one budget can serve many questions. */
export interface CoverBudget {
  left: number;
}

/** About half a second of work. */
export const coverBudget = (): CoverBudget => ({ left: 300_000 });

interface State {
  readonly mine: Map<string, Spot>;
  /** Only those that can still match. */
  readonly theirs: ReadonlyMap<number, Map<string, Spot>>;
  readonly path: string;
  readonly inName: boolean;
}

const idOf = ({ mine, theirs, inName }: State): string =>
  JSON.stringify([
    inName,
    [...mine.keys()].sort(),
    [...theirs].map(([i, spots]) => [i, [...spots.keys()].sort()]),
  ]);

const alive = (patterns: Iterable<[number, Map<string, Spot>]>): Map<number, Map<string, Spot>> =>
  new Map([...patterns].filter(([, spots]) => spots.size > 0));

/**
 * A path that `glob` matches and none of `others` does; undefined where there is none, null where the budget
 * does not suffice to say, or where `?` would have to stand for characters of several bytes.
 */
export const uncovered = (
  glob: string,
  others: readonly string[],
  budget: CoverBudget = coverBudget(),
): RawPath | undefined | null => {
  if (others.includes(glob) || others.includes('**')) return undefined;
  budget.left -= others.length;
  if (budget.left < 0) return null;
  const all = [glob, ...others];
  if (all.some((text) => text.includes('?')) && all.some((text) => beyondAscii.test(text))) return null;
  const mine = compileGlob(glob).segments;
  const theirs = others.map((other) => compileGlob(other).segments);
  const alphabet = alphabetOf([mine, ...theirs]);
  const begin: State = {
    mine: close(mine, [[0, 0]]),
    theirs: alive(theirs.map((pattern, i) => [i, close(pattern, [[0, 0]])])),
    path: '',
    inName: false,
  };
  const seen = new Set([idOf(begin)]);
  const queue = [begin];
  for (const state of queue) {
    const taken = [...state.theirs].some(([i, spots]) => accepts(theirs[i]!, spots.values()));
    if (state.inName && !taken && accepts(mine, state.mine.values())) return state.path as RawPath;
    for (const byte of alphabet) {
      // A path has no empty segment.
      if (byte === SLASH && !state.inName) continue;
      const next = close(mine, step(mine, state.mine.values(), byte));
      budget.left -= 1 + state.mine.size;
      if (next.size === 0) continue;
      // A pattern of many stars stands in many places at once, and each of them costs.
      for (const spots of state.theirs.values()) budget.left -= 1 + spots.size;
      if (budget.left < 0) return null;
      const after: State = {
        mine: next,
        theirs: alive(
          [...state.theirs].map(([i, spots]) => [
            i,
            close(theirs[i]!, step(theirs[i]!, spots.values(), byte)),
          ]),
        ),
        path: state.path + byte,
        inName: byte !== SLASH,
      };
      const id = idOf(after);
      if (seen.has(id)) continue;
      seen.add(id);
      queue.push(after);
    }
  }
  return undefined;
};
