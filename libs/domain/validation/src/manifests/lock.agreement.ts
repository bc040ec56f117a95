import type { Dependency, Manifest } from './dependency.js';

/** A package.json and the lockfile it falls under. */
export interface Pair {
  readonly manifest: Manifest;
  readonly lock: Manifest;
  /** Of the manifest, as the lockfile names it: relative to its own folder. */
  readonly dir: string;
}

const isAsked = ({ source }: Dependency): boolean => source.kind !== 'local';

/** Dependencies of the manifest for which the lockfile has no answer, or one to another question. */
export const disagreements = ({ manifest, lock, dir }: Pair): Dependency[] => {
  const { wants, answers } = lock;
  const asked = manifest.dependencies.filter(isAsked);
  if (wants !== undefined) {
    const here = wants.get(dir);
    // The lockfile does not speak of this folder at all: it is no workspace of it.
    if (here === undefined) return [];
    return asked.filter(({ name, version, alias }) => {
      const range = here.get(name);
      return range !== version && range !== `npm:${alias}@${version}`;
    });
  }
  if (answers === undefined) return [];
  return asked.filter(
    ({ name, version }) => !answers.has(`${name}@${version}`) && !answers.has(`${name}@npm:${version}`),
  );
};

/** Folders whose wishes the lockfile has changed. */
export const changedWants = (old: Manifest, made: Manifest): string[] => {
  const folders = new Set([...(old.wants?.keys() ?? []), ...(made.wants?.keys() ?? [])]);
  const textOf = (wants: ReadonlyMap<string, string> | undefined): string =>
    JSON.stringify([...(wants ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...folders].filter((dir) => textOf(old.wants?.get(dir)) !== textOf(made.wants?.get(dir)));
};
