/**
 * Splits the engine's multiplexed stream: frames of an 8-byte head (1 stdout or 2 stderr, three zero bytes, length
 * big-endian) and a body. An iterator instead of dockerode's demuxStream, which has no backpressure.
 */
export async function* demultiplex(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<{ name: 'stdout' | 'stderr'; chunk: Buffer }> {
  let head = Buffer.alloc(0);
  let left = 0;
  let name: 'stdout' | 'stderr' = 'stdout';
  for await (const received of stream) {
    let data = received;
    while (data.length > 0) {
      if (left === 0) {
        const taken = data.subarray(0, 8 - head.length);
        head = Buffer.concat([head, taken]);
        data = data.subarray(taken.length);
        if (head.length < 8) break;
        name = head[0] === 2 ? 'stderr' : 'stdout';
        left = head.readUInt32BE(4);
        head = Buffer.alloc(0);
        continue;
      }
      const chunk = data.subarray(0, left);
      left -= chunk.length;
      data = data.subarray(chunk.length);
      yield { name, chunk };
    }
  }
}
