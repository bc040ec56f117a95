import { GatehouseError, type Artifact } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { ArtifactStore } from './artifact.store.js';
import { AttemptLogRepository, type LogState, type LogStream } from './attempt-log.repository.js';

/** Bytes of one stream of one attempt that are kept; what comes after is dropped and the log says so. */
export const maxLogBytes = 16 * 1024 * 1024;

export interface LogChunk {
  readonly attemptId: string;
  readonly stream: LogStream;
  /** Byte offset of the first byte, counted by the sender: sending a part again changes nothing. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly maxBytes?: number;
}

export interface LogPage {
  readonly bytes: Buffer;
  readonly from: number;
  /** Offset to go on from. */
  readonly next: number;
  /** Bytes stored so far. */
  readonly size: number;
  readonly truncated: boolean;
  /** The whole, once nothing more can come. */
  readonly artifactId: string | null;
}

const nothing: LogState = { size: 0, truncated: false, artifactId: null };

/** Raw output of attempts: appended in parts while it grows, one artifact when it is over. Events only refer to it. */
@Injectable()
export class AttemptLogs {
  constructor(
    private readonly logs: AttemptLogRepository,
    private readonly artifacts: ArtifactStore,
  ) {}

  /**
   * Appends what is new of a part. Throws `request.invalid` where bytes before it are missing (`details.size` says
   * where to go on) and `attempt.state_conflict` where the log is sealed and the part is not in it.
   */
  async append(chunk: LogChunk, manager?: Transaction): Promise<LogState> {
    const { attemptId, stream, offset, bytes, maxBytes = maxLogBytes } = chunk;
    if (offset + bytes.length <= maxBytes) {
      const state = await this.logs.appendAtEnd(attemptId, stream, offset, bytes, manager);
      if (state) return state;
    }
    const state = (await this.logs.find(attemptId, stream, manager)) ?? nothing;
    if (state.truncated || offset + bytes.length <= state.size) return state;
    if (state.artifactId !== null)
      throw new GatehouseError('attempt.state_conflict', `The ${stream} of ${attemptId} is sealed.`);
    if (offset > state.size)
      throw new GatehouseError(
        'request.invalid',
        `The ${stream} of ${attemptId} ends at byte ${state.size}; go on from there, not from ${offset}.`,
        { details: { size: state.size } },
      );
    const fresh = bytes.subarray(state.size - offset);
    const room = Math.max(maxBytes - state.size, 0);
    const appended = await this.logs.appendAtEnd(
      attemptId,
      stream,
      state.size,
      fresh.subarray(0, room),
      manager,
    );
    // Somebody else appended in between: what we know is old, look again.
    if (appended === undefined) return this.append(chunk, manager);
    if (fresh.length <= room) return appended;
    await this.logs.truncate(attemptId, stream, manager);
    return { ...appended, truncated: true };
  }

  /** Notes that the sender has dropped output of its own accord. */
  async markTruncated(attemptId: string, stream: LogStream, manager?: Transaction): Promise<void> {
    await this.logs.truncate(attemptId, stream, manager);
  }

  /** At most `limit` bytes from `from`; empty where nothing was written yet. */
  async read(attemptId: string, stream: LogStream, from: number, limit: number): Promise<LogPage> {
    const state = (await this.logs.find(attemptId, stream)) ?? nothing;
    const start = Math.min(Math.max(from, 0), state.size);
    const end = Math.min(start + limit, state.size);
    const parts: Buffer[] = [];
    if (state.artifactId !== null)
      for await (const part of this.artifacts.read(state.artifactId, { start, end })) parts.push(part);
    else for await (const part of this.chunks(attemptId, stream, start, end)) parts.push(part);
    const bytes = Buffer.concat(parts);
    return { bytes, from: start, next: start + bytes.length, ...state };
  }

  /** Turns the log into an artifact; null where there was no output. Sealing again gives the same artifact. */
  async seal(attemptId: string, stream: LogStream, manager?: Transaction): Promise<Artifact | null> {
    if (manager === undefined)
      return inTransaction(this.logs.dataSource, (own) => this.seal(attemptId, stream, own));
    const state = await this.logs.lock(attemptId, stream, manager);
    if (state === undefined || state.size === 0) return null;
    if (state.artifactId !== null) return this.artifacts.stat(state.artifactId);
    const artifact = await this.artifacts.put(this.chunks(attemptId, stream, 0, state.size, manager), {
      kind: 'log',
      mediaType: 'text/plain; charset=utf-8',
      maxBytes: state.size,
      manager,
    });
    await this.logs.seal(attemptId, stream, artifact.id, manager);
    return artifact;
  }

  private async *chunks(
    attemptId: string,
    stream: LogStream,
    from: number,
    to: number,
    manager?: Transaction,
  ): AsyncGenerator<Buffer> {
    for (let at = from; at < to;) {
      const chunk = await this.logs.chunkAt(attemptId, stream, at, manager);
      const part = chunk?.bytes.subarray(at - chunk.start, to - chunk.start);
      // Sealed while it was read: the rest is in the artifact, which the next read will find.
      if (part === undefined || part.length === 0) return;
      yield part;
      at += part.length;
    }
  }
}
