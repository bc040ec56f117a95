import { createHash } from 'node:crypto';

/** An entry of one tree object: a name without slashes, as bytes. */
export interface RawEntry {
  /** Octal, as stored: 40000 for a directory, without a leading zero. */
  readonly mode: string;
  readonly name: Buffer;
  readonly oid: string;
}

export const isDirectoryMode = (mode: string): boolean => /^0*40000$/.test(mode);

/** Six digits, as git shows it: of a file only whether its owner may run it counts. */
export const canonicalMode = (mode: string): string => {
  const bits = parseInt(mode, 8);
  const kind = bits & 0o170000;
  if (kind === 0o100000) return bits & 0o100 ? '100755' : '100644';
  return kind === 0o120000 ? '120000' : kind === 0o040000 ? '040000' : '160000';
};

/** The id git gives an object. */
export const hashObject = (type: 'blob' | 'tree' | 'commit', content: Uint8Array): string =>
  createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');

/** Reads the bytes of a tree object; throws a RangeError where they are cut off. */
export const parseTree = (content: Buffer): RawEntry[] => {
  const entries: RawEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const nul = content.indexOf(0, space);
    if (space < 0 || nul < 0 || nul + 21 > content.length)
      throw new RangeError('The tree object is cut off.');
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.subarray(space + 1, nul),
      oid: content.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
};

const sortKey = ({ mode, name }: RawEntry): Buffer =>
  isDirectoryMode(mode) ? Buffer.concat([name, Buffer.from('/')]) : name;

/** The bytes of a tree object, in git's order: directories sort as if their name ended in a slash. */
export const formatTree = (entries: readonly RawEntry[]): Buffer => {
  const sorted = entries
    .map((entry) => ({ entry, key: sortKey(entry) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode} `),
      entry.name,
      Buffer.from([0]),
      Buffer.from(entry.oid, 'hex'),
    ]),
  );
};
