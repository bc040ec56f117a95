import { refuse } from './refused.js';

/** Two quoted names of 4096 bytes, four characters for each byte, and room for the words around them. */
const maxHeaderBytes = 34_000;

/** Walks the lines of a patch; only `\n` ends a line, whatever else stands in it. */
export class PatchReader {
  at = 0;
  /** Line at `at`, from 1. */
  line = 1;

  constructor(readonly bytes: Buffer) {}

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Where the line at `at` ends; git ends every line of a patch, so a last line without an end was cut. */
  lineEnd(): number {
    const end = this.bytes.indexOf(10, this.at);
    return end < 0 ? refuse('patch.truncated', this.line, 'The last line has no end.') : end;
  }

  startsWith(text: string): boolean {
    if (this.at + text.length > this.bytes.length) return false;
    for (let i = 0; i < text.length; i += 1) {
      if (this.bytes[this.at + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** A line of content, at most `max` bytes of it. */
  peek(max: number): string {
    return this.bytes.toString('latin1', this.at, Math.min(this.lineEnd(), this.at + max));
  }

  /** A line that steers the parser: bounded, without NUL or carriage return. */
  header(): string {
    const end = this.lineEnd();
    if (end - this.at > maxHeaderBytes) refuse('patch.header', this.line, 'The line is too long.');
    const text = this.bytes.toString('latin1', this.at, end);
    if (text.includes('\0') || text.includes('\r')) refuse('patch.header_bytes', this.line);
    return text;
  }

  skipLine(): void {
    this.at = this.lineEnd() + 1;
    this.line += 1;
  }

  /** Reads a header line and goes to the next. */
  takeHeader(): string {
    const text = this.header();
    this.skipLine();
    return text;
  }
}
