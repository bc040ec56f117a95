import { globSet } from './glob.js';
import { rawPathOfText, textOfPath, type RawPath } from './path.js';

/** Code points that HFS+ leaves out when it compares names. */
const ignorable = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

const plain = /^[ -~]*$/;

export const foldText = (text: string): string =>
  text.normalize('NFC').replace(ignorable, '').toUpperCase().toLowerCase().normalize('NFC');

/**
 * The path as file systems see it that do not tell case or Unicode forms apart (macOS, Windows). Bytes that are
 * not UTF-8 fold by ASCII letters alone.
 */
export const foldPath = (path: string): RawPath => {
  // A folder of 100,000 names is folded for one new file in it, and nearly all of them are plain.
  if (plain.test(path)) return path.toLowerCase() as RawPath;
  const text = textOfPath(path);
  if (text !== null) return rawPathOfText(foldText(text));
  return path.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) as RawPath;
};

/** Patterns of things that must not be. */
export interface ForbidSet {
  /** The pattern that forbids the path; null where none does. */
  match(path: RawPath): string | null;
}

/**
 * Forbids match folded as well: `.GitHub/Workflows` is `.github/workflows` on a machine that folds case, and a
 * forbid that errs should err on the side of no. What is allowed is matched by exact bytes (`globSet`).
 */
export const forbidSet = (patterns: readonly string[]): ForbidSet => {
  const exact = globSet(patterns);
  const folded = globSet(patterns.map(foldText));
  const altered = globSet(folded.patterns.filter((pattern, i) => pattern !== patterns[i]));
  return {
    match: (path) => {
      const hit = exact.match(path);
      if (hit !== null) return hit;
      const other = foldPath(path);
      // A path that folding leaves as it is was held against the patterns that it leaves as they are just now.
      const pattern = (other === path ? altered : folded).match(other);
      return pattern === null ? null : (patterns[folded.patterns.indexOf(pattern)] ?? pattern);
    },
  };
};
