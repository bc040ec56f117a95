import { mkdir } from 'node:fs/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { listTree, readBlobs, unpackInto, type GitRunner } from '@gatehouse/git';
import { layOutDotGit } from './dot-git.js';
import { pathKey, type PathKey } from './tree.name.js';
import { TreeWriter } from './tree.writer.js';

/** What one path is in the base. `size` is that of its blob in bytes, 0 for a submodule link. */
export interface BaseEntry {
  readonly mode: string;
  readonly oid: string;
  readonly size: number;
}

/** A tree as it was laid out: what harvest compares with. */
export type BaseEntries = ReadonlyMap<PathKey, BaseEntry>;

export interface Base {
  readonly commit: string;
  readonly tree: string;
  readonly ref: string;
}

/** Two hundred small files take some milliseconds; renewals must not wait longer than that. */
const filesPerTurn = 200;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Unpacks what the plane sent and makes sure that it is the base that the lease names.
 * @throws GatehouseError `git.failed` where the pack is damaged, `git.refused` where it holds something else
 */
export const receiveBase = async (
  git: GitRunner,
  bareDir: string,
  base: Base,
  pack: AsyncIterable<Uint8Array>,
  limits: { readonly maxBytes?: number } = {},
): Promise<void> => {
  await unpackInto(git, bareDir, base.commit, pack, limits);
  const { stdout } = await git.run(['rev-parse', '--verify', '--end-of-options', `${base.commit}^{tree}`], {
    gitDir: bareDir,
  });
  const tree = stdout.toString('latin1').trim();
  if (tree !== base.tree) {
    throw new GatehouseError(
      'git.refused',
      `The base commit ${base.commit} has the tree ${tree}, but the lease names ${base.tree}; nothing was run.`,
    );
  }
};

/**
 * Writes the raw blobs of a tree into a folder that does not exist yet: exact bytes, modes and links, without any
 * conversion that attributes may ask for.
 * @throws GatehouseError `git.refused` for a tree that must not be laid out, e.g. one that names `.git`
 */
export const layOutTree = async (
  git: GitRunner,
  bareDir: string,
  tree: string,
  workspace: string,
  limits: { readonly blobBytes: number; readonly signal?: AbortSignal },
): Promise<BaseEntries> => {
  await mkdir(workspace, { mode: 0o755 });
  const writer = new TreeWriter(workspace);
  const files: { path: PathKey; mode: string; oid: string }[] = [];
  const entries = new Map<PathKey, BaseEntry>();
  for await (const { path, mode, oid, type } of listTree(git, bareDir, tree)) {
    const key = pathKey(path);
    if (type === 'blob') files.push({ path: key, mode, oid });
    else {
      writer.writeGitlink(key);
      entries.set(key, { mode, oid, size: 0 });
    }
  }
  let next = 0;
  for await (const { content } of readBlobs(
    git,
    bareDir,
    files.map((file) => file.oid),
    { maxBytes: limits.blobBytes },
  )) {
    const file = files[next++];
    if (file === undefined) break;
    writer.write(file.path, file.mode, content);
    entries.set(file.path, { mode: file.mode, oid: file.oid, size: content.length });
    if (next % filesPerTurn === 0) {
      await turn();
      limits.signal?.throwIfAborted();
    }
  }
  if (next !== files.length)
    throw new GatehouseError('git.failed', `Git gave ${next} of ${files.length} files of the tree ${tree}.`);
  return entries;
};

/** The whole workspace of a lease: the base tree and a throwaway `.git` beside it. */
export const materialise = async (
  git: GitRunner,
  bareDir: string,
  base: Base,
  workspace: string,
  limits: { readonly blobBytes: number; readonly signal?: AbortSignal },
): Promise<BaseEntries> => {
  const entries = await layOutTree(git, bareDir, base.tree, workspace, limits);
  await layOutDotGit(git, bareDir, workspace, base);
  return entries;
};
