import type { Readable } from 'node:stream';
import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner, GitStream } from './git.runner.js';
import { isObjectId } from './ref.name.js';

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Cuts the output of `git cat-file --batch` into objects. */
export class BatchOutput {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(stdout: Readable) {
    this.chunks = (stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /**
   * The next object; undefined where git does not have it.
   * @throws GatehouseError `git.refused` over `maxBytes`, `git.failed` where the output ends early
   */
  async next(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    let newline = this.held.indexOf(10);
    while (newline < 0) {
      await this.more();
      newline = this.held.indexOf(10);
    }
    const [name = '', type = '', size] = this.take(newline + 1)
      .toString('latin1')
      .trimEnd()
      .split(' ');
    if (size === undefined) return undefined;
    const bytes = Number(size);
    if (bytes > maxBytes) {
      throw new GatehouseError(
        'git.refused',
        `The object ${oid} has ${bytes} bytes; the limit here is ${maxBytes}.`,
        {
          details: { oid, bytes, maxBytes },
        },
      );
    }
    const parts: Buffer[] = [];
    for (let wanted = bytes + 1; wanted > 0;) {
      if (this.held.length === 0) await this.more();
      const part = this.take(Math.min(wanted, this.held.length));
      parts.push(part);
      wanted -= part.length;
    }
    return { oid: name, type, content: Buffer.concat(parts, bytes) };
  }

  private async more(): Promise<void> {
    const next = await this.chunks.next();
    if (next.done === true)
      throw new GatehouseError('git.failed', 'git cat-file ended before it had answered.');
    this.held = this.held.length === 0 ? next.value : Buffer.concat([this.held, next.value]);
  }

  private take(bytes: number): Buffer {
    const taken = this.held.subarray(0, bytes);
    this.held = this.held.subarray(bytes);
    return taken;
  }
}

/** One `git cat-file --batch` kept open, for reading objects whose ids are found in other objects. */
export class ObjectDialogue {
  private readonly running: GitStream;
  private readonly output: BatchOutput;
  private readonly questions: Buffer[] = [];
  private wake: (() => void) | undefined;
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    git: GitRunner,
    gitDir: string,
    private readonly maxBytes: number,
  ) {
    this.running = git.stream(['cat-file', '--batch'], {
      gitDir,
      input: this.ask(),
      timeoutMs: 600_000,
      maxOutputBytes: Number.MAX_SAFE_INTEGER,
    });
    this.output = new BatchOutput(this.running.stdout);
  }

  /** The object of this id; undefined where there is none. */
  read(oid: string): Promise<GitObject | undefined> {
    if (!isObjectId(oid))
      throw new GatehouseError('git.refused', `${JSON.stringify(oid.slice(0, 60))} is not a full object id.`);
    this.questions.push(Buffer.from(`${oid}\n`));
    this.wake?.();
    // Answers come in the order of the questions, so each waits for the one before.
    const answer = this.turn.then(() => this.output.next(oid, this.maxBytes));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake?.();
    this.running.stdout.destroy();
    await this.running.done.catch(() => undefined);
  }

  private async *ask(): AsyncGenerator<Buffer> {
    while (!this.closed) {
      const question = this.questions.shift();
      if (question !== undefined) yield question;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
