import { GatehouseError, type EffectivePolicy } from '@gatehouse/contracts';
import {
  applyPatch,
  blobSizes,
  diffPatch,
  diffTrees,
  fsckObjects,
  listTree,
  openQuarantine,
  readBlobs,
  type GitRunner,
  type Mirror,
  type Quarantine,
} from '@gatehouse/git';
import { rawPath, type RawPath } from '@gatehouse/policy';
import { readContents, type SecretReader } from './content.collector.js';
import {
  foldersOf,
  type BaseFacts,
  type ChangeEntry,
  type FolderName,
  type FsckFault,
  type LinkFacts,
  type TreeFacts,
} from './facts.js';
import { maxTargetBytes, resolveLink } from './link.js';

/** Fetches from git what gates look at. What git cannot do for an outage is thrown; nothing is guessed. */

const link = '120000';

/** Without a branch or tag to ask, any of the repository's will do. */
const isReachable = async (
  git: GitRunner,
  mirror: Mirror,
  commit: string,
  from: string | null,
): Promise<boolean> => {
  if (from !== null) {
    const head = await mirror.resolve(from);
    return head !== undefined && (await mirror.isAncestor(commit, head));
  }
  const args = ['for-each-ref', '--count=1', `--contains=${commit}`, 'refs/heads/', 'refs/tags/'];
  const { stdout } = await git.run(args, { gitDir: mirror.gitDir, timeoutMs: 300_000 });
  return stdout.length > 0;
};

export const readBase = async (
  git: GitRunner,
  mirror: Mirror,
  commit: string,
  from: string | null,
): Promise<BaseFacts> => {
  const tree = await mirror.treeOf(commit);
  if (tree === undefined) return { commit, tree: null, reachable: null };
  return { commit, tree, reachable: await isReachable(git, mirror, commit, from) };
};

export const readEntries = async (
  git: GitRunner,
  gitDir: string,
  baseTree: string,
  tree: string,
): Promise<ChangeEntry[]> => {
  const entries: ChangeEntry[] = [];
  for await (const change of diffTrees(git, gitDir, baseTree, tree))
    entries.push({ ...change, path: rawPath(change.path) });
  return entries;
};

/** The tree that the patch from `baseTree` to `tree`, made anew, leads to; empty where it leads nowhere. */
export const regenerate = async (
  git: GitRunner,
  root: string,
  candidate: Quarantine,
  baseTree: string,
  tree: string,
): Promise<string> => {
  // In a quarantine of its own: the objects of the first must not help the second.
  const second = await openQuarantine(root, candidate.borrowsFrom);
  try {
    const patch = await diffPatch(git, candidate.gitDir, baseTree, tree);
    const applied = await applyPatch(git, second, baseTree, patch);
    return applied.ok ? applied.tree : '';
  } catch (error) {
    if (error instanceof GatehouseError && error.code === 'git.refused') return '';
    throw error;
  } finally {
    await second.remove();
  }
};

interface Listing {
  readonly folders: ReadonlyMap<RawPath, readonly FolderName[]>;
  /** Object id by path, of every symbolic link in the tree. */
  readonly links: ReadonlyMap<RawPath, string>;
}

/** Both trees as streams: only the wanted folders are kept, however large the repository is. */
const readFolders = async (
  git: GitRunner,
  gitDir: string,
  baseTree: string,
  tree: string,
  wanted: readonly RawPath[],
): Promise<Listing> => {
  const folders = new Map<RawPath, FolderName[]>(wanted.map((folder) => [folder, []]));
  const links = new Map<RawPath, string>();
  const placeOf = (bytes: Buffer): { path: RawPath; folder: RawPath; name: string } => {
    const path = rawPath(bytes);
    const slash = path.lastIndexOf('/');
    return { path, folder: path.slice(0, Math.max(slash, 0)) as RawPath, name: path.slice(slash + 1) };
  };
  const before = new Set<RawPath>();
  for await (const entry of listTree(git, gitDir, baseTree, { trees: true })) {
    const { path, folder } = placeOf(entry.path);
    if (folders.has(folder)) before.add(path);
  }
  for await (const { mode, oid, path: bytes } of listTree(git, gitDir, tree, { trees: true })) {
    const { path, folder, name } = placeOf(bytes);
    if (mode === link) links.set(path, oid);
    folders.get(folder)?.push({ name, mode, inBase: before.has(path) });
  }
  return { folders, links };
};

const readLinks = async (
  git: GitRunner,
  gitDir: string,
  entries: readonly ChangeEntry[],
  all: Listing['links'],
): Promise<Map<RawPath, LinkFacts>> => {
  const changed = entries.filter(({ newMode }) => newMode === link);
  const facts = new Map<RawPath, LinkFacts>();
  if (changed.length === 0) return facts;
  const sizes = await blobSizes(git, gitDir, [...all.values()]);
  const short = [...sizes].filter(([, size]) => size <= maxTargetBytes).map(([oid]) => oid);
  const targets = new Map<string, RawPath>();
  for await (const { oid, content } of readBlobs(git, gitDir, short, { maxBytes: maxTargetBytes }))
    targets.set(oid, rawPath(content));
  // What no kernel follows is not read; only its length counts.
  const tooLong = 'x'.repeat(maxTargetBytes + 1) as RawPath;
  const lookUp = (path: RawPath): Promise<RawPath | null> => {
    const oid = all.get(path);
    return Promise.resolve(oid === undefined ? null : (targets.get(oid) ?? tooLong));
  };
  for (const { path, newOid } of changed)
    facts.set(path, await resolveLink(path, targets.get(newOid) ?? tooLong, lookUp));
  return facts;
};

/** Spellings of modes that old versions of git wrote; a patch cannot add one, since it must name a mode of today. */
const oldSpellings = ['badFilemode', 'zeroPaddedFilemode'];

/** `oid code` of the faults that a folder had already in the base: whoever changes one file of it keeps the rest. */
const keptFaults = async (
  git: GitRunner,
  quarantine: Quarantine,
  baseTree: string,
  tree: string,
): Promise<Set<string>> => {
  const pairs: [string, string][] = [[baseTree, tree]];
  for await (const change of diffTrees(git, quarantine.gitDir, baseTree, tree, { trees: true }))
    if (change.oldMode === '040000' && change.newMode === '040000')
      pairs.push([change.oldOid, change.newOid]);
  // Asked the other way round, it looks at what the base has and the candidate has not: the folders as they were.
  const before = await fsckObjects(git, quarantine, tree, baseTree);
  const had = new Set(before.map(({ oid, code }) => `${oid} ${code}`));
  return new Set(
    pairs.flatMap(([old, made]) =>
      oldSpellings.filter((code) => had.has(`${old} ${code}`)).map((code) => `${made} ${code}`),
    ),
  );
};

const readFaults = async (
  git: GitRunner,
  quarantine: Quarantine,
  baseTree: string,
  tree: string,
): Promise<FsckFault[] | null> => {
  try {
    const faults = await fsckObjects(git, quarantine, baseTree, tree);
    if (faults.length === 0) return [];
    // Not whatever the base has anywhere: the same blob is harmless as notes.txt and a fault as .gitmodules.
    const kept = await keptFaults(git, quarantine, baseTree, tree);
    return faults.map(({ oid, code, message }) => ({
      oid,
      code,
      message,
      inherited: kept.has(`${oid} ${code}`),
    }));
  } catch (error) {
    // What git says of a hostile tree may be unreadable for ever: an error of the gate, not a task that is retried.
    const said = error instanceof GatehouseError && ['git.failed', 'git.refused'].includes(error.code);
    if (said) return null;
    throw error;
  }
};

/** All that static gates know of a candidate. */
export const readChange = async (
  git: GitRunner,
  quarantine: Quarantine,
  { baseTree, tree, entries }: Pick<TreeFacts, 'baseTree' | 'tree' | 'entries'>,
  limits: EffectivePolicy['limits'],
  secrets: SecretReader,
): Promise<TreeFacts> => {
  const { gitDir } = quarantine;
  const readPlaces = async (): Promise<Pick<TreeFacts, 'folders' | 'links'>> => {
    const { folders, links } = await readFolders(git, gitDir, baseTree, tree, foldersOf(entries));
    return { folders, links: await readLinks(git, gitDir, entries, links) };
  };
  // Beside each other: mostly they wait for git. All come to their end, as the quarantine goes away after a throw.
  const [places, contents, fsck] = await Promise.allSettled([
    readPlaces(),
    readContents(git, gitDir, entries, limits.blobBytes, secrets),
    tree === baseTree ? [] : readFaults(git, quarantine, baseTree, tree),
  ]);
  const known = <T>(settled: PromiseSettledResult<T>): T => {
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  };
  return {
    baseTree,
    tree,
    entries,
    ...known(places),
    ...known(contents),
    fsck: known(fsck),
  };
};
