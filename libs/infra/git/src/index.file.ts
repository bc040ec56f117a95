import { createHash } from 'node:crypto';
import { GatehouseError } from '@gatehouse/contracts';

/** Path by Latin-1 text, which stands for bytes. */
export type IndexEntries = ReadonlyMap<string, { readonly mode: string; readonly oid: string }>;

const [headBytes, fixedBytes, hashBytes] = [12, 62, 20];
/** Where an entry holds its mode, its object id and its flags. */
const at = { mode: 24, oid: 40, flags: 60 };

/** Eight is what entries are aligned to, with one NUL at least. */
const sizeOf = (name: number): number => (fixedBytes + name + 8) & ~7;

/** The bytes of an index (version 2) of these entries, of which nothing is known but mode and object. */
export const formatIndex = (entries: IndexEntries): Buffer => {
  const head = Buffer.alloc(headBytes);
  head.write('DIRC', 'latin1');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(entries.size, 8);
  const sorted = [...entries]
    .map(([path, entry]) => ({ name: Buffer.from(path, 'latin1'), ...entry }))
    .sort((a, b) => Buffer.compare(a.name, b.name));
  const parts = sorted.map(({ name, mode, oid }) => {
    const entry = Buffer.alloc(sizeOf(name.length));
    entry.writeUInt32BE(parseInt(mode, 8), at.mode);
    entry.write(oid, at.oid, 'hex');
    entry.writeUInt16BE(Math.min(name.length, 0xfff), at.flags);
    name.copy(entry, fixedBytes);
    return entry;
  });
  const body = Buffer.concat([head, ...parts]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
};

/**
 * What an index that git wrote holds.
 * @throws GatehouseError `git.failed` for one that is not whole, of another version, or with unmerged entries
 */
export const parseIndex = (bytes: Buffer): IndexEntries => {
  const refuse = (): never => {
    throw new GatehouseError('git.failed', 'Git wrote an index that cannot be read here.');
  };
  const end = bytes.length - hashBytes;
  if (end < headBytes || bytes.toString('latin1', 0, 4) !== 'DIRC' || bytes.readUInt32BE(4) !== 2) refuse();
  const hash = createHash('sha1').update(bytes.subarray(0, end)).digest();
  if (!hash.equals(bytes.subarray(end))) refuse();
  const entries = new Map<string, { mode: string; oid: string }>();
  let from = headBytes;
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    const nul = bytes.indexOf(0, from + fixedBytes);
    // Two bits of the flags are the side of an unmerged entry.
    if (nul < 0 || nul >= end || (bytes.readUInt16BE(from + at.flags) & 0x3000) !== 0) refuse();
    const mode = bytes
      .readUInt32BE(from + at.mode)
      .toString(8)
      .padStart(6, '0');
    const oid = bytes.toString('hex', from + at.oid, from + at.oid + hashBytes);
    entries.set(bytes.toString('latin1', from + fixedBytes, nul), { mode, oid });
    from += sizeOf(nul - from - fixedBytes);
  }
  return entries;
};
