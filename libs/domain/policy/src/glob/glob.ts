import { rawPathOfText, type RawPath } from './path.js';

/** A compiled `PathGlob` of the contracts; `null` stands for `**`. */
export interface Glob {
  readonly pattern: string;
  readonly segments: readonly (string | null)[];
}

/** Counts comparisons: lets a test prove the bound without a clock. */
export interface Steps {
  count: number;
}

const uncounted: Steps = { count: 0 };

const STAR = 0x2a;
const ANY = 0x3f;

/** Patterns are text; they are compared as the bytes that git stores. */
export const compileGlob = (pattern: string): Glob => {
  const segments: (string | null)[] = [];
  for (const part of rawPathOfText(pattern).split('/')) {
    if (part !== '**') segments.push(part);
    else if (segments.at(-1) !== null) segments.push(null);
  }
  // A last `**` asks for at least one segment, so that `src/**` is what lies below src and not src itself.
  if (segments.at(-1) === null) segments.push('*');
  return { pattern, segments };
};

/** End of the UTF-8 character that begins at `at`; a byte that begins none counts as one character. */
const nextCharacter = (text: string, at: number): number => {
  const lead = text.charCodeAt(at);
  const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
  let end = at + 1;
  while (end <= at + more && (text.charCodeAt(end) & 0xc0) === 0x80) end += 1;
  return end === at + more + 1 ? end : at + 1;
};

// Both matchers return to the last star only: an earlier star can never do better, since everything between two
// stars has already been matched as far left as it goes. That bounds them by pattern × path comparisons.
const matchSegment = (pattern: string, text: string, steps: Steps): boolean => {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let retryAt = 0;
  while (t < text.length) {
    steps.count += 1;
    const want = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (want === STAR) {
      starAt = p;
      retryAt = t;
      p += 1;
    } else if (want === ANY) {
      p += 1;
      t = nextCharacter(text, t);
    } else if (want === text.charCodeAt(t)) {
      p += 1;
      t += 1;
    } else if (starAt >= 0) {
      retryAt = nextCharacter(text, retryAt);
      p = starAt + 1;
      t = retryAt;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p += 1;
  return p === pattern.length;
};

/** As `globMatches`, of a path that was cut at its slashes. */
export const matchSegments = (glob: Glob, segments: readonly string[], steps: Steps = uncounted): boolean => {
  let p = 0;
  let s = 0;
  let starAt = -1;
  let retryAt = 0;
  while (s < segments.length) {
    steps.count += 1;
    const want = glob.segments[p];
    if (want === null) {
      starAt = p;
      retryAt = s;
      p += 1;
    } else if (want !== undefined && matchSegment(want, segments[s]!, steps)) {
      p += 1;
      s += 1;
    } else if (starAt >= 0) {
      retryAt += 1;
      p = starAt + 1;
      s = retryAt;
    } else {
      return false;
    }
  }
  return p === glob.segments.length;
};

export const globMatches = (glob: Glob, path: RawPath, steps: Steps = { count: 0 }): boolean =>
  matchSegments(glob, path.split('/'), steps);

/** Many patterns at once; each path is held against those alone that can match it. */
export interface GlobSet {
  readonly patterns: readonly string[];
  /** The first pattern that matches, in the order given; null where none does. */
  match(path: RawPath): string | null;
}

/** Stands for itself alone. */
export const isPlain = (segment: string | null | undefined): segment is string =>
  typeof segment === 'string' && !segment.includes('*') && !segment.includes('?');

interface Entry {
  readonly order: number;
  readonly glob: Glob;
}

type Shelf<Key> = Map<Key, Entry[]>;

/** Where a path has nothing of a pattern that stands for itself, the pattern cannot match it. */
interface Shelves {
  readonly byFirst: Shelf<string>;
  readonly byLast: Shelf<string>;
  /** By a segment that stands somewhere. */
  readonly byAny: Shelf<string>;
  /** By the last and by the first byte of the last segment. */
  readonly byEnd: Shelf<number>;
  readonly byStart: Shelf<number>;
  readonly anywhere: Entry[];
}

const put = <Key>(shelf: Shelf<Key>, key: Key, entry: Entry): void => {
  const known = shelf.get(key);
  if (known === undefined) shelf.set(key, [entry]);
  else known.push(entry);
};

const isPlainByte = (byte: number): boolean => byte !== STAR && byte !== ANY;

const place = (shelves: Shelves, entry: Entry): void => {
  const { segments } = entry.glob;
  const [first, last] = [segments[0], segments.at(-1)];
  if (isPlain(first)) return put(shelves.byFirst, first, entry);
  if (isPlain(last)) return put(shelves.byLast, last, entry);
  const any = segments.find(isPlain);
  if (any !== undefined) return put(shelves.byAny, any, entry);
  // A glob never ends in `**`, and no segment of it is empty.
  const [start, end] = [last!.charCodeAt(0), last!.charCodeAt(last!.length - 1)];
  if (isPlainByte(end)) return put(shelves.byEnd, end, entry);
  if (isPlainByte(start)) return put(shelves.byStart, start, entry);
  shelves.anywhere.push(entry);
};

const firstOf = (
  entries: readonly Entry[] | undefined,
  segments: readonly string[],
  before: Entry | null,
): Entry | null => {
  if (entries === undefined) return before;
  for (const entry of entries) {
    if (before !== null && entry.order >= before.order) return before;
    if (matchSegments(entry.glob, segments)) return entry;
  }
  return before;
};

export const globSet = (patterns: readonly string[]): GlobSet => {
  const shelves: Shelves = {
    byFirst: new Map(),
    byLast: new Map(),
    byAny: new Map(),
    byEnd: new Map(),
    byStart: new Map(),
    anywhere: [],
  };
  patterns.forEach((pattern, order) => place(shelves, { order, glob: compileGlob(pattern) }));
  const { byFirst, byLast, byAny, byEnd, byStart, anywhere } = shelves;
  // It matches every path, and nothing comes before it.
  if (patterns[0] === '**') return { patterns, match: () => '**' };
  return {
    patterns,
    match: (path) => {
      const segments = path.split('/');
      const last = segments[segments.length - 1]!;
      let found = firstOf(anywhere, segments, null);
      if (byFirst.size > 0) found = firstOf(byFirst.get(segments[0]!), segments, found);
      if (byLast.size > 0) found = firstOf(byLast.get(last), segments, found);
      if (byAny.size > 0)
        for (const segment of segments) found = firstOf(byAny.get(segment), segments, found);
      if (byEnd.size > 0) found = firstOf(byEnd.get(last.charCodeAt(last.length - 1)), segments, found);
      if (byStart.size > 0) found = firstOf(byStart.get(last.charCodeAt(0)), segments, found);
      return found?.glob.pattern ?? null;
    },
  };
};
