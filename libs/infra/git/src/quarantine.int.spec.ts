import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatIndex, parseIndex } from './index.file.js';
import type { GitStream } from './git.runner.js';
import { blobSizes, objectInfo, readBlobs } from './object.reader.js';
import { writeObject, writeObjects } from './object.writer.js';
import { openQuarantine } from './quarantine.js';
import { Scratch, type TestFile } from './scratch.fixture.js';
import { hashObject } from './tree/tree.format.js';

const files: TestFile[] = [
  { path: 'a', content: 'A\n' },
  { path: Buffer.from('d/\xff\n\t"', 'latin1'), content: Buffer.from([0, 1, 10, 255]) },
  { path: 'run', content: '#!/bin/sh\n', mode: '100755' },
  { path: 'link', content: 'a', mode: '120000' },
  { path: 'mod', content: '1'.repeat(40), mode: '160000' },
];
const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('a quarantine', () => {
  const scratch = new Scratch();
  const { git } = scratch;
  let repository: string;
  let gitDir: string;
  beforeAll(() => {
    repository = scratch.repository('objects');
    gitDir = join(repository, '.git');
  });
  afterAll(() => scratch.close());

  it('is read through one process, whatever is written and asked meanwhile', async () => {
    const own = await openQuarantine(join(scratch.dir, 'q'), gitDir);
    const started = jest.spyOn(git, 'stream');
    const content = Buffer.from('written later\n');
    const later = hashObject('blob', content);
    const contents = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(3_000_000, 7), Buffer.from('\n\0\n')];
    const oids = contents.map((each) => scratch.blob(repository, each));
    expect(await objectInfo(git, own.gitDir, [later, ...oids])).toMatchObject([
      undefined,
      ...contents.map(({ length: size }) => ({ type: 'blob', size })),
    ]);
    expect(await writeObject(own.gitDir, { type: 'blob', content })).toBe(later);
    await writeObjects(own.gitDir, [{ type: 'blob', content }]);
    const many = [...oids, ...oids, ...oids, later];
    const [first, second] = await Promise.all(
      [many, many.toReversed()].map((asked) =>
        collect(readBlobs(git, own.gitDir, asked, { maxBytes: 1 << 23 })),
      ),
    );
    expect(first?.map(({ oid }) => oid)).toEqual(many);
    expect(first?.every(({ oid, content: read }) => hashObject('blob', read) === oid)).toBe(true);
    expect(second?.map(({ oid }) => oid)).toEqual(many.toReversed());
    // What is not taken to its end, refused or missing stands in the way of nothing.
    for await (const { oid } of readBlobs(git, own.gitDir, many, { maxBytes: 1 << 23 })) {
      expect(oid).toBe(oids[0]);
      break;
    }
    for (const asked of [oids[2] as string, 'e'.repeat(40)])
      await expect(collect(readBlobs(git, own.gitDir, [asked], { maxBytes: 1000 }))).rejects.toMatchObject({
        code: 'git.refused',
      });
    expect(await blobSizes(git, own.gitDir, [later])).toEqual(new Map([[later, content.length]]));
    expect(started).toHaveBeenCalledTimes(1);
    // One that dies is told of, and the next question starts another.
    const under = collect(readBlobs(git, own.gitDir, [...many], { maxBytes: 1 << 23 }));
    (started.mock.results[0]?.value as GitStream).kill();
    await expect(under).rejects.toMatchObject({ code: 'git.failed' });
    expect(await blobSizes(git, own.gitDir, [later])).toEqual(new Map([[later, content.length]]));
    expect(started).toHaveBeenCalledTimes(2);
    await own.rest();
    await (started.mock.results[1]?.value as GitStream).done.catch(() => undefined);
    expect(await blobSizes(git, own.gitDir, [later])).toEqual(new Map([[later, content.length]]));
    expect(started).toHaveBeenCalledTimes(2);
    started.mockRestore();
    await own.remove();
    expect(existsSync(own.gitDir)).toBe(false);
  });
  it('holds the index that git reads, and reads the one that git writes', () => {
    const tree = scratch.tree(repository, [...files, { path: `deep/${'n'.repeat(5000)}`, content: '1' }]);
    const index = join(scratch.dir, 'as-git-writes-it');
    const env = { GIT_INDEX_FILE: index };
    scratch.plain(repository, ['read-tree', tree], undefined, env);
    const entries = parseIndex(readFileSync(index));
    expect(entries.size).toBe(files.length + 1);
    const mixed = new Map([...entries].toReversed());
    writeFileSync(index, formatIndex(mixed));
    expect(scratch.plain(repository, ['write-tree'], undefined, env).toString().trim()).toBe(tree);
    expect(parseIndex(readFileSync(index))).toEqual(entries);
    const bytes = formatIndex(mixed);
    const other = (at: number, value: number): Buffer => {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const body = changed.subarray(0, -20);
      return Buffer.concat([body, createHash('sha1').update(body).digest()]);
    };
    const damaged = [bytes.subarray(0, -1), other(7, 4), other(11, 200), other(12 + 60, 0x10)];
    for (const each of [...damaged, Buffer.concat([bytes.subarray(0, -1), Buffer.from([0])])])
      expect(() => parseIndex(each)).toThrow('cannot be read');
  });
});
