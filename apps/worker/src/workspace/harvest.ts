import { join } from 'node:path';
import { GatehouseError, maxArtifactBytes, type HarvestReport, type RunLimits } from '@gatehouse/contracts';
import { buildTree, diffPatch, type GitRunner, type HarvestedPath } from '@gatehouse/git';
import { decideChange, type Change, type Refusal } from './harvest.change.js';
import { listWorkspace, type Listing } from './harvest.listing.js';
import { IgnoreRules } from './ignore.rules.js';
import type { BaseEntries } from './materialise.js';
import { pathBytes, pathText } from './tree.name.js';
import type { WorkspaceReader } from './workspace.reader.js';

/** What harvest adds to the report of a run. */
export type HarvestNotes = Pick<HarvestReport, 'ignored' | 'ignoredCount' | 'refused' | 'refusedCount'>;

export type HarvestAnswer =
  | { readonly ok: true; readonly tree: string; readonly patch: Buffer | null; readonly notes: HarvestNotes }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly notes: HarvestNotes };

export interface HarvestTask {
  readonly git: GitRunner;
  /** The bare repository that holds the base; new objects are added to it. */
  readonly bareDir: string;
  /** A folder of ours. */
  readonly scratch: string;
  readonly base: { readonly commit: string; readonly tree: string };
  readonly entries: BaseEntries;
  readonly reader: WorkspaceReader;
  readonly limits: Pick<RunLimits, 'harvestEntries' | 'harvestBytes'>;
}

/** What a report lists; the counts beside it are whole. */
const mostListed = 1000;

export const notesOf = (ignored: Listing['ignored'], refused: Change['refused']): HarvestNotes => ({
  ignored: ignored.slice(0, mostListed).map(pathText),
  ignoredCount: ignored.length,
  refused: refused.slice(0, mostListed).map(({ path, reason }) => ({ path: pathText(path), reason })),
  refusedCount: refused.length,
});

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_048_576)} MiB`;

/** Why a workspace is not read to its end, or null; a part of it would be a change that nobody made. */
export const passedBound = (
  reader: Pick<WorkspaceReader, 'bound'>,
  listing: Listing,
  change: Change,
  limits: HarvestTask['limits'],
): { code: string; message: string } | null => {
  if (reader.bound !== undefined) {
    return {
      code: 'harvest.too_many',
      message: `The workspace holds more than ${limits.harvestEntries} files and folders beyond those of the base, ignored folders counted once; leave fewer behind.`,
    };
  }
  if (listing.listed.some(({ path, kind }) => path === '' && kind === 'unreadable')) {
    return {
      code: 'harvest.unreadable',
      message: 'The agent took away the right to list its workspace, so what it changed cannot be known.',
    };
  }
  const fresh = change.writes.filter(({ oid }) => oid === undefined);
  const bytes = fresh.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= limits.harvestBytes) return null;
  const [largest] = [...fresh].sort((a, b) => b.size - a.size);
  return {
    code: 'harvest.too_large',
    message: `The workspace holds ${megabytes(bytes)} of new content; ${megabytes(limits.harvestBytes)} are allowed. The largest is "${pathText(largest?.path ?? '')}" with ${megabytes(largest?.size ?? 0)}.`,
  };
};

/**
 * Turns a dead workspace into the tree and the patch that it is, by the plane's own index over the base. The
 * workspace's own `.git` is not looked at, and git never reads a file of the workspace: no hook, filter,
 * attribute, index flag or line-ending rule of it can have a say.
 */
export const harvest = async (task: HarvestTask): Promise<HarvestAnswer> => {
  const { git, bareDir, base, entries, reader, limits } = task;
  const rules = await IgnoreRules.of(git, bareDir, entries, join(task.scratch, 'ignore'));
  const listing = await listWorkspace(reader, entries, (paths) => rules.ignored(paths));
  const change = decideChange(entries, listing.listed);
  const passed = passedBound(reader, listing, change, limits);
  if (passed !== null) return { ok: false, ...passed, notes: notesOf(listing.ignored, change.refused) };
  const refused = [...change.refused];
  const built = await buildTree(git, bareDir, base.tree, pathsOf(change, reader, refused));
  const notes = notesOf(listing.ignored, refused);
  if (!built.ok)
    return {
      ok: false,
      code: 'harvest.path_conflict',
      message: `${pathText(built.path.toString('latin1'))}: ${built.detail}`,
      notes,
    };
  const { tree } = built;
  if (tree === base.tree) return { ok: true, tree, patch: null, notes };
  try {
    return {
      ok: true,
      tree,
      patch: await diffPatch(git, bareDir, base.tree, tree, { maxBytes: maxArtifactBytes }),
      notes,
    };
  } catch (error) {
    if (!(error instanceof GatehouseError && error.code === 'git.refused')) throw error;
    const message = `The change makes a patch of more than ${megabytes(maxArtifactBytes)}, the most that is stored; split it, or leave large files alone.`;
    return { ok: false, code: 'harvest.too_large', message, notes };
  }
};

/** One path after the other, so that no more than one new file is held at once. */
const pathsOf = async function* (
  change: Change,
  reader: WorkspaceReader,
  refused: Refusal[],
): AsyncGenerator<HarvestedPath> {
  for (const path of change.deleted) yield { path: pathBytes(path), deleted: true };
  for (const { path, mode, oid, size } of change.writes) {
    if (oid !== undefined) yield { path: pathBytes(path), mode, oid };
    else {
      const content = await reader.read(path, size);
      if (content === undefined)
        refused.push({ path, reason: 'could not be read; what the base has there is kept' });
      else yield { path: pathBytes(path), mode, content };
    }
  }
};
