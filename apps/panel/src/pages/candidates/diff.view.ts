import type { FileChange } from '@gatehouse/contracts';
import type { Found } from './found.js';

/** A small change is open as a whole. */
export const openUpTo = 8;
/** Of a large one, that many files with findings. */
export const openFound = 20;
/** Closed files beyond these are there when asked for. */
export const listedUpTo = 40;

type Files = readonly Pick<FileChange, 'path'>[];
type ByPath = ReadonlyMap<string, readonly Found[]>;

/** The files that are open at first: all of a few, else those in which something was found. */
export const beginOpen = (files: Files, found: ByPath): ReadonlySet<string> => {
  const paths = files.map(({ path }) => path);
  if (paths.length <= openUpTo) return new Set(paths);
  return new Set(paths.filter((path) => found.has(path)).slice(0, openFound));
};

/** The files that are listed at first: the first ones, and all in which something was found. */
export const listed = <T extends Pick<FileChange, 'path'>>(files: readonly T[], found: ByPath): T[] =>
  files.filter(({ path }, i) => i < listedUpTo || found.has(path));
