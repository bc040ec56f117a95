import { GatehouseError } from '@gatehouse/contracts';
import { openQuarantine, type GitRunner } from '@gatehouse/git';
import type { ArtifactStore } from '@gatehouse/ledger';
import type { PlaneSettings } from '@gatehouse/session';
import type { CandidateEntity } from './candidate.entity.js';
import { applySpan } from './candidate.judge.js';
import { parsePatch } from '../patch/patch.parser.js';

/** A candidate's tree, made anew from mirror and patch since a candidate keeps no objects, for as long as `use` runs. */
export const inCandidate = async <Answer>(
  { git, artifacts, plane }: { git: GitRunner; artifacts: ArtifactStore; plane: PlaneSettings },
  { id, repositoryId, baseTree, tree, patch: artifact, patchBytes }: CandidateEntity,
  use: (gitDir: string) => Promise<Answer>,
): Promise<Answer> => {
  const bytes = await artifacts.readWhole(artifact, Number(patchBytes));
  const patch = parsePatch(bytes);
  const quarantine = await openQuarantine(plane.quarantineDir, plane.mirrorDir(repositoryId));
  try {
    const applied = patch.ok ? await applySpan(git, quarantine, baseTree, bytes, patch) : undefined;
    if (applied?.ok !== true || applied.tree !== tree)
      throw new GatehouseError(
        'git.failed',
        `The tree of candidate ${id} could not be made again: fetch its repository and look again.`,
      );
    return await use(quarantine.gitDir);
  } finally {
    await quarantine.remove();
  }
};
