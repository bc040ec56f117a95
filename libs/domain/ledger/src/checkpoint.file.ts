import { GatehouseError } from '@gatehouse/contracts';
import { endOf, firstCheckpoint, type Checkpoint, type CheckpointEnd } from '@gatehouse/proof';
import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** Where a file of checkpoints ends. */
export interface FileEnd extends CheckpointEnd {
  /** Instant of the last checkpoint; null in an empty file. */
  readonly at: string | null;
}

const empty: FileEnd = { ...firstCheckpoint, at: null };
const blockBytes = 64 * 1024;

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
};

const parse = (line: string, path: string): Checkpoint => {
  try {
    return JSON.parse(line) as Checkpoint;
  } catch (cause) {
    throw new GatehouseError(
      'ledger.corrupt',
      `A line of ${path} is no checkpoint. Run \`gatehouse verify\`; then move the file away and keep it as evidence.`,
      { cause },
    );
  }
};

/** A file of one checkpoint per line, outside the database. It is only ever appended to. */
export class CheckpointFile {
  #end: FileEnd | undefined;
  #size = -1;

  constructor(readonly path: string) {}

  /** The end, read anew where another process has written. */
  async end(): Promise<FileEnd> {
    const size = await sizeOf(this.path);
    if (this.#end === undefined || size !== this.#size) {
      this.#end = size === 0 ? empty : await this.lastOf(size);
      this.#size = size;
    }
    return this.#end;
  }

  /** Durable when it returns. The caller sees to it that nobody else writes at the same time. */
  async append(checkpoints: readonly Checkpoint[]): Promise<void> {
    const last = checkpoints.at(-1);
    if (last === undefined) return;
    const size = await sizeOf(this.path);
    const file = await open(this.path, 'a', 0o640);
    try {
      // Half a line is what a crash leaves: it was never relied on, and it would spoil the line after it.
      const whole = await this.wholeLines(size);
      if (whole < size) await file.truncate(whole);
      await file.appendFile(checkpoints.map((checkpoint) => `${JSON.stringify(checkpoint)}\n`).join(''));
      await file.datasync();
      this.#size = (await file.stat()).size;
      this.#end = { ...endOf(last), at: last.at };
    } finally {
      await file.close();
    }
  }

  /** All checkpoints in order; half a line at the end is left out. */
  async *read(): AsyncGenerator<Checkpoint> {
    const whole = await this.wholeLines(await sizeOf(this.path));
    if (whole === 0) return;
    const lines = createInterface({
      input: createReadStream(this.path, { end: whole - 1 }),
      crlfDelay: Infinity,
    });
    for await (const line of lines) yield parse(line, this.path);
  }

  private async lastOf(size: number): Promise<FileEnd> {
    const whole = await this.wholeLines(size);
    if (whole === 0) return empty;
    const start = (await this.newlineBefore(whole - 1)) + 1;
    const file = await open(this.path, 'r');
    try {
      const bytes = Buffer.alloc(whole - 1 - start);
      await file.read(bytes, 0, bytes.length, start);
      const last = parse(bytes.toString(), this.path);
      return { ...endOf(last), at: last.at };
    } finally {
      await file.close();
    }
  }

  /** Bytes up to and with the last newline. */
  private async wholeLines(size: number): Promise<number> {
    return size === 0 ? 0 : (await this.newlineBefore(size)) + 1;
  }

  /** Position of the last newline before `position`; -1 where there is none. */
  private async newlineBefore(position: number): Promise<number> {
    const file = await open(this.path, 'r');
    try {
      for (let end = position; end > 0; end -= blockBytes) {
        const found = await lastNewline(file, Math.max(end - blockBytes, 0), end);
        if (found >= 0) return found;
      }
      return -1;
    } finally {
      await file.close();
    }
  }
}

const lastNewline = async (file: FileHandle, start: number, end: number): Promise<number> => {
  const block = Buffer.alloc(end - start);
  await file.read(block, 0, block.length, start);
  const at = block.lastIndexOf(0x0a);
  return at < 0 ? -1 : start + at;
};
