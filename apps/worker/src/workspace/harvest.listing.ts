import type { Listed } from './reader.frame.js';
import type { BaseEntries } from './materialise.js';
import { refusedName, type PathKey } from './tree.name.js';
import type { WorkspaceReader } from './workspace.reader.js';

/** Names the ignored ones of some paths; folders end in a slash. */
export type IgnoredOf = (paths: readonly PathKey[]) => Promise<ReadonlySet<PathKey>>;

export interface Listing {
  readonly listed: readonly Listed[];
  /** Untracked and ignored by the base; folders end in a slash and stand for all that is below them. */
  readonly ignored: readonly PathKey[];
}

const isFolder = ({ kind }: Listed): boolean => kind === 'folder' || kind === 'repository';

const named = (entry: Listed): PathKey => (isFolder(entry) ? `${entry.path}/` : entry.path);
/** A folder where the base has a file is not that file; where it has a submodule it is that submodule. */
const isTracked = (entry: Listed, base: BaseEntries): boolean => {
  const before = base.get(entry.path);
  return before !== undefined && (!isFolder(entry) || before.mode === '160000');
};

/**
 * Lists a workspace level by level: a folder in which the base has nothing is entered only after the base's
 * .gitignore had its say, so that an ignored folder of any size costs one name.
 */
export const listWorkspace = async (
  reader: Pick<WorkspaceReader, 'walk'>,
  base: BaseEntries,
  ignoredOf: IgnoredOf,
): Promise<Listing> => {
  const listed: Listed[] = [];
  const ignored: PathKey[] = [];
  for (let folders: PathKey[] = ['']; folders.length > 0;) {
    const found = await reader.walk(folders);
    const untracked = found.filter((entry) => refusedName(entry.path) === null && !isTracked(entry, base));
    const out = untracked.length === 0 ? new Set<PathKey>() : await ignoredOf(untracked.map(named));
    const left = new Set(untracked.filter((entry) => out.has(named(entry))));
    for (const entry of found) {
      if (left.has(entry)) ignored.push(named(entry));
      else listed.push(entry);
    }
    folders = untracked
      .filter((entry) => entry.kind === 'folder' && !left.has(entry))
      .map(({ path }) => path);
  }
  return { listed, ignored: ignored.sort() };
};
