import type { RawPath } from '@gatehouse/policy';

/** One half of a `GIT binary patch`. */
export interface BinaryHunk {
  readonly method: 'literal' | 'delta';
  /** Bytes of the literal, or of the delta itself, as declared. */
  readonly declared: number;
  /** Bytes as they stand in the patch, still deflated. */
  readonly deflated: number;
  /** Bytes of the file it makes: for a delta as its own header declares. */
  readonly target: number;
}

export interface PatchFile {
  readonly path: RawPath;
  readonly status: 'added' | 'modified' | 'deleted';
  /** `none`: no content in the patch, since it is empty or only the mode changes. */
  readonly content: 'none' | 'text' | 'binary';
  /** Six octal digits, `000000` on the side where there is nothing. */
  readonly oldMode: string;
  readonly newMode: string;
  /** Null on both sides where only the mode changes: git writes no object ids then. */
  readonly oldOid: string | null;
  readonly newOid: string | null;
  readonly hunks: number;
  readonly addedLines: number;
  readonly deletedLines: number;
  /** Bytes of the longest added line. */
  readonly longestLine: number;
  readonly forward: BinaryHunk | null;
  readonly reverse: BinaryHunk | null;
  /** Line of the patch, from 1, where this file begins. */
  readonly line: number;
}

/** Stable reasons why bytes are not an acceptable patch. */
export const patchRefusals = {
  'patch.not_a_patch': 'It is neither the output of git diff nor a single mail of git format-patch.',
  'patch.headerless': 'It holds a unified diff without a diff --git header.',
  'patch.combined': 'It is the combined diff of a merge.',
  'patch.rename': 'It holds renames, copies or rewrites.',
  'patch.header': 'A header line is not one that git writes.',
  'patch.header_bytes': 'A header holds a NUL or carriage return.',
  'patch.name': 'A file name is not written as git writes it.',
  'patch.name_mismatch': 'The header and the ---/+++ lines name different files.',
  'patch.mode': 'A mode is not one of a git tree, or does not fit the change.',
  'patch.index': 'Object ids are missing, shortened or do not fit the change.',
  'patch.hunk': 'A hunk header is malformed or its line counts lie.',
  'patch.hunk_order': 'Hunks overlap or are out of order.',
  'patch.hunk_offset': 'The two sides of a hunk disagree about where it lies.',
  'patch.binary': 'Binary data are malformed.',
  'patch.binary_omitted': 'The content of a binary file was left out.',
  'patch.size_lie': 'Binary data do not have the size that they declare.',
  'patch.truncated': 'It ends in the middle.',
  'patch.duplicate_path': 'One file is changed twice.',
  'patch.path_conflict': 'One path is made a file and a directory.',
  'patch.trailing': 'Something other than a mail signature follows the last file.',
  'patch.second_patch': 'Another patch follows the mail signature.',
  'patch.too_large': 'It is larger than can be taken.',
  'patch.encoded_mail': 'The mail is encoded or has several parts.',
} as const;
export type PatchRefusalCode = keyof typeof patchRefusals;

export interface PatchRefusal {
  readonly ok: false;
  readonly code: PatchRefusalCode;
  readonly message: string;
  /** Line of the patch, from 1. */
  readonly line: number;
}

export interface AcceptedPatch {
  readonly ok: true;
  readonly format: 'diff' | 'mail';
  readonly files: readonly PatchFile[];
  /** The bytes that were judged: apply exactly these, not the mail around them. */
  readonly span: { readonly start: number; readonly end: number };
  /** What git inflates in memory when it applies this: both halves of every binary patch and their targets. */
  readonly inflatedBytes: number;
}

export type ParsedPatch = AcceptedPatch | PatchRefusal;
