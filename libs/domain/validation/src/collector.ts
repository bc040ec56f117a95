import { GatehouseError, type EffectivePolicy } from '@gatehouse/contracts';
import {
  applyPatch,
  blobSizes,
  canonicalMode,
  diffPatch,
  diffTrees,
  findEntry,
  fsckObjects,
  isDirectoryMode,
  openQuarantine,
  readBlobs,
  withTrees,
  type GitRunner,
  type LoadTree,
  type Mirror,
  type Quarantine,
  type RawEntry,
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
const isInAny = async (git: GitRunner, mirror: Mirror, commit: string): Promise<boolean> => {
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
  const { trees, head } = await mirror.look([commit], from);
  const [tree] = trees;
  if (tree === undefined) return { commit, tree: null, reachable: null };
  const isIn = async (): Promise<boolean> =>
    head === commit || (head !== undefined && (await mirror.isAncestor(commit, head)));
  return { commit, tree, reachable: from === null ? await isInAny(git, mirror, commit) : await isIn() };
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

/**
 * The tree that the patch from `baseTree` to `tree`, made anew, leads to; empty where it leads nowhere.
 *
 * @param applied the bytes that led to `tree`, in a quarantine in which nothing was but the base
 */
export const regenerate = async (
  git: GitRunner,
  root: string,
  candidate: Quarantine,
  baseTree: string,
  tree: string,
  applied: Buffer,
): Promise<string> => {
  try {
    const patch = await diffPatch(git, candidate.gitDir, baseTree, tree);
    // The same bytes on the same base lead where they have just led.
    return patch.equals(applied)
      ? tree
      : await applyAlone(git, await openQuarantine(root, candidate.borrowsFrom), baseTree, patch);
  } catch (error) {
    if (error instanceof GatehouseError && error.code === 'git.refused') return '';
    throw error;
  }
};

/** In a quarantine of its own: the objects of the first must not help the second. */
const applyAlone = async (
  git: GitRunner,
  second: Quarantine,
  baseTree: string,
  patch: Buffer,
): Promise<string> => {
  try {
    const applied = await applyPatch(git, second, baseTree, patch);
    return applied.ok ? applied.tree : '';
  } finally {
    await second.remove();
  }
};

const folderAt = async (load: LoadTree, tree: string, folder: RawPath): Promise<readonly RawEntry[]> => {
  if (folder === '') return load(tree);
  const found = await findEntry(load, tree, Buffer.from(folder, 'latin1'));
  return found !== undefined && isDirectoryMode(found.mode) ? load(found.oid) : [];
};

const readFolders = async (
  load: LoadTree,
  baseTree: string,
  tree: string,
  wanted: readonly RawPath[],
): Promise<Map<RawPath, FolderName[]>> => {
  const folders = new Map<RawPath, FolderName[]>();
  for (const folder of wanted) {
    const before = new Set((await folderAt(load, baseTree, folder)).map(({ name }) => rawPath(name)));
    const now = await folderAt(load, tree, folder);
    folders.set(
      folder,
      now.map((entry) => {
        const name = rawPath(entry.name);
        return { name, mode: canonicalMode(entry.mode), inBase: before.has(name) };
      }),
    );
  }
  return folders;
};

// What no kernel follows is not read; only its length counts.
const tooLong = 'x'.repeat(maxTargetBytes + 1) as RawPath;

/** Where the links of a change lead; of the others only those on the way are read. */
const readLinks = async (
  git: GitRunner,
  gitDir: string,
  load: LoadTree,
  tree: string,
  entries: readonly ChangeEntry[],
): Promise<Map<RawPath, LinkFacts>> => {
  const targets = new Map<string, RawPath>();
  const targetOf = async (oid: string): Promise<RawPath> => {
    const known = targets.get(oid);
    if (known !== undefined) return known;
    let target = tooLong;
    const size = (await blobSizes(git, gitDir, [oid])).get(oid) ?? Infinity;
    const asked = size <= maxTargetBytes ? [oid] : [];
    for await (const { content } of readBlobs(git, gitDir, asked, { maxBytes: maxTargetBytes }))
      target = rawPath(content);
    targets.set(oid, target);
    return target;
  };
  const lookUp = async (path: RawPath): Promise<RawPath | null> => {
    const found = await findEntry(load, tree, Buffer.from(path, 'latin1'));
    return found !== undefined && canonicalMode(found.mode) === link ? targetOf(found.oid) : null;
  };
  const facts = new Map<RawPath, LinkFacts>();
  for (const { path, newMode, newOid } of entries)
    if (newMode === link) facts.set(path, await resolveLink(path, await targetOf(newOid), lookUp));
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
  const readPlaces = (): Promise<Pick<TreeFacts, 'folders' | 'links'>> =>
    withTrees(git, gitDir, tree, async (load) => ({
      folders: await readFolders(load, baseTree, tree, foldersOf(entries)),
      links: await readLinks(git, gitDir, load, tree, entries),
    }));
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
