import type { BaseEntries } from './materialise.js';
import { pathBytes, pathKey, type PathKey } from './tree.name.js';

/** What is spoken with harvest-reader.mjs; the numbers are written in both. */
export const say = { manifest: 1, walk: 2, read: 3 } as const;
export const hear = {
  entry: 10,
  walked: 11,
  content: 12,
  contentEnd: 13,
  cannotRead: 14,
  bound: 15,
} as const;

const kinds = {
  1: 'file',
  2: 'symlink',
  3: 'folder',
  4: 'special',
  5: 'repository',
  6: 'unreadable',
} as const;
export type ListedKind = (typeof kinds)[keyof typeof kinds];

/** One name in the workspace, as the reader saw it. `oid` only where it may be what the base has. */
export interface Listed {
  readonly path: PathKey;
  readonly kind: ListedKind;
  readonly executable: boolean;
  readonly size: number;
  readonly oid: string | undefined;
}

/** The reader sends nothing longer; more is not the reader speaking. */
const mostFrameBytes = 1 << 20;

export const frameOf = (type: number, payload: Buffer): Buffer => {
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  return Buffer.concat([head, payload]);
};

export const manifestOf = (
  base: BaseEntries,
  bounds: { readonly entries: number; readonly depth: number },
): Buffer => {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32BE(bounds.entries, 0);
  head.writeUInt32BE(bounds.depth, 4);
  const parts: Buffer[] = [head];
  for (const [path, { mode, size }] of base) {
    const bytes = pathBytes(path);
    const entry = Buffer.allocUnsafe(13);
    entry.writeUInt8(mode === '160000' ? 1 : 0, 0);
    entry.writeBigUInt64BE(BigInt(size), 1);
    entry.writeUInt32BE(bytes.length, 9);
    parts.push(entry, bytes);
  }
  return Buffer.concat(parts);
};

/** Reads one entry; throws a RangeError where it is not one. */
export const parseEntry = (payload: Buffer): Listed => {
  const kind = kinds[payload.readUInt8(0) as keyof typeof kinds];
  if (kind === undefined) throw new RangeError('an entry of no known kind');
  const idLength = payload.readUInt8(10);
  if (idLength !== 0 && idLength !== 20) throw new RangeError('an object id of odd length');
  const at = 11 + idLength;
  if (payload.length !== at + 4 + payload.readUInt32BE(at))
    throw new RangeError('an entry of another length than it says');
  return {
    kind,
    executable: payload.readUInt8(1) === 1,
    size: Number(payload.readBigUInt64BE(2)),
    oid: idLength === 0 ? undefined : payload.toString('hex', 11, at),
    path: pathKey(payload.subarray(at + 4)),
  };
};

/** Cuts what arrives into frames; throws a RangeError for one that the reader would not send. */
export class FrameCutter {
  private held: Buffer[] = [];
  private size = 0;

  constructor(private readonly onFrame: (type: number, payload: Buffer) => void) {}

  push(chunk: Buffer): void {
    this.held.push(chunk);
    this.size += chunk.length;
    if (this.size < 5) return;
    let all = this.held.length === 1 ? (this.held[0] as Buffer) : Buffer.concat(this.held);
    while (all.length >= 5) {
      const length = all.readUInt32BE(0);
      if (length > mostFrameBytes) throw new RangeError('a frame longer than any');
      if (all.length < 5 + length) break;
      this.onFrame(all.readUInt8(4), all.subarray(5, 5 + length));
      all = all.subarray(5 + length);
    }
    this.held = [all];
    this.size = all.length;
  }
}
