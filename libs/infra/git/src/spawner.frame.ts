/** Frame types between spawner.ts and spawner.process.mjs; the numbers are written in both. */
export const frame = {
  start: 1,
  input: 2,
  inputEnd: 3,
  kill: 4,
  credit: 5,
  secret: 6,
  ready: 10,
  started: 11,
  stdout: 12,
  stderr: 13,
  inputCredit: 14,
  exit: 15,
} as const;

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
};

/** u32 payload length, u8 type, u32 call id, payload. */
export const encodeFrame = (type: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.allocUnsafe(9);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
};

const headBytes = 9;

/** Cuts a byte stream into frames, whatever the chunks it arrives in. */
export class FrameReader {
  private held: Buffer[] = [];
  private size = 0;
  /** Bytes before which nothing more can be said: chunks are joined once for a frame, not once for each chunk. */
  private wanted = headBytes;

  constructor(
    private readonly onFrame: (type: number, id: number, payload: Buffer) => void,
    /** Longest payload that is waited for, where the other side is not trusted. */
    private readonly maxPayload = Number.POSITIVE_INFINITY,
  ) {}

  /** False where the stream cannot go on: a frame is longer than is allowed. */
  push(chunk: Buffer): boolean {
    this.held.push(chunk);
    this.size += chunk.length;
    if (this.size < this.wanted) return true;
    let all = this.held.length === 1 ? chunk : Buffer.concat(this.held);
    this.keep(all, headBytes);
    while (all.length >= headBytes) {
      const length = all.readUInt32BE(0);
      if (length > this.maxPayload) return false;
      if (all.length < headBytes + length) {
        this.keep(all, headBytes + length);
        break;
      }
      const type = all.readUInt8(4);
      const id = all.readUInt32BE(5);
      const payload = all.subarray(headBytes, headBytes + length);
      all = all.subarray(headBytes + length);
      this.keep(all, headBytes);
      this.onFrame(type, id, payload);
    }
    return true;
  }

  private keep(rest: Buffer, wanted: number): void {
    this.held = [rest];
    this.size = rest.length;
    this.wanted = wanted;
  }
}
