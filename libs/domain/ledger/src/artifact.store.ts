import { GatehouseError, maxArtifactBytes, type Artifact } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import { ArtifactRepository, type StoredArtifact } from './artifact.repository.js';

/** Bytes per row. A range is found by division, so it never changes. */
export const chunkBytes = 256 * 1024;
const abandonedAfterMs = 3_600_000;

export interface PutArtifact {
  readonly kind: Artifact['kind'];
  readonly mediaType: string;
  /** Bytes at most; `maxArtifactBytes` of the contracts when left out. */
  readonly maxBytes?: number;
  /** What the sender says the digest is; other bytes are refused. */
  readonly expectedSha256?: string;
  /** Store within this transaction. Without it a stream is stored part by part, and no connection is held. */
  readonly manager?: Transaction;
}

/** Half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  /** Past the last byte; the end when left out. */
  readonly end?: number;
}

type Source = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

const toPublic = ({ id, size, mediaType, kind, createdAt }: StoredArtifact): Artifact => ({
  id,
  size,
  mediaType,
  kind,
  createdAt,
});

/** Content-addressed bytes. An artifact never changes; putting the same bytes again gives the first one. */
@Injectable()
export class ArtifactStore {
  constructor(private readonly artifacts: ArtifactRepository) {}

  /**
   * Stores bytes under the digest that is computed here, never under one that was claimed. Throws
   * `artifact.digest_mismatch` and `request.too_large`, and then nothing of it stays.
   */
  async put(source: Source, options: PutArtifact): Promise<Artifact> {
    const { manager, maxBytes = maxArtifactBytes, expectedSha256 } = options;
    const known = await this.known(source, options);
    const hash = createHash('sha256');
    const blobId = ulid();
    let size = 0;
    let seq = 0;
    /** Stored with the name, in one transaction: most artifacts have no other part. */
    let last: Buffer | undefined;
    try {
      for await (const chunk of inChunks(source instanceof Uint8Array ? [source] : source)) {
        size += chunk.length;
        if (size > maxBytes)
          throw new GatehouseError('request.too_large', `An artifact has at most ${maxBytes} bytes here.`);
        hash.update(chunk);
        // Bytes that we have already are still counted and hashed: the sender must own what it names.
        if (known !== undefined) continue;
        if (last !== undefined) await this.artifacts.addChunk(blobId, seq++, last, manager);
        last = chunk;
      }
      const digest = hash.digest('hex');
      if (expectedSha256 !== undefined && digest !== expectedSha256)
        throw new GatehouseError(
          'artifact.digest_mismatch',
          `The ${size} bytes that arrived have the digest ${digest}, not ${expectedSha256}. Send them again.`,
        );
      if (known !== undefined) return toPublic(known);
      const named = {
        id: `sha256:${digest}`,
        size,
        mediaType: options.mediaType,
        kind: options.kind,
        blobId,
      };
      const end = async (own: Transaction): Promise<StoredArtifact> => {
        if (last !== undefined) await this.artifacts.addChunk(blobId, seq, last, own);
        return this.artifacts.name(named, own);
      };
      return toPublic(manager ? await end(manager) : await inTransaction(this.artifacts.dataSource, end));
    } catch (error) {
      // In the caller's transaction the roll-back does it. Elsewhere, if this fails too, the sweep will.
      if (manager === undefined && seq > 0) await this.artifacts.discard(blobId).catch(() => undefined);
      throw error;
    }
  }

  /** Throws `artifact.not_found`. */
  async stat(id: string): Promise<Artifact> {
    return toPublic(await this.found(id));
  }

  /**
   * The bytes, or a range of them, part by part. A read of the whole is checked against the id, and throws
   * `ledger.corrupt` at its end where they differ.
   */
  async *read(id: string, range?: ByteRange): AsyncGenerator<Buffer> {
    const { blobId, size } = await this.found(id);
    const start = Math.max(range?.start ?? 0, 0);
    const end = Math.min(range?.end ?? size, size);
    const hash = createHash('sha256');
    for (let seq = Math.floor(start / chunkBytes); seq * chunkBytes < end; seq += 1) {
      const chunk = await this.artifacts.chunk(blobId, seq);
      const expected = Math.min(chunkBytes, size - seq * chunkBytes);
      if (chunk?.length !== expected) throw corrupt(id);
      hash.update(chunk);
      yield chunk.subarray(
        Math.max(start - seq * chunkBytes, 0),
        Math.min(end - seq * chunkBytes, chunk.length),
      );
    }
    if (start === 0 && end === size && `sha256:${hash.digest('hex')}` !== id) throw corrupt(id);
  }

  /** All bytes at once, for what is known to be small. Throws `request.too_large` beyond `maxBytes`. */
  async readWhole(id: string, maxBytes: number): Promise<Buffer> {
    const { size } = await this.found(id);
    if (size > maxBytes)
      throw new GatehouseError(
        'request.too_large',
        `Artifact ${id} has ${size} bytes, more than ${maxBytes}.`,
      );
    const parts: Buffer[] = [];
    for await (const part of this.read(id)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** Removes the parts of uploads whose sender went away an hour ago. */
  sweepUploads(idleMs = abandonedAfterMs): Promise<number> {
    return this.artifacts.sweepUploads(idleMs);
  }

  private async known(source: Source, options: PutArtifact): Promise<StoredArtifact | undefined> {
    const digest =
      source instanceof Uint8Array
        ? createHash('sha256').update(source).digest('hex')
        : options.expectedSha256;
    return digest === undefined ? undefined : this.artifacts.find(`sha256:${digest}`, options.manager);
  }

  private async found(id: string): Promise<StoredArtifact> {
    const artifact = await this.artifacts.find(id);
    if (artifact) return artifact;
    throw new GatehouseError('artifact.not_found', `There is no artifact ${id}.`);
  }
}

const corrupt = (id: string): GatehouseError =>
  new GatehouseError('ledger.corrupt', `The stored bytes of ${id} are not those it is named after.`);

/** Parts of exactly `chunkBytes`, the last one shorter, however the source was cut. */
async function* inChunks(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (let part of source)
    while (part.length > 0) {
      const taken = part.subarray(0, chunkBytes - size);
      part = part.subarray(taken.length);
      parts.push(taken);
      size += taken.length;
      if (size < chunkBytes) continue;
      yield Buffer.concat(parts);
      parts = [];
      size = 0;
    }
  if (size > 0) yield Buffer.concat(parts);
}
