import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseOutage, type GitRunner } from '../git.runner.js';
import { writeObject } from '../object.writer.js';
import { blobSizes, diffTrees, readBlobs, type TreeChange } from '../object.reader.js';
import { editTree, type PathChange } from './tree.editor.js';
import { findEntry, withTrees, writeTrees } from './tree.store.js';

export interface TreesToMerge {
  /** What both sides began with. */
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export type MergeAnswer =
  | { readonly ok: true; readonly tree: string }
  | { readonly ok: false; /** In git's order; names need not be UTF-8. */ readonly paths: readonly Buffer[] };

interface Entry {
  readonly mode: string;
  readonly oid: string;
}

/** What becomes of one path: the entry, undefined where it is gone, or that nobody can say. */
type Merged = { readonly entry: Entry | undefined } | 'conflict';

/** Larger files that both sides changed are a conflict: nobody merges them by lines. */
const maxBlobBytes = 16 << 20;

const isFile = ({ mode }: Entry): boolean => mode === '100644' || mode === '100755';
const sideOf = (mode: string, oid: string): Entry | undefined =>
  mode === '000000' ? undefined : { mode, oid };
const same = (a: Entry | undefined, b: Entry | undefined): boolean =>
  a?.oid === b?.oid && a?.mode === b?.mode;
/** Whichever changed; undefined where both did, to different things. */
const changed = (base: string, ours: string, theirs: string): string | undefined =>
  ours === base || ours === theirs ? theirs : theirs === base ? ours : undefined;

/**
 * The three-way merge of trees that are here; new objects stay in `gitDir`, which has to be a quarantine. A path that
 * one side changed is what that side made of it; a file that both changed is merged where the changed lines lie apart;
 * anything else is a conflict.
 *
 * Not `git merge-tree`: before 2.50 it follows renames whatever it is told, so its answer would depend on the version
 * of git. Here nothing is guessed, no attribute or driver of the repository has a say, and only what we changed is
 * looked at, however far the other side has moved.
 */
export const mergeTrees = async (
  git: GitRunner,
  gitDir: string,
  { base, ours, theirs }: TreesToMerge,
): Promise<MergeAnswer> =>
  withTrees(git, gitDir, theirs, async (load, tree) => {
    const changes: PathChange[] = [];
    const conflicts: Buffer[] = [];
    for await (const change of diffTrees(git, gitDir, base, ours)) {
      const found = await findEntry(load, tree, change.path);
      const there = found && { mode: found.mode.padStart(6, '0'), oid: found.oid };
      const merged = await mergePath(git, gitDir, change, there);
      if (merged === 'conflict') conflicts.push(change.path);
      else if (!same(merged.entry, there)) changes.push({ path: change.path, entry: merged.entry });
    }
    if (conflicts.length > 0) return { ok: false, paths: conflicts };
    const edited = await editTree(load, tree, changes);
    if (!edited.ok) return { ok: false, paths: [edited.path] };
    await writeTrees(gitDir, edited.trees);
    return { ok: true, tree: edited.tree };
  });

const mergePath = async (
  git: GitRunner,
  gitDir: string,
  { oldMode, oldOid, newMode, newOid }: TreeChange,
  theirs: Entry | undefined,
): Promise<Merged> => {
  const [base, ours] = [sideOf(oldMode, oldOid), sideOf(newMode, newOid)];
  if (same(theirs, base)) return { entry: ours };
  if (same(theirs, ours)) return { entry: ours };
  if (base === undefined || ours === undefined || theirs === undefined) return 'conflict';
  if (![base, ours, theirs].every(isFile)) return 'conflict';
  const mode = changed(base.mode, ours.mode, theirs.mode);
  const oid =
    changed(base.oid, ours.oid, theirs.oid) ?? (await mergeLines(git, gitDir, [ours, base, theirs]));
  return mode === undefined || oid === undefined ? 'conflict' : { entry: { mode, oid } };
};

/** The blob in which the changes of both sides stand; undefined where they touch the same lines. */
const mergeLines = async (
  git: GitRunner,
  gitDir: string,
  sides: readonly Entry[],
): Promise<string | undefined> => {
  const oids = sides.map(({ oid }) => oid);
  const sizes = await blobSizes(git, gitDir, oids);
  if (oids.some((oid) => (sizes.get(oid) ?? 0) > maxBlobBytes)) return undefined;
  const folder = join(gitDir, `merge-${randomBytes(6).toString('hex')}`);
  await mkdir(folder, { mode: 0o700 });
  try {
    const files: string[] = [];
    for await (const { content } of readBlobs(git, gitDir, oids, { maxBytes: maxBlobBytes })) {
      const path = join(folder, String(files.length));
      await writeFile(path, content);
      files.push(path);
    }
    const answer = await git.run(['merge-file', '-p', '-q', ...files], {
      gitDir,
      config: [['merge.conflictStyle', 'merge']],
      timeoutMs: 60_000,
      maxOutputBytes: 4 * maxBlobBytes,
      // The number of conflicts; 255 where a side is binary.
      accept: Array.from({ length: 256 }, (_, code) => code),
    });
    refuseOutage('git merge-file', answer);
    if (answer.code !== 0) return undefined;
    return await writeObject(gitDir, { type: 'blob', content: answer.stdout });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
