import { emptyTree } from '../git.environment.js';
import { formatTree, hashObject, isDirectoryMode, type RawEntry } from './tree.format.js';

/** What a path is to become; `entry` undefined deletes it. */
export interface PathChange {
  readonly path: Buffer;
  readonly entry: { readonly mode: string; readonly oid: string } | undefined;
}

/** Two paths of one tree that are one on a file system that folds case or normalises Unicode. */
export interface PathTwins {
  readonly path: Buffer;
  readonly twin: Buffer;
}

export interface NewTree {
  readonly oid: string;
  readonly entries: readonly RawEntry[];
}

export type TreeAnswer =
  | {
      readonly ok: true;
      readonly tree: string;
      /** Trees that do not exist in the base, children before parents. */
      readonly trees: readonly NewTree[];
      /** Twins of the paths that are new. */
      readonly twins: readonly PathTwins[];
    }
  | { readonly ok: false; readonly path: Buffer; readonly detail: string };

/** Reads the entries of a tree of the base. */
export type LoadTree = (oid: string) => Promise<readonly RawEntry[]>;

const kinds: Record<string, string> = { '120000': 'a symbolic link', '160000': 'a submodule' };
const kindOf = (mode: string): string => (isDirectoryMode(mode) ? 'a directory' : (kinds[mode] ?? 'a file'));

/** Equal for names that some file system takes for the same. */
export const foldName = (name: Buffer): string =>
  name.toString('utf8').normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');

class Conflict {
  constructor(
    readonly path: string,
    readonly detail: string,
  ) {}
}

interface Pending {
  leaf: PathChange | undefined;
  readonly below: { readonly change: PathChange; readonly rest: string }[];
}

/**
 * The tree that a base becomes when some paths change. Only directories on the way to a change are read, so the cost
 * follows the change and not the repository. What cannot be in one tree together is an answer, never resolved.
 */
export const editTree = async (
  load: LoadTree,
  base: string,
  changes: readonly PathChange[],
): Promise<TreeAnswer> => {
  const trees = new Map<string, NewTree>();
  const twins: PathTwins[] = [];

  const edit = async (
    tree: string | undefined,
    at: string,
    pending: readonly { readonly change: PathChange; readonly rest: string }[],
  ): Promise<string | undefined> => {
    const entries = new Map<string, RawEntry>();
    for (const entry of tree === undefined ? [] : await load(tree))
      entries.set(entry.name.toString('latin1'), entry);
    const added: string[] = [];
    for (const [name, { leaf, below }] of groupByName(pending, at)) {
      const path = at === '' ? name : `${at}/${name}`;
      const existing = entries.get(name);
      const isDirectory = existing !== undefined && isDirectoryMode(existing.mode);
      if (leaf !== undefined && leaf.entry === undefined && existing === undefined)
        throw new Conflict(path, 'it is to be deleted but does not exist in the base');
      if (leaf !== undefined && leaf.entry === undefined && isDirectory)
        throw new Conflict(path, 'it is to be deleted as a file but is a directory in the base');
      let next: { mode: string; oid: string } | undefined = leaf?.entry;
      if (below.length > 0) {
        if (existing !== undefined && !isDirectory && leaf === undefined)
          throw new Conflict(path, `it is ${kindOf(existing.mode)} in the base, so nothing can lie below it`);
        const subtree = await edit(isDirectory ? existing.oid : undefined, path, below);
        if (subtree !== undefined && next !== undefined)
          throw new Conflict(path, 'it would be a file and a directory at once');
        if (subtree !== undefined) next = { mode: '40000', oid: subtree };
      } else if (isDirectory && next !== undefined) {
        throw new Conflict(
          path,
          'it is a directory in the base and would become a file without its content being deleted',
        );
      }
      if (next === undefined) entries.delete(name);
      else {
        if (existing === undefined) added.push(name);
        entries.set(name, { ...next, name: Buffer.from(name, 'latin1') });
      }
    }
    findTwins(entries, added, at, twins);
    if (entries.size === 0) return undefined;
    const kept = [...entries.values()];
    const oid = hashObject('tree', formatTree(kept));
    if (oid !== tree) trees.set(oid, { oid, entries: kept });
    return oid;
  };

  try {
    const all = changes.map((change) => ({ change, rest: change.path.toString('latin1') }));
    return { ok: true, tree: (await edit(base, '', all)) ?? emptyTree, trees: [...trees.values()], twins };
  } catch (error) {
    if (error instanceof Conflict)
      return { ok: false, path: Buffer.from(error.path, 'latin1'), detail: error.detail };
    throw error;
  }
};

const groupByName = (
  pending: readonly { readonly change: PathChange; readonly rest: string }[],
  at: string,
): Map<string, Pending> => {
  const groups = new Map<string, Pending>();
  for (const { change, rest } of pending) {
    const slash = rest.indexOf('/');
    const name = slash < 0 ? rest : rest.slice(0, slash);
    if (name === '' || name === '.' || name === '..')
      throw new Conflict(`${at}/${rest}`, 'a path may not hold empty, "." or ".." parts');
    const group = groups.get(name) ?? { leaf: undefined, below: [] };
    groups.set(name, group);
    if (slash >= 0) group.below.push({ change, rest: rest.slice(slash + 1) });
    else if (group.leaf !== undefined)
      throw new Conflict(at === '' ? name : `${at}/${name}`, 'it is changed twice');
    else group.leaf = change;
  }
  return groups;
};

const findTwins = (
  entries: ReadonlyMap<string, RawEntry>,
  added: readonly string[],
  at: string,
  twins: PathTwins[],
): void => {
  if (added.length === 0) return;
  const wanted = new Map(added.map((name) => [foldName(Buffer.from(name, 'latin1')), name]));
  const full = (name: string) => Buffer.from(at === '' ? name : `${at}/${name}`, 'latin1');
  for (const [name, entry] of entries) {
    const twin = wanted.get(foldName(entry.name));
    if (twin !== undefined && twin !== name) twins.push({ path: full(twin), twin: full(name) });
  }
};
