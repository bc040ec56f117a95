import type { RawPath } from '@gatehouse/policy';
import type { ChangeEntry, ContentFacts, TreeFacts } from './facts.js';

export interface AddedLine {
  /** Counted from 1, in the new file. */
  readonly number: number;
  readonly text: string;
}

/** A regular file of the change with its content on both sides. */
export interface ChangedFile {
  readonly path: RawPath;
  readonly entry: ChangeEntry;
  /** Null where there is no regular file on that side, or where its content was too large to be read. */
  readonly old: ContentFacts | null;
  readonly new: ContentFacts | null;
  /** Lines of the new text that the old one has nowhere; all of them where there is no old text. */
  readonly added: readonly AddedLine[];
  /** Lines of the old text that the new one has nowhere, with their numbers in the old file. */
  readonly removed: readonly AddedLine[];
}

const isFile = (mode: string): boolean => mode.startsWith('100');

const linesOf = (content: ContentFacts | null): readonly string[] => {
  if (content === null || content.text === null || content.text === '') return [];
  const lines = content.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (!content.text.includes('\r')) return lines;
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
};

const missingFrom = (lines: readonly string[], others: readonly string[]): AddedLine[] => {
  if (lines.length === 0) return [];
  const known = new Set(others);
  const missing: AddedLine[] = [];
  for (const [i, text] of lines.entries()) if (!known.has(text)) missing.push({ number: i + 1, text });
  return missing;
};

const fileOf = (entry: ChangeEntry, { blobs }: TreeFacts): ChangedFile => {
  const side = (mode: string, oid: string): ContentFacts | null =>
    isFile(mode) ? (blobs.get(oid)?.content ?? null) : null;
  const sides = { old: side(entry.oldMode, entry.oldOid), new: side(entry.newMode, entry.newOid) };
  const [before, after] = [linesOf(sides.old), linesOf(sides.new)];
  return {
    path: entry.path,
    entry,
    ...sides,
    added: missingFrom(after, before),
    removed: missingFrom(before, after),
  };
};

const known = new WeakMap<TreeFacts, readonly ChangedFile[]>();

/**
 * The regular files of a change, on either side. What is added is told by whole lines, not by position: a line
 * that only moved is not new, and time grows with the size of the files alone.
 */
export const changedFiles = (change: TreeFacts): readonly ChangedFile[] => {
  const before = known.get(change);
  if (before !== undefined) return before;
  const files = change.entries
    .filter(({ oldMode, newMode }) => isFile(oldMode) || isFile(newMode))
    .map((entry) => fileOf(entry, change));
  known.set(change, files);
  return files;
};
