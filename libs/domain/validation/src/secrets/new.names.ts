import type { RawPath } from '@gatehouse/policy';
import type { ChangeEntry } from '../facts.js';

/** The key of what was found in them: no object has such an id. */
export const newNames = 'names';

/** Paths that are new: a name is published as much as content is. In this order they are scanned, one on a line. */
export const namesOf = (entries: readonly ChangeEntry[]): RawPath[] =>
  // A newline in a name is refused by itself; here it must not shift the others.
  entries.filter(({ status }) => status === 'A').map(({ path }) => path.replaceAll('\n', ' ') as RawPath);
