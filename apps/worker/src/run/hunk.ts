/** One place where two contents differ: lines from 1, as the header of a hunk without context names them. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
}

const header = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/gm;

/** Reads the headers of `git diff -U0` of one file, where no line of content can begin as a header does. */
export const hunksOf = (diff: string): Hunk[] =>
  [...diff.matchAll(header)].map(([, oldStart, oldLines = '1', newStart, newLines = '1']) => ({
    oldStart: Number(oldStart),
    oldLines: Number(oldLines),
    newStart: Number(newStart),
    newLines: Number(newLines),
  }));

const linesOf = (content: Buffer): string[] => content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The new content with one hunk as it was. */
export const undo = (before: Buffer, after: Buffer, hunk: Hunk): Buffer => {
  const [old, made] = [linesOf(before), linesOf(after)];
  // A side without lines is named by the line after which it would be.
  const from = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
  const oldFrom = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
  made.splice(from, hunk.newLines, ...old.slice(oldFrom, oldFrom + hunk.oldLines));
  return Buffer.from(made.join(''), 'latin1');
};
