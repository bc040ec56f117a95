import type { GitRunner } from '../git.runner.js';
import { readBlobs } from '../object.reader.js';
import { readHunkHead } from './patch.body.js';
import type { PatchedFile } from './patch.format.js';

/** Walks over the lines of a text; the last one may lack its newline. */
class Lines {
  number = 0;
  at = 0;

  constructor(
    private readonly bytes: Buffer,
    from = 0,
  ) {
    this.at = from;
  }

  get ended(): boolean {
    return this.at >= this.bytes.length;
  }

  first(): number {
    return this.ended ? -1 : (this.bytes[this.at] as number);
  }

  /** The line with its newline. */
  next(): Buffer {
    const end = this.bytes.indexOf(0x0a, this.at) + 1;
    const line = this.bytes.subarray(this.at, end === 0 ? this.bytes.length : end);
    this.at += line.length;
    this.number += 1;
    return line;
  }
}

const [newline, plus, backslash, at] = [0x0a, 0x2b, 0x5c, 0x40];

/**
 * Whether the lines that the hunks take away or keep stand in `base` exactly where the hunks say. Git also looks
 * further up and down, and then applies a patch elsewhere than whoever read it was told.
 */
export const standsInPlace = (diff: Buffer, bodyAt: number, base: Buffer): boolean => {
  const patch = new Lines(diff, bodyAt);
  const old = new Lines(base);
  while (patch.first() === at) {
    const head = readHunkHead(patch.next().toString('latin1', 0, 100));
    if (head === undefined) return false;
    while (old.number < head.oldFrom && !old.ended) old.next();
    if (old.number !== head.oldFrom) return false;
    for (let left = head.oldCount, fresh = head.newCount; left > 0 || fresh > 0;) {
      const first = patch.first();
      const line = patch.next();
      if (first === backslash) continue;
      if (first === plus) {
        fresh -= 1;
        continue;
      }
      left -= 1;
      if (first !== 0x2d) fresh -= 1;
      const text = first === newline ? line : line.subarray(1);
      const unended = patch.first() === backslash;
      if (old.ended || !old.next().equals(unended ? text.subarray(0, -1) : text)) return false;
    }
    if (patch.first() === backslash) patch.next();
  }
  return true;
};

/** The first file that git could apply only at an offset; undefined where every hunk stands in its place. */
export const findMisplaced = async (
  git: GitRunner,
  gitDir: string,
  diff: Buffer,
  files: readonly PatchedFile[],
  maxBytes: number,
): Promise<PatchedFile | undefined> => {
  const byContent = new Map<string, PatchedFile[]>();
  for (const file of files) {
    const gitlink = file.oldMode === '160000' || file.newMode === '160000';
    if (file.body !== 'text' || file.change === 'add' || file.oldOid === undefined || gitlink) continue;
    byContent.set(file.oldOid, [...(byContent.get(file.oldOid) ?? []), file]);
  }
  if (byContent.size === 0) return undefined;
  for await (const { oid, content } of readBlobs(git, gitDir, [...byContent.keys()], { maxBytes })) {
    const found = byContent.get(oid)?.find(({ bodyAt }) => !standsInPlace(diff, bodyAt, content));
    if (found !== undefined) return found;
  }
  return undefined;
};
