import type { PathKey } from '../workspace/tree.name.js';
import type { TreeStep } from '../workspace/tree.patcher.js';

/** What one path is in the base and in the candidate; null where it is not there. */
export interface ChangedEntry {
  readonly path: PathKey;
  readonly old: TreeStep['entry'];
  readonly made: TreeStep['entry'];
  readonly oldOid: string;
  readonly newOid: string;
}

/** A tree near that of the base: steps from there, one list after the other. */
export type Variant = readonly (readonly TreeStep[])[];

export const candidateOf = (entries: readonly ChangedEntry[]): Variant => [
  entries.map(({ path, made }) => ({ path, entry: made })),
];

/** The candidate with some paths as the base has them. Those come last, so that nothing new can lie in their place. */
export const withBase = (entries: readonly ChangedEntry[], paths: ReadonlySet<PathKey>): Variant => [
  entries.filter(({ path }) => !paths.has(path)).map(({ path, made }) => ({ path, entry: made })),
  entries.filter(({ path }) => paths.has(path)).map(({ path, old }) => ({ path, entry: old })),
];
