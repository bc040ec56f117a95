import type { Readable } from 'node:stream';

/** Cuts a stream at its NUL bytes, which git puts after every record with `-z`. */
export const nulRecords = async function* (stream: Readable): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let nul = chunk.indexOf(0); nul >= 0; nul = chunk.indexOf(0, from)) {
      parts.push(chunk.subarray(from, nul));
      yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      parts.length = 0;
      from = nul + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
};
