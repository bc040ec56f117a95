import type { PatchReader } from './patch.reader.js';
import { refuse } from './refused.js';

export interface Hunks {
  count: number;
  addedLines: number;
  deletedLines: number;
  contextLines: number;
  longestLine: number;
  /** First bytes of the first removed and added line: a gitlink says its commit there. */
  firstDeleted: string | null;
  firstAdded: string | null;
}

const number = '(0|[1-9][0-9]{0,9})';
const hunkHeader = new RegExp(`^@@ -${number}(?:,${number})? \\+${number}(?:,${number})? @@(?: |$)`);
const noNewline = '\\ No newline at end of file';
/** Longer than `Subproject commit ` and a SHA-256. */
const firstBytes = 100;

/** Lines before the hunk: git counts from 1, but an empty side names the line that it comes after. */
const before = (start: number, count: number): number => (count === 0 ? start : start - 1);

/** Reads the hunks of one file and proves their counts, their order and that both sides agree on the place. */
export const parseHunks = (reader: PatchReader): Hunks => {
  const { bytes } = reader;
  const hunks: Hunks = {
    count: 0,
    addedLines: 0,
    deletedLines: 0,
    contextLines: 0,
    longestLine: 0,
    firstDeleted: null,
    firstAdded: null,
  };
  let oldEnd = 0;
  let shift = 0;
  let oldClosed = false;
  let newClosed = false;

  const close = (side: number, oldLeft: number, newLeft: number): void => {
    if (reader.peek(noNewline.length + 1) !== noNewline) refuse('patch.hunk', reader.line);
    if (side !== 0x2b) {
      if (oldLeft > 0) refuse('patch.hunk', reader.line, 'The old file goes on behind its last line.');
      oldClosed = true;
    }
    if (side !== 0x2d) {
      if (newLeft > 0) refuse('patch.hunk', reader.line, 'The new file goes on behind its last line.');
      newClosed = true;
    }
    reader.skipLine();
  };

  while (reader.startsWith('@@ ')) {
    // What follows the second @@ is content, any bytes: only the numbers are read.
    const head = hunkHeader.exec(reader.peek(firstBytes));
    if (head === null) return refuse('patch.hunk', reader.line);
    const [oldCount, newCount] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
    const [oldAt, newAt] = [before(Number(head[1]), oldCount), before(Number(head[3]), newCount)];
    if (oldClosed || newClosed || oldAt < oldEnd) refuse('patch.hunk_order', reader.line);
    if (newAt !== oldAt + shift) refuse('patch.hunk_offset', reader.line);
    const headLine = reader.line;
    reader.skipLine();

    let oldLeft = oldCount;
    let newLeft = newCount;
    let side = 0;
    const changesBefore = hunks.addedLines + hunks.deletedLines;
    while (oldLeft > 0 || newLeft > 0) {
      const at = reader.at;
      const first = bytes[at];
      const end = bytes.indexOf(10, at);
      if (end < 0) refuse('patch.truncated', reader.line, 'A hunk lacks lines that its header counts.');
      if (first === 0x2b) {
        newLeft -= 1;
        hunks.addedLines += 1;
        hunks.longestLine = Math.max(hunks.longestLine, end - at - 1);
        hunks.firstAdded ??= bytes.toString('latin1', at + 1, Math.min(end, at + firstBytes));
      } else if (first === 0x2d) {
        oldLeft -= 1;
        hunks.deletedLines += 1;
        hunks.firstDeleted ??= bytes.toString('latin1', at + 1, Math.min(end, at + firstBytes));
      } else if (first === 0x20 || first === 0x0a) {
        // diff.suppressBlankEmpty writes an empty context line without its space.
        oldLeft -= 1;
        newLeft -= 1;
        hunks.contextLines += 1;
      } else if (first === 0x5c && side !== 0) {
        close(side, oldLeft, newLeft);
        side = 0;
        continue;
      } else {
        refuse('patch.hunk', reader.line, 'A hunk lacks lines that its header counts.');
      }
      if (oldLeft < 0 || newLeft < 0)
        refuse('patch.hunk', reader.line, `The hunk of line ${headLine} miscounts.`);
      if ((oldClosed && first !== 0x2b) || (newClosed && first !== 0x2d)) {
        refuse('patch.hunk', reader.line, 'A file goes on behind its last line.');
      }
      side = first === 0x0a ? 0x20 : (first ?? 0);
      reader.at = end + 1;
      reader.line += 1;
    }
    if (side !== 0 && reader.startsWith('\\')) close(side, oldLeft, newLeft);
    if (hunks.addedLines + hunks.deletedLines === changesBefore)
      refuse('patch.hunk', headLine, 'It changes nothing.');
    hunks.count += 1;
    oldEnd = oldAt + oldCount;
    shift += newCount - oldCount;
  }
  return hunks;
};
