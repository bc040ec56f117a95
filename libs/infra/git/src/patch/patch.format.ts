/** One file of a patch, as the patch describes it; the base has the last word on whether it is true. */
export interface PatchedFile {
  readonly change: 'modify' | 'add' | 'delete' | 'rename' | 'copy';
  /** Undefined for `add`. */
  readonly oldPath: Buffer | undefined;
  /** Undefined for `delete`. */
  readonly newPath: Buffer | undefined;
  /** Undefined where the patch does not say: then it is as in the base. */
  readonly oldMode: string | undefined;
  readonly newMode: string | undefined;
  /** Undefined where the content does not change. */
  readonly oldOid: string | undefined;
  readonly newOid: string | undefined;
  readonly body: 'none' | 'text' | 'binary';
  /** Where the first hunk begins, in bytes of the diff. */
  readonly bodyAt: number;
  readonly addedLines: number;
  readonly removedLines: number;
  /** Bytes the result has by the patch's own words; 0 for text. */
  readonly declaredBytes: number;
  /** Bytes git must inflate to read this file of the patch. */
  readonly inflatedBytes: number;
}

/** Stable reasons for which bytes are not taken as a patch. */
export type PatchFault =
  | 'patch.empty'
  | 'patch.not_a_diff'
  | 'patch.malformed'
  | 'patch.abbreviated'
  | 'patch.duplicate_path'
  | 'patch.illegal_path'
  | 'patch.too_large';

export type ParsedPatch =
  | {
      readonly ok: true;
      readonly files: readonly PatchedFile[];
      /** The part that is diff, without mail headers and signature: the only bytes git is ever given. */
      readonly diff: Buffer;
    }
  | {
      readonly ok: false;
      readonly reason: PatchFault;
      /** Line number, from 1. */
      readonly line: number;
      readonly detail: string;
    };

/** Thrown inside the parser only; `parsePatch` turns it into an answer. */
export class PatchRefusal extends Error {
  constructor(
    readonly reason: PatchFault,
    readonly line: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** Walks over the lines of a patch without copying them. */
export class PatchLines {
  /** Number of the line `peek` shows, from 1. */
  number = 1;
  /** Byte offset of the line `peek` shows. */
  at = 0;
  /** Byte offset of the first file. */
  origin = 0;
  private end = -1;

  constructor(readonly bytes: Buffer) {}

  /** The first byte of the current line, -1 at the end of the patch. */
  first(): number {
    return this.at < this.bytes.length ? (this.bytes[this.at] as number) : -1;
  }

  private get lineEnd(): number {
    if (this.end < this.at) {
      const newline = this.bytes.indexOf(10, this.at);
      this.end = newline < 0 ? this.bytes.length : newline;
    }
    return this.end;
  }

  /** The current line as Latin-1, without its newline; undefined at the end. */
  peek(): string | undefined {
    return this.at < this.bytes.length ? this.bytes.toString('latin1', this.at, this.lineEnd) : undefined;
  }

  skip(): void {
    this.at = this.lineEnd + 1;
    this.number++;
  }

  /** True where the current line ends in a newline, as every line of a patch must. */
  get terminated(): boolean {
    return this.lineEnd < this.bytes.length;
  }

  refuse(detail: string, reason: PatchFault = 'patch.malformed'): never {
    throw new PatchRefusal(reason, this.number, detail);
  }
}
