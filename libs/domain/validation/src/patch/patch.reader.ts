import { refuse } from './refused.js';

/** Two quoted names of 4096 bytes, four characters for each byte, and room for the words around them. */
const maxHeaderBytes = 34_000;

const newline = 0x0a;
const newlines = 0x0a0a0a0a;
const ones = 0x01010101;
const highs = 0x80808080 | 0;

/** The lowest byte of a word whose highest bit is set. */
const lowest = (marks: number): number => (31 - Math.clz32(marks & -marks)) >> 3;

/**
 * Where the line at `from` ends, -1 where it does not. Looks at four bytes at once, which takes half as long as one
 * by one: of a word whose newlines are turned to zeros, the lowest zero is the lowest byte that borrows when one is
 * taken from each; the first question lets bytes above 0x7f by, and saves the second for the others. `length` is that
 * of the words, which take longer to tell it than a line to be read.
 */
export const findLineEnd = (words: DataView, length: number, from: number): number => {
  const whole = length - 8;
  let at = from;
  for (; at <= whole; at += 8) {
    const a = words.getInt32(at, true) ^ newlines;
    if (((a - ones) & highs) !== 0) {
      const marks = (a - ones) & ~a & highs;
      if (marks !== 0) return at + lowest(marks);
    }
    const b = words.getInt32(at + 4, true) ^ newlines;
    if (((b - ones) & highs) !== 0) {
      const marks = (b - ones) & ~b & highs;
      if (marks !== 0) return at + 4 + lowest(marks);
    }
  }
  for (; at < length; at += 1) if (words.getUint8(at) === newline) return at;
  return -1;
};

/**
 * Walks the lines of a patch; only `\n` ends a line, whatever else stands in it. Text is made of header lines alone:
 * of all other bytes it would be a second copy of the patch.
 */
export class PatchReader {
  at = 0;
  /** Line at `at`, from 1. */
  line = 1;

  readonly words: DataView;

  constructor(readonly bytes: Buffer) {
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Where the line at `at` ends; git ends every line of a patch, so a last line without an end was cut. */
  lineEnd(): number {
    const end = findLineEnd(this.words, this.bytes.length, this.at);
    return end < 0 ? refuse('patch.truncated', this.line, 'The last line has no end.') : end;
  }

  /** Whether `text`, of latin1, stands so many bytes behind `at`. */
  startsWith(text: string, behind = 0): boolean {
    const { bytes } = this;
    const from = this.at + behind;
    if (from + text.length > bytes.length) return false;
    for (let i = 0; i < text.length; i += 1) if (bytes[from + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** The bytes from one place to before another, as latin1. */
  slice(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to);
  }

  /** A line of content, at most `max` bytes of it. */
  peek(max: number): string {
    return this.slice(this.at, Math.min(this.lineEnd(), this.at + max));
  }

  /** A line that steers the parser: bounded, without NUL or carriage return. */
  header(): string {
    const end = this.lineEnd();
    if (end - this.at > maxHeaderBytes) refuse('patch.header', this.line, 'The line is too long.');
    const header = this.slice(this.at, end);
    if (header.includes('\0') || header.includes('\r')) refuse('patch.header_bytes', this.line);
    return header;
  }

  skipLine(): void {
    this.at = this.lineEnd() + 1;
    this.line += 1;
  }

  /** Reads a header line and goes to the next. */
  takeHeader(): string {
    const header = this.header();
    this.at += header.length + 1;
    this.line += 1;
    return header;
  }
}
