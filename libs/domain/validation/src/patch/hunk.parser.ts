import { findLineEnd, type PatchReader } from './patch.reader.js';
import { refuse } from './refused.js';

export interface Hunks {
  count: number;
  addedLines: number;
  deletedLines: number;
  contextLines: number;
  longestLine: number;
  /** Where the first removed and the first added line begin, -1 where there is none. */
  firstDeleted: number;
  firstAdded: number;
}

const noNewline = '\\ No newline at end of file';
/** Longer than `Subproject commit ` and a SHA-256. */
const firstBytes = 100;

/** Lines before the hunk: git counts from 1, but an empty side names the line that it comes after. */
const before = (start: number, count: number): number => (count === 0 ? start : start - 1);

/** Sides of the file whose last line was seen to have no end: nothing of them may follow. */
interface Closed {
  old: boolean;
  new: boolean;
}

const plus = 0x2b;
const minus = 0x2d;

const close = (reader: PatchReader, side: number, oldLeft: number, newLeft: number, closed: Closed): void => {
  if (reader.peek(noNewline.length + 1) !== noNewline) refuse('patch.hunk', reader.line);
  if ((side !== plus && oldLeft > 0) || (side !== minus && newLeft > 0)) {
    refuse('patch.hunk', reader.line, 'The file goes on behind its last line.');
  }
  closed.old ||= side !== plus;
  closed.new ||= side !== minus;
  reader.skipLine();
};

/** First bytes of a line of content, without its sign: a gitlink says its commit there. */
export const contentAt = (reader: PatchReader, at: number): string =>
  reader.slice(at + 1, Math.min(findLineEnd(reader.words, reader.bytes.length, at), at + firstBytes));

/** Reads the lines that a hunk's header counts. All counters are locals: this loop sees every line of a patch. */
const readBody = (
  reader: PatchReader,
  oldCount: number,
  newCount: number,
  closed: Closed,
  hunks: Hunks,
): void => {
  const { bytes, words } = reader;
  const { length } = bytes;
  const headLine = reader.line - 1;
  let { at, line } = reader;
  let [oldLeft, newLeft, side, added, deleted, context] = [oldCount, newCount, 0, 0, 0, 0];
  let longest = hunks.longestLine;
  let anyClosed = closed.old || closed.new;
  while (oldLeft > 0 || newLeft > 0) {
    const end = findLineEnd(words, length, at);
    const first = end < 0 ? 0 : bytes[at]!;
    if (first === 0x20 || first === 0x0a) {
      // diff.suppressBlankEmpty writes an empty context line without its space.
      oldLeft -= 1;
      newLeft -= 1;
      context += 1;
    } else if (first === plus) {
      newLeft -= 1;
      added += 1;
      if (end - at - 1 > longest) longest = end - at - 1;
      if (hunks.firstAdded < 0) hunks.firstAdded = at;
    } else if (first === minus) {
      oldLeft -= 1;
      deleted += 1;
      if (hunks.firstDeleted < 0) hunks.firstDeleted = at;
    } else if (bytes[at] === 0x5c && side !== 0) {
      reader.at = at;
      reader.line = line;
      close(reader, side, oldLeft, newLeft, closed);
      ({ at, line } = reader);
      side = 0;
      anyClosed = true;
      continue;
    } else {
      const code = end < 0 ? 'patch.truncated' : 'patch.hunk';
      refuse(code, line, 'A hunk lacks lines that its header counts.');
    }
    if (oldLeft < 0 || newLeft < 0) refuse('patch.hunk', line, `The hunk of line ${headLine} miscounts.`);
    if (anyClosed && ((closed.old && first !== plus) || (closed.new && first !== minus))) {
      refuse('patch.hunk', line, 'A file goes on behind its last line.');
    }
    side = first === 0x0a ? 0x20 : first;
    at = end + 1;
    line += 1;
  }
  reader.at = at;
  reader.line = line;
  if (side !== 0 && bytes[at] === 0x5c) close(reader, side, 0, 0, closed);
  if (added + deleted === 0) refuse('patch.hunk', headLine, 'It changes nothing.');
  hunks.addedLines += added;
  hunks.deletedLines += deleted;
  hunks.contextLines += context;
  hunks.longestLine = longest;
};

const maxDigits = 10;

/** Reads the four numbers byte by byte: a pattern takes longer than most hunks that follow it. */
class HunkHead {
  oldStart = 0;
  oldCount = 0;
  newStart = 0;
  newCount = 0;
  /** Where what was read ends. */
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** False where it is not `@@ -1,2 +3,4 @@`, a count of 1 left out or not, followed by a space or the line's end. */
  read(reader: PatchReader): boolean {
    this.at = reader.at + '@@ '.length;
    if (!this.skip(minus)) return false;
    this.oldStart = this.number();
    this.oldCount = this.count();
    if (!this.skip(0x20) || !this.skip(plus)) return false;
    this.newStart = this.number();
    this.newCount = this.count();
    if (!this.skip(0x20) || !this.skip(0x40) || !this.skip(0x40)) return false;
    if (this.oldStart < 0 || this.oldCount < 0 || this.newStart < 0 || this.newCount < 0) return false;
    return this.bytes[this.at] === 0x0a || this.bytes[this.at] === 0x20;
  }

  private skip(wanted: number): boolean {
    if (this.bytes[this.at] !== wanted) return false;
    this.at += 1;
    return true;
  }

  private count(): number {
    return this.skip(0x2c) ? this.number() : 1;
  }

  /** Digits without zeros in front; -1 where there are none or too many. */
  private number(): number {
    const { bytes, at: from } = this;
    let value = 0;
    let at = from;
    for (; at - from <= maxDigits; at += 1) {
      const digit = bytes[at]! - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    this.at = at;
    const length = at - from;
    if (length === 0 || length > maxDigits) return -1;
    return length > 1 && bytes[from] === 0x30 ? -1 : value;
  }
}

/** True at `@@ `, told byte by byte, as it is asked of every hunk. */
const startsHunk = ({ bytes, at }: PatchReader): boolean =>
  bytes[at] === 0x40 && bytes[at + 1] === 0x40 && bytes[at + 2] === 0x20;

/** Reads the hunks of one file and proves their counts, their order and that both sides agree on the place. */
export const parseHunks = (reader: PatchReader): Hunks => {
  const hunks: Hunks = {
    count: 0,
    addedLines: 0,
    deletedLines: 0,
    contextLines: 0,
    longestLine: 0,
    firstDeleted: -1,
    firstAdded: -1,
  };
  const closed: Closed = { old: false, new: false };
  let oldEnd = 0;
  let shift = 0;
  const head = new HunkHead(reader.bytes);
  while (startsHunk(reader)) {
    // What follows the second @@ is content, any bytes: only the numbers are read.
    const read = head.read(reader);
    if (read) reader.at = head.at;
    const end = reader.lineEnd();
    if (!read) refuse('patch.hunk', reader.line);
    const { oldCount, newCount } = head;
    const [oldAt, newAt] = [before(head.oldStart, oldCount), before(head.newStart, newCount)];
    if (closed.old || closed.new || oldAt < oldEnd) refuse('patch.hunk_order', reader.line);
    if (newAt !== oldAt + shift) refuse('patch.hunk_offset', reader.line);
    reader.at = end + 1;
    reader.line += 1;
    readBody(reader, oldCount, newCount, closed, hunks);
    hunks.count += 1;
    oldEnd = oldAt + oldCount;
    shift += newCount - oldCount;
  }
  return hunks;
};
