import type { Readable } from 'node:stream';
import { GatehouseError } from '@gatehouse/contracts';

export type ObjectType = 'blob' | 'tree' | 'commit';

export interface ObjectInfo {
  readonly oid: string;
  readonly type: ObjectType | 'tag';
  /** Bytes, uncompressed. */
  readonly size: number;
}

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Buffer;
}

/** Cuts the output of `git cat-file --batch`, and of its commands, into answers. */
export class BatchOutput {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(stdout: Readable) {
    this.chunks = (stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** The head of the next answer; undefined where git does not have the object. */
  async nextInfo(): Promise<ObjectInfo | undefined> {
    let newline = this.held.indexOf(10);
    while (newline < 0) {
      await this.more();
      newline = this.held.indexOf(10);
    }
    const line = this.take(newline + 1)
      .toString('latin1')
      .trimEnd();
    const [oid = '', type = '', size] = line.split(' ');
    return size === undefined ? undefined : { oid, type: type as ObjectInfo['type'], size: Number(size) };
  }

  /**
   * The next object; undefined where git does not have it. One over `maxBytes` is passed over.
   * @throws GatehouseError `git.refused` over `maxBytes`, `git.failed` where the output ends early
   */
  async next(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    const info = await this.nextInfo();
    if (info === undefined) return undefined;
    const isTaken = info.size <= maxBytes;
    const parts: Buffer[] = [];
    for (let wanted = info.size + 1; wanted > 0;) {
      if (this.held.length === 0) await this.more();
      const part = this.take(Math.min(wanted, this.held.length));
      if (isTaken) parts.push(part);
      wanted -= part.length;
    }
    if (isTaken) return { oid: info.oid, type: info.type, content: Buffer.concat(parts, info.size) };
    throw new GatehouseError(
      'git.refused',
      `The object ${oid} has ${info.size} bytes; the limit here is ${maxBytes}.`,
      { details: { oid, bytes: info.size, maxBytes } },
    );
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
