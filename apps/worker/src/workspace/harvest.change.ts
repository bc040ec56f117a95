import type { BaseEntries } from './materialise.js';
import type { Listed } from './reader.frame.js';
import { foldersAbove, refusedName, type PathKey } from './tree.name.js';

/** A path that is to be in the tree. Without `oid` its content is new and has to be read. */
export interface Write {
  readonly path: PathKey;
  readonly mode: string;
  readonly oid: string | undefined;
  readonly size: number;
}

/** Something that cannot be part of a tree, and why. */
export interface Refusal {
  readonly path: PathKey;
  readonly reason: string;
}

export interface Change {
  readonly writes: readonly Write[];
  readonly deleted: readonly PathKey[];
  readonly refused: readonly Refusal[];
}

const reasons = {
  special: 'is a device, socket, pipe or another file system',
  repository: 'is a repository of its own',
  unreadable: 'cannot be read; what the base has there is kept',
} as const;

const isExecutable = (mode: string): boolean => /^100/.test(mode) && (Number.parseInt(mode, 8) & 0o100) !== 0;
const modeOf = ({ kind, executable }: Listed): string =>
  kind === 'symlink' ? '120000' : executable ? '100755' : '100644';
const byPath = (a: { path: PathKey }, b: { path: PathKey }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

/**
 * What a workspace changed, from what the base has and what the reader saw. Only bytes, kinds and the owner's
 * executable bit count. What was not touched does not appear, and so keeps its object id, its old-fashioned mode,
 * or its submodule link as long as a folder is there.
 */
export const decideChange = (base: BaseEntries, listed: readonly Listed[]): Change => {
  const writes: Write[] = [];
  const refused: Refusal[] = [];
  const kept = new Set<PathKey>();
  const closed = new Set<PathKey>();
  for (const seen of listed) {
    const { path, kind } = seen;
    const before = base.get(path);
    const odd = path === '' ? null : refusedName(path);
    if (odd !== null) refused.push({ path, reason: odd });
    else if (kind === 'folder' || kind === 'repository') {
      if (before?.mode === '160000') kept.add(path);
      else if (kind === 'repository') refused.push({ path, reason: reasons.repository });
    } else if (kind === 'unreadable') {
      closed.add(path);
      refused.push({ path, reason: reasons.unreadable });
    } else if (kind === 'special') refused.push({ path, reason: reasons.special });
    else {
      const mode = modeOf(seen);
      const same = before !== undefined && seen.oid === before.oid;
      if (same && isSameKind(before.mode, mode)) kept.add(path);
      else writes.push({ path, mode, oid: same ? before.oid : undefined, size: seen.size });
    }
  }
  const written = new Set(writes.map(({ path }) => path));
  const hidden = (path: PathKey): boolean =>
    closed.has(path) || foldersAbove(path).some((folder) => closed.has(folder));
  const deleted = [...base.keys()].filter((path) => !kept.has(path) && !written.has(path) && !hidden(path));
  return { writes: writes.sort(byPath), deleted: deleted.sort(), refused: refused.sort(byPath) };
};

const isSameKind = (before: string, now: string): boolean =>
  before.slice(0, 3) === now.slice(0, 3) && isExecutable(before) === isExecutable(now);
