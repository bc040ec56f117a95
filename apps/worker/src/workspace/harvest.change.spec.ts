import { describe, expect, it } from '@jest/globals';
import { decideChange } from './harvest.change.js';
import type { BaseEntries } from './materialise.js';
import type { Listed } from './reader.frame.js';

const id = (n: number): string => n.toString(16).padStart(40, '0');
const base = (entries: Record<string, [mode: string, oid: string]>): BaseEntries =>
  new Map(Object.entries(entries).map(([path, [mode, oid]]) => [path, { mode, oid, size: 1 }]));
const seen = (path: string, kind: Listed['kind'], more: Partial<Listed> = {}): Listed => ({
  path,
  kind,
  executable: false,
  size: 1,
  oid: undefined,
  ...more,
});
const none = { writes: [], deleted: [], refused: [] };

describe('change of a workspace', () => {
  it('is nothing where nothing was touched, submodules and old modes included', () => {
    const before = base({
      a: ['100644', id(1)],
      b: ['100664', id(2)],
      s: ['120000', id(3)],
      sub: ['160000', id(4)],
      x: ['100755', id(5)],
    });
    const now = [
      seen('a', 'file', { oid: id(1) }),
      seen('b', 'file', { oid: id(2) }),
      seen('s', 'symlink', { oid: id(3) }),
      seen('sub', 'folder'),
      seen('x', 'file', { oid: id(5), executable: true }),
    ];
    expect(decideChange(before, now)).toEqual(none);
  });

  it('keeps a submodule whatever lies in its folder, and deletes it with the folder', () => {
    const before = base({ sub: ['160000', id(4)] });
    expect(decideChange(before, [seen('sub', 'repository')])).toEqual(none);
    expect(decideChange(before, [])).toEqual({ ...none, deleted: ['sub'] });
    expect(decideChange(before, [seen('sub', 'file')])).toMatchObject({
      writes: [{ path: 'sub', mode: '100644' }],
      deleted: [],
    });
  });

  it('needs no content where only the executable bit or the kind changed', () => {
    const before = base({ a: ['100644', id(1)], b: ['100755', id(2)] });
    const now = [seen('a', 'file', { oid: id(1), executable: true }), seen('b', 'symlink', { oid: id(2) })];
    expect(decideChange(before, now).writes).toEqual([
      { path: 'a', mode: '100755', oid: id(1), size: 1 },
      { path: 'b', mode: '120000', oid: id(2), size: 1 },
    ]);
  });

  it('turns a file into a folder and a folder into a file', () => {
    const before = base({ f: ['100644', id(1)], 'd/x': ['100644', id(2)], 'd/y/z': ['100644', id(3)] });
    expect(decideChange(before, [seen('f', 'folder'), seen('f/in', 'file'), seen('d', 'file')])).toEqual({
      writes: [
        { path: 'd', mode: '100644', oid: undefined, size: 1 },
        { path: 'f/in', mode: '100644', oid: undefined, size: 1 },
      ],
      deleted: ['d/x', 'd/y/z', 'f'],
      refused: [],
    });
  });

  it('refuses what no tree can hold and takes the file that it replaced as deleted', () => {
    const before = base({ pipe: ['100644', id(1)] });
    const answer = decideChange(before, [
      seen('pipe', 'special'),
      seen('vendor', 'repository'),
      seen('.GIT', 'file'),
    ]);
    expect(answer.writes).toEqual([]);
    expect(answer.deleted).toEqual(['pipe']);
    expect(answer.refused.map(({ path }) => path)).toEqual(['.GIT', 'pipe', 'vendor']);
  });

  it('keeps what the base has where nobody may look', () => {
    const before = base({ a: ['100644', id(1)], 'd/x': ['100644', id(2)], dd: ['100644', id(3)] });
    const answer = decideChange(before, [seen('a', 'unreadable'), seen('d', 'unreadable')]);
    expect(answer.deleted).toEqual(['dd']);
    expect(answer.refused.map(({ path }) => path)).toEqual(['a', 'd']);
  });
});
