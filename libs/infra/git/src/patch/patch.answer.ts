import type { PatchFault, PatchedFile } from './patch.format.js';
import type { PathTwins } from '../tree/tree.editor.js';

/** What became of one path. An absent side has mode `000000` and an oid of forty zeros. */
export interface AppliedEntry {
  readonly path: Buffer;
  readonly oldMode: string;
  readonly oldOid: string;
  readonly newMode: string;
  readonly newOid: string;
}

/** Stable reasons for which a patch does not become a tree. */
export type ApplyFault =
  | PatchFault
  /** A file the patch changes or deletes is not in the base, or one it adds is. */
  | 'patch.does_not_apply'
  /** The base or the result has other content than the patch's `index` line names. */
  | 'patch.blob_mismatch'
  /** The lines that the patch changes are in the base, but not where the patch says. */
  | 'patch.offset'
  /** The base has another mode than the patch says. */
  | 'patch.mode_mismatch'
  /** A path would be a file and a directory, or lie below a file, link or submodule. */
  | 'patch.path_conflict'
  /** The patch leads back to the base. */
  | 'patch.no_change';

export type ApplyAnswer =
  | {
      readonly ok: true;
      readonly tree: string;
      readonly entries: readonly AppliedEntry[];
      /** New paths that some file systems take for a path that is already there; facts, not a refusal. */
      readonly twins: readonly PathTwins[];
      /** What the patch says about itself, file by file. */
      readonly files: readonly PatchedFile[];
    }
  | { readonly ok: false; readonly reason: ApplyFault; readonly detail: string; readonly path?: Buffer };

export interface ApplyLimits {
  /** Bytes of the patch; default 64 MiB. */
  readonly maxPatchBytes?: number;
  /** Bytes of any one file before or after; default 64 MiB. */
  readonly maxBlobBytes?: number;
  /** Bytes git has to inflate in all; default 256 MiB. */
  readonly maxTotalBytes?: number;
  /** Default 10 000. */
  readonly maxFiles?: number;
}

export type Refusal = Extract<ApplyAnswer, { ok: false }>;

export const no = (reason: ApplyFault, detail: string, path?: Buffer): Refusal => ({
  ok: false,
  reason,
  detail,
  ...(path === undefined ? {} : { path }),
});
export const show = (path: Buffer | string): string =>
  JSON.stringify(Buffer.from(path as string, 'latin1').toString('utf8'));
