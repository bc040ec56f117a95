import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const types = { commit: 1, tree: 2, blob: 3 } as const;

/** Four bits of the size beside the type, then seven a byte. */
const headerOf = (type: keyof typeof types, size: number): Buffer => {
  const bytes = [(types[type] << 4) | (size & 15)];
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(left & 127);
  }
  return Buffer.from(bytes);
};

/** A pack (version 2) of whole objects: many are stored by one process. */
export const formatPack = (
  objects: readonly { readonly type: keyof typeof types; readonly content: Uint8Array }[],
): Buffer => {
  const head = Buffer.alloc(12);
  head.write('PACK', 'latin1');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([
    head,
    ...objects.flatMap(({ type, content }) => [headerOf(type, content.length), deflateSync(content)]),
  ]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
};
