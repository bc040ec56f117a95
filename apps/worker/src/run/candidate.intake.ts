import { join } from 'node:path';
import { maxArtifactBytes, type LeaseGrant } from '@gatehouse/contracts';
import {
  applyPatch,
  diffTrees,
  noObject,
  openQuarantine,
  readBlobs,
  type GitRunner,
  type Quarantine,
} from '@gatehouse/git';
import type { Completion } from '../lease/lease.calls.js';
import type { Base } from '../workspace/materialise.js';
import { pathKey, type PathKey } from '../workspace/tree.name.js';
import type { TreeStep } from '../workspace/tree.patcher.js';
import { digestOf } from './artifact.digest.js';
import type { ChangedEntry } from './changed.entry.js';
import type { RunContext } from './run.context.js';
import { failed } from './run.outcome.js';

/** What is needed of a candidate; `tests` where some of it is laid out as it was. */
type Wanted = Pick<NonNullable<LeaseGrant['validate']>, 'patch' | 'tree'> &
  Partial<Pick<NonNullable<LeaseGrant['validate']>, 'tests'>>;

export type Candidate =
  | { readonly ok: true; readonly entries: readonly ChangedEntry[]; readonly gitDir: string }
  | { readonly ok: false; readonly ending: Completion };

const gitlink = '160000';
const isBlob = (mode: string, oid: string): boolean => oid !== noObject && mode !== gitlink;

const readContents = async (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  maxBytes: number,
): Promise<Map<string, Buffer>> => {
  const contents = new Map<string, Buffer>();
  for await (const { oid, content } of readBlobs(git, gitDir, [...new Set(oids)], { maxBytes }))
    contents.set(oid, content);
  return contents;
};

/** Makes the candidate's tree of base and patch, holds it against the lease's word, and reads what differs. */
export const readCandidate = async (
  context: RunContext,
  bareDir: string,
  base: Base,
  wanted: Wanted,
): Promise<Candidate> => {
  const { keeper, calls, scratch } = context;
  const bytes = await keeper.insist((signal) => calls.artifact(wanted.patch, signal));
  if (digestOf(bytes) !== wanted.patch)
    return no(
      'artifact.digest_mismatch',
      `The bytes of ${wanted.patch} have another digest; nothing was run.`,
    );
  // It goes with the rest of the scratch folder, and no process may wait for that.
  const quarantine = await openQuarantine(join(scratch, 'quarantine'), bareDir);
  try {
    return await readChanges(context, quarantine, base, bytes, wanted);
  } finally {
    await quarantine.rest();
  }
};

const no = (code: string, message: string): Candidate => ({ ok: false, ending: failed(code, message) });

const readChanges = async (
  { grant, git }: RunContext,
  quarantine: Quarantine,
  base: Base,
  patch: Buffer,
  { tree, tests }: Wanted,
): Promise<Candidate> => {
  const { harvestBytes, harvestEntries } = grant.limits;
  const applied = await applyPatch(git, quarantine, base.commit, patch, {
    maxPatchBytes: maxArtifactBytes,
    maxBlobBytes: harvestBytes,
    maxTotalBytes: harvestBytes * 2,
    maxFiles: harvestEntries,
  });
  if (!applied.ok)
    return no(
      'validate.patch_refused',
      `The patch does not apply to its base (${applied.reason}): ${applied.detail}`,
    );
  if (applied.tree !== tree)
    return no(
      'validate.tree_mismatch',
      `The patch leads to the tree ${applied.tree}, but the lease names ${tree}; nothing was run.`,
    );
  // Old sides only of what will be laid out as it was.
  const undone = new Set<PathKey>([...(tests?.restore.flat() ?? []), ...(tests?.revert?.paths ?? [])]);
  const changes = [];
  for await (const change of diffTrees(git, quarantine.gitDir, base.tree, tree))
    changes.push({ ...change, path: pathKey(change.path) });
  const contents = await readContents(
    git,
    quarantine.gitDir,
    changes.flatMap(({ path, oldMode, oldOid, newMode, newOid }) => [
      ...(isBlob(newMode, newOid) ? [newOid] : []),
      ...(undone.has(path) && isBlob(oldMode, oldOid) ? [oldOid] : []),
    ]),
    harvestBytes,
  );
  const entryOf = (mode: string, oid: string): TreeStep['entry'] =>
    oid === noObject ? null : { mode, content: contents.get(oid) ?? Buffer.alloc(0) };
  const entries = changes.map(({ path, oldMode, oldOid, newMode, newOid }) => ({
    path,
    old: entryOf(oldMode, oldOid),
    made: entryOf(newMode, newOid),
    oldOid,
    newOid,
  }));
  return { ok: true, entries, gitDir: quarantine.gitDir };
};
