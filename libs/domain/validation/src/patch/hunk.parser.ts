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

const contentAt = (text: string, at: number): string =>
  text.slice(at + 1, Math.min(text.indexOf('\n', at), at + firstBytes));

/** Reads the lines that a hunk's header counts. All counters are locals: this loop sees every line of a patch. */
const readBody = (
  reader: PatchReader,
  oldCount: number,
  newCount: number,
  closed: Closed,
  hunks: Hunks,
): void => {
  const { bytes, text } = reader;
  const headLine = reader.line - 1;
  let { at, line } = reader;
  let [oldLeft, newLeft, side, added, deleted, longest] = [oldCount, newCount, 0, 0, 0, hunks.longestLine];
  while (oldLeft > 0 || newLeft > 0) {
    const first = bytes[at]!;
    if (first === 0x5c && side !== 0) {
      reader.at = at;
      reader.line = line;
      close(reader, side, oldLeft, newLeft, closed);
      ({ at, line } = reader);
      side = 0;
      continue;
    }
    const end = text.indexOf('\n', at);
    if (end < 0) refuse('patch.truncated', line, 'A hunk lacks lines that its header counts.');
    if (first === plus) {
      newLeft -= 1;
      added += 1;
      if (end - at - 1 > longest) longest = end - at - 1;
      if (hunks.firstAdded === null) hunks.firstAdded = contentAt(text, at);
    } else if (first === minus) {
      oldLeft -= 1;
      deleted += 1;
      if (hunks.firstDeleted === null) hunks.firstDeleted = contentAt(text, at);
    } else if (first === 0x20 || first === 0x0a) {
      // diff.suppressBlankEmpty writes an empty context line without its space.
      oldLeft -= 1;
      newLeft -= 1;
      hunks.contextLines += 1;
    } else {
      refuse('patch.hunk', line, 'A hunk lacks lines that its header counts.');
    }
    if (oldLeft < 0 || newLeft < 0) refuse('patch.hunk', line, `The hunk of line ${headLine} miscounts.`);
    if ((closed.old && first !== plus) || (closed.new && first !== minus)) {
      refuse('patch.hunk', line, 'A file goes on behind its last line.');
    }
    side = first === 0x0a ? 0x20 : first;
    at = end + 1;
    line += 1;
  }
  reader.at = at;
  reader.line = line;
  if (side !== 0 && reader.startsWith('\\')) close(reader, side, 0, 0, closed);
  if (added + deleted === 0) refuse('patch.hunk', headLine, 'It changes nothing.');
  hunks.addedLines += added;
  hunks.deletedLines += deleted;
  hunks.longestLine = longest;
};

interface HunkHead {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
}

const maxDigits = 10;

/** Reads the four numbers letter by letter: a pattern takes longer than most hunks that follow it. */
class HeadReader {
  constructor(
    private readonly text: string,
    private at: number,
  ) {}

  /** Null where it is not `@@ -1,2 +3,4 @@`, a count of 1 left out or not, followed by a space or the line's end. */
  read(lineEnd: number): HunkHead | null {
    if (!this.skip('@@ -')) return null;
    const [oldStart, oldCount] = [this.number(), this.count()];
    if (!this.skip(' +')) return null;
    const [newStart, newCount] = [this.number(), this.count()];
    if (!this.skip(' @@') || Math.min(oldStart, oldCount, newStart, newCount) < 0) return null;
    if (this.at !== lineEnd && this.text.charCodeAt(this.at) !== 0x20) return null;
    return { oldStart, oldCount, newStart, newCount };
  }

  private skip(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  private count(): number {
    if (this.text.charCodeAt(this.at) !== 0x2c) return 1;
    this.at += 1;
    return this.number();
  }

  /** Digits without zeros in front; -1 where there are none or too many. */
  private number(): number {
    const { text, at: from } = this;
    let value = 0;
    for (let digit = text.charCodeAt(this.at) - 0x30; digit >= 0 && digit <= 9;) {
      value = value * 10 + digit;
      this.at += 1;
      if (this.at - from > maxDigits) return -1;
      digit = text.charCodeAt(this.at) - 0x30;
    }
    const length = this.at - from;
    return length === 0 || (length > 1 && text.charCodeAt(from) === 0x30) ? -1 : value;
  }
}

/** Reads the hunks of one file and proves their counts, their order and that both sides agree on the place. */
export const parseHunks = (reader: PatchReader): Hunks => {
  const hunks: Hunks = {
    count: 0,
    addedLines: 0,
    deletedLines: 0,
    contextLines: 0,
    longestLine: 0,
    firstDeleted: null,
    firstAdded: null,
  };
  const closed: Closed = { old: false, new: false };
  let oldEnd = 0;
  let shift = 0;
  while (reader.startsWith('@@ ')) {
    // What follows the second @@ is content, any bytes: only the numbers are read.
    const head = new HeadReader(reader.text, reader.at).read(reader.lineEnd());
    if (head === null) return refuse('patch.hunk', reader.line);
    const { oldCount, newCount } = head;
    const [oldAt, newAt] = [before(head.oldStart, oldCount), before(head.newStart, newCount)];
    if (closed.old || closed.new || oldAt < oldEnd) refuse('patch.hunk_order', reader.line);
    if (newAt !== oldAt + shift) refuse('patch.hunk_offset', reader.line);
    reader.skipLine();
    readBody(reader, oldCount, newCount, closed, hunks);
    hunks.count += 1;
    oldEnd = oldAt + oldCount;
    shift += newCount - oldCount;
  }
  return hunks;
};
