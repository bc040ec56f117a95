/**
 * Finds all of many words in one pass (Aho–Corasick, as a table): time grows with the input alone, whatever it holds.
 * Letters are taken in either case; who needs the exact ones looks again.
 */
export interface Automaton {
  /** Class of each byte: letters of either case share one, bytes of no word share class 0. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** State times `classes` plus class of the byte → next state. */
  readonly next: Uint16Array;
  /** State → index of its list of words, 0 for none. */
  readonly ends: Uint16Array;
  readonly words: readonly (readonly number[])[];
}

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

interface Trie {
  readonly edges: Map<number, number>[];
  readonly words: number[][];
}

const trieOf = (keywords: readonly string[]): Trie => {
  const edges: Map<number, number>[] = [new Map()];
  const words: number[][] = [[]];
  keywords.forEach((keyword, word) => {
    let state = 0;
    for (const byte of Buffer.from(keyword, 'latin1')) {
      const known = edges[state]!.get(lower(byte));
      if (known === undefined) {
        edges.push(new Map());
        words.push([]);
        edges[state]!.set(lower(byte), edges.length - 1);
      }
      state = known ?? edges.length - 1;
    }
    words[state]!.push(word);
  });
  return { edges, words };
};

/** `keywords` are ASCII and not empty; a word is named by its place among them. */
export const buildAutomaton = (keywords: readonly string[]): Automaton => {
  const { edges, words } = trieOf(keywords);
  const alphabet = [...new Set(edges.flatMap((edge) => [...edge.keys()]))];
  const classes = alphabet.length + 1;
  const classOf = new Uint8Array(256);
  alphabet.forEach((byte, i) => {
    classOf[byte] = i + 1;
    if (byte >= 97 && byte <= 122) classOf[byte - 32] = i + 1;
  });
  const next = new Uint16Array(edges.length * classes);
  const fallback = new Uint16Array(edges.length);
  const queue = [0];
  // Breadth first: the state that a failed step falls back to is complete before it is asked.
  for (let at = 0; at < queue.length; at += 1) {
    const state = queue[at]!;
    for (let cls = 0; cls < classes; cls += 1) {
      const target = cls === 0 ? undefined : edges[state]!.get(alphabet[cls - 1]!);
      const other = state === 0 ? 0 : next[fallback[state]! * classes + cls]!;
      next[state * classes + cls] = target ?? other;
      if (target === undefined) continue;
      fallback[target] = other;
      words[target]!.push(...words[other]!);
      queue.push(target);
    }
  }
  const lists: number[][] = [[]];
  const ends = new Uint16Array(edges.length);
  words.forEach((list, state) => {
    if (list.length > 0) ends[state] = lists.push(list) - 1;
  });
  return { classOf, classes, next, ends, words: lists };
};

/** Calls `hit` with each word and the place behind it, in order; false from it ends the search. */
export const findKeywords = (
  { classOf, classes, next, ends, words }: Automaton,
  bytes: Uint8Array,
  hit: (word: number, end: number) => boolean,
): void => {
  let state = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    state = next[state * classes + classOf[bytes[at]!]!]!;
    if (ends[state] === 0) continue;
    const list = words[ends[state]!]!;
    for (let i = 0; i < list.length; i += 1) if (!hit(list[i]!, at + 1)) return;
  }
};
