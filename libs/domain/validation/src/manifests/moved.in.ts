import type { Dependency, Manifest } from './dependency.js';

/**
 * Dependencies that were fetched before and are a folder of the repository now: nothing new comes in, and still the
 * name does not say any more what is installed.
 */
export const movedIn = (old: Manifest | null, fresh: readonly Dependency[]): Dependency[] => {
  const fetched = new Set(
    old?.dependencies.flatMap(({ name, source }) => (source.kind === 'local' ? [] : [name])),
  );
  return fresh.filter(({ name, source }) => source.kind === 'local' && fetched.has(name));
};
