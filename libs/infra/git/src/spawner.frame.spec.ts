import { describe, expect, it } from '@jest/globals';
import { encodeFrame, frame, FrameReader } from './spawner.frame.js';

describe('frames', () => {
  it('survive every way of being cut into chunks', () => {
    const payloads = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(70_000, 9)];
    const bytes = Buffer.concat(payloads.map((payload, i) => encodeFrame(frame.stdout, i, payload)));
    for (const size of [1, 7, 9, 10, 4096, bytes.length]) {
      const seen: [number, number, number][] = [];
      const reader = new FrameReader((type, id, payload) => seen.push([type, id, payload.length]));
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      expect(seen).toEqual(payloads.map((payload, i) => [frame.stdout, i, payload.length]));
    }
  });
});
