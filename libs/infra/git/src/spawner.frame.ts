/** Frame types between spawner.ts and spawner.process.mjs; the numbers are written in both. */
export const frame = {
  start: 1,
  input: 2,
  inputEnd: 3,
  kill: 4,
  credit: 5,
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

/** Cuts a byte stream into frames, whatever the chunks it arrives in. */
export class FrameReader {
  private held: Buffer = Buffer.alloc(0);

  constructor(
    private readonly onFrame: (type: number, id: number, payload: Buffer) => void,
    /** Longest payload that is waited for, where the other side is not trusted. */
    private readonly maxPayload = Number.POSITIVE_INFINITY,
  ) {}

  /** False where the stream cannot go on: a frame is longer than is allowed. */
  push(chunk: Buffer): boolean {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    while (this.held.length >= 9) {
      const length = this.held.readUInt32BE(0);
      if (length > this.maxPayload) return false;
      if (this.held.length < 9 + length) return true;
      const type = this.held.readUInt8(4);
      const id = this.held.readUInt32BE(5);
      const payload = this.held.subarray(9, 9 + length);
      this.held = this.held.subarray(9 + length);
      this.onFrame(type, id, payload);
    }
    return true;
  }
}
