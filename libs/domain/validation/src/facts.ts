import type { Command, CommandOutcome, EffectivePolicy, HarvestReport, TestRuns } from '@gatehouse/contracts';
import type { RawPath } from '@gatehouse/policy';
import type { TestPlan } from './tests/test.plan.js';
import type { ParsedPatch } from './patch/parsed.js';
import type { SecretHit } from './secrets/secret.hit.js';

/**
 * What gates look at. Collectors fetch it, gates only read it. `null` always means "could not be found out": a
 * gate that needs such a fact answers `error`, never `pass`.
 */

/** One line of `diff-tree -r --no-renames -z`, base tree against candidate tree. */
export interface ChangeEntry {
  readonly path: RawPath;
  /** Added, deleted, modified, type changed. */
  readonly status: 'A' | 'D' | 'M' | 'T';
  /** Six octal digits, `000000` on the side where there is nothing. */
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldOid: string;
  readonly newOid: string;
}

/** What `blobMeter` says about the content of one blob. */
export interface ContentFacts {
  /** A NUL in the first 8000 bytes, git's own rule. */
  readonly binary: boolean;
  /** Bytes of the longest line, its end not counted. */
  readonly longestLine: number;
  /** The first bytes, a character each. */
  readonly head: string;
  /**
   * Null where it is binary, or where the files of the change together are more than the collector keeps. UTF-8
   * where it is valid, otherwise a character for each byte.
   */
  readonly text: string | null;
  /** The text is valid UTF-8. */
  readonly utf8: boolean;
  /** What the first bytes say that it is, as an extension (`png`); null where they say nothing. */
  readonly type: string | null;
}

export interface BlobFacts {
  /** Bytes. */
  readonly size: number;
  /** Null where the blob is larger than the collector reads. */
  readonly content: ContentFacts | null;
}

/** One name directly in a folder of the candidate tree. */
export interface FolderName {
  /** A raw path of one segment. */
  readonly name: string;
  /** Six octal digits; `040000` for a folder. */
  readonly mode: string;
  /** The folder of the base tree has a thing of exactly this name. */
  readonly inBase: boolean;
}

/** Where a symbolic link of the candidate tree leads, every component resolved (see `resolveLink`). */
export interface LinkFacts {
  readonly target: RawPath;
  readonly leads: 'inside' | 'outside' | 'absolute' | 'into_git' | 'loop' | 'too_long' | 'empty';
}

export interface FsckFault {
  readonly oid: string;
  /** Git's own name of the fault, e.g. `hasDotgit`. */
  readonly code: string;
  readonly message: string;
  /** The base has the fault in the same place: one of the past that only warns. */
  readonly inherited: boolean;
}

/** The candidate as trees and blobs: all that a static gate may know (I8). */
export interface TreeFacts {
  readonly baseTree: string;
  readonly tree: string;
  readonly entries: readonly ChangeEntry[];
  /** By object id, both sides of every entry that is a blob. */
  readonly blobs: ReadonlyMap<string, BlobFacts>;
  /**
   * Credentials by blob: of the new side of every entry, and of the old sides where a new one has any. A blob that is
   * too large to be read is not in it. Those of the new paths stand under `newNames`, the line of each being which
   * of them it is. Null where the scan did not come to its end.
   */
  readonly secrets: ReadonlyMap<string, readonly SecretHit[]> | null;
  /** Folders of the candidate tree, at least those that `foldersOf(entries)` names; '' is the root. */
  readonly folders: ReadonlyMap<RawPath, readonly FolderName[]>;
  /** At least every entry whose new side is a symbolic link. */
  readonly links: ReadonlyMap<RawPath, LinkFacts>;
  /** Faults of the new objects by strict fsck; null where fsck did not run to its end. */
  readonly fsck: readonly FsckFault[] | null;
}

export interface StaticFacts {
  readonly policy: EffectivePolicy;
  /** Null as long as nothing was applied. */
  readonly change: TreeFacts | null;
}

export interface CommandFacts extends StaticFacts {
  readonly commands: {
    /** All that must pass: the policy's, to which the job may have added. */
    readonly required: readonly Command[];
    /** Null where the `validate` attempt brought no outcomes. */
    readonly outcomes: readonly CommandOutcome[] | null;
    /** Why they could not be run, where that is known. */
    readonly notRunBecause?: string | undefined;
    /** Null where no command runs tests. */
    readonly tests?: {
      readonly plan: TestPlan;
      /** Null where nothing was asked of them, since a required command did not pass. */
      readonly runs: TestRuns | null;
      /** Test commands of which the job says that the tests of the base are meant to fail. */
      readonly regressions: readonly string[];
    } | null;
  } | null;
}

export interface ArtifactFacts {
  /** Received bytes, hashed by the plane. */
  readonly bytes: number;
  readonly sha256: string;
  /** What the attempt's result names. */
  readonly declaredSha256: string;
}

export interface LeaseFacts {
  /** Generation that the upload came under, and the one that counts now. */
  readonly generation: number;
  readonly currentGeneration: number;
  readonly sessionMatches: boolean;
  readonly repositoryMatches: boolean;
  /** The result's base is the commit that the lease granted. */
  readonly baseMatches: boolean;
}

export interface BaseFacts {
  readonly commit: string;
  /** Tree of that commit in the mirror; null where the mirror has no such commit. */
  readonly tree: string | null;
  /** The commit is in the history of the branch or tag that the job names; null where nobody could tell. */
  readonly reachable: boolean | null;
}

export interface RoundTripFacts {
  /** Tree that the result declares; null where a patch was handed in without one. */
  readonly declaredTree: string | null;
  /** Tree that the received patch makes on the base. */
  readonly appliedTree: string;
  /** Tree that the regenerated patch of `appliedTree` makes on the base. */
  readonly regeneratedTree: string;
}

/** Why the patch does not become a tree, and what git said, bounded. */
export interface ApplyRefusal {
  /** One of the reasons of `applyPatch`, e.g. `patch.offset`. */
  readonly code: string;
  readonly refused: string;
}

export type HarvestFacts =
  { readonly made: 'handed_in' } | { readonly made: 'harvested'; readonly report: HarvestReport };

/** A place where the canary of one of the session's leases stands, in whatever writing. */
export interface CanaryPlace {
  readonly where: 'patch' | 'name' | 'content' | 'log';
  readonly path: RawPath | null;
}

/** All there is to know; for gates whose answer is never cached. */
export interface ContextFacts extends CommandFacts {
  readonly artifact: ArtifactFacts | null;
  readonly patch: ParsedPatch | null;
  readonly lease: LeaseFacts | null;
  readonly base: BaseFacts | null;
  readonly harvest: HarvestFacts | null;
  readonly canary: readonly CanaryPlace[] | null;
  /** Null as long as nothing was applied. */
  readonly roundTrip: RoundTripFacts | ApplyRefusal | null;
}

/** Of a candidate about which nothing was found out yet; who asks sets what is known. */
export const noFacts: Omit<ContextFacts, 'policy'> = {
  artifact: null,
  patch: null,
  lease: null,
  base: null,
  harvest: null,
  canary: null,
  roundTrip: null,
  change: null,
  commands: null,
};

const parentOf = (path: string): RawPath => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) as RawPath;

/** Folders that gates compare names in: every one above a path that the candidate adds or changes, the root too. */
export const foldersOf = (entries: readonly ChangeEntry[]): RawPath[] => {
  const folders = new Set<RawPath>();
  for (const { path, newMode } of entries) {
    if (newMode === '000000') continue;
    for (let folder = parentOf(path); !folders.has(folder); folder = parentOf(folder)) {
      folders.add(folder);
      if (folder === '') break;
    }
  }
  return [...folders];
};
