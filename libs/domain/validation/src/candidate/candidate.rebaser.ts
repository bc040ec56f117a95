import { diffPatch, GitRunner, mergeTrees } from '@gatehouse/git';
import { ArtifactStore } from '@gatehouse/ledger';
import { rawPath } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import type { CandidateEntity } from './candidate.entity.js';
import { inCandidate } from './candidate.tree.js';
import { quotePath } from '../quote.js';

/** A commit that the mirror has. */
export interface Onto {
  readonly commit: string;
  readonly tree: string;
}

export type Rebased =
  | {
      readonly outcome: 'clean';
      readonly tree: string;
      /** Id of the stored patch. */ readonly patch: string;
    }
  /** The other side has all of it. */
  | { readonly outcome: 'already_there'; readonly tree: string }
  | { readonly outcome: 'conflict'; /** As people read them. */ readonly paths: string[] };

/** Brings a candidate onto a newer commit, as trees (I5). Git work: never call it within a transaction. */
@Injectable()
export class CandidateRebaser {
  constructor(
    private readonly git: GitRunner,
    private readonly artifacts: ArtifactStore,
    private readonly plane: PlaneSettings,
  ) {}

  rebase(candidate: CandidateEntity, onto: Onto): Promise<Rebased> {
    return inCandidate(
      { git: this.git, artifacts: this.artifacts, plane: this.plane },
      candidate,
      async (gitDir) => {
        const { baseTree: base, tree: ours } = candidate;
        const merged = await mergeTrees(this.git, gitDir, { base, ours, theirs: onto.tree });
        if (!merged.ok)
          return { outcome: 'conflict', paths: merged.paths.map((path) => quotePath(rawPath(path))) };
        if (merged.tree === onto.tree) return { outcome: 'already_there', tree: merged.tree };
        const bytes = await diffPatch(this.git, gitDir, onto.tree, merged.tree);
        const { id } = await this.artifacts.put(bytes, { kind: 'patch', mediaType: 'text/x-patch' });
        return { outcome: 'clean', tree: merged.tree, patch: id };
      },
    );
  }
}
