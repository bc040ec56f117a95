import type { RawPath } from '@gatehouse/policy';
import { foldersOf, type ChangeEntry, type FolderName, type TreeFacts } from './facts.js';

const none = '000000';
const folderMode = '040000';

const parentOf = (path: string): RawPath => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) as RawPath;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Every folder above a path, the nearest first, without the root. */
export const foldersAbove = (path: RawPath): RawPath[] => {
  const found: RawPath[] = [];
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) found.push(folder);
  return found;
};

/**
 * Leaving out an entry puts back what was there before. Where that is a file at a place that another entry needs as
 * a folder, or the other way round, the other one has to stay out as well.
 */
export const withConflicts = (
  entries: readonly ChangeEntry[],
  wanted: ReadonlySet<ChangeEntry>,
): Set<ChangeEntry> => {
  const out = new Set(wanted);
  for (let before = -1; before < out.size;) {
    before = out.size;
    const back = entries.filter((entry) => out.has(entry) && entry.oldMode !== none).map(({ path }) => path);
    const files = new Set<string>(back);
    const folders = new Set<string>(back.flatMap(foldersAbove));
    for (const entry of entries) {
      if (entry.newMode === none) continue;
      const clashes = folders.has(entry.path) || foldersAbove(entry.path).some((path) => files.has(path));
      if (clashes) out.add(entry);
    }
  }
  return out;
};

/** Puts one name of a folder as it was in the base; a folder that is empty then has a name no more. */
const restore = (folders: Map<RawPath, FolderName[]>, path: RawPath, oldMode: string): void => {
  const [parent, name] = [parentOf(path), nameOf(path)];
  const others = folders.get(parent)?.filter((known) => known.name !== name);
  if (others !== undefined && oldMode !== none) others.push({ name, mode: oldMode, inBase: true });
  if (others !== undefined) folders.set(parent, others);
  if (parent === '') return;
  const isThere = folders.get(parentOf(parent))?.some((known) => known.name === nameOf(parent)) === true;
  if (others?.length === 0) restore(folders, parent, none);
  else if (oldMode !== none && !isThere) restore(folders, parent, folderMode);
};

/** What the change would be without some of its entries, as far as that is known without git. */
export const leaveOut = (change: TreeFacts, out: ReadonlySet<ChangeEntry>): TreeFacts => {
  const entries = change.entries.filter((entry) => !out.has(entry));
  const folders = new Map([...change.folders].map(([path, names]) => [path, [...names]]));
  for (const { path, oldMode } of out) restore(folders, path, oldMode);
  const wanted = new Set(foldersOf(entries));
  const kept = new Set(entries.map(({ newOid }) => newOid));
  const gone = new Set([...out].map(({ newOid }) => newOid).filter((oid) => !kept.has(oid)));
  return {
    ...change,
    tree: entries.length === 0 ? change.baseTree : change.tree,
    entries,
    folders: new Map([...folders].filter(([path]) => wanted.has(path))),
    links: new Map([...change.links].filter(([path]) => entries.some((entry) => entry.path === path))),
    fsck: change.fsck?.filter(({ oid }) => !gone.has(oid)) ?? null,
  };
};
