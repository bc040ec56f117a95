import { describe, expect, it } from '@jest/globals';
import { listWorkspace } from './harvest.listing.js';
import type { BaseEntries } from './materialise.js';
import type { Listed } from './reader.frame.js';

const entry = (path: string, kind: Listed['kind']): Listed => ({
  path,
  kind,
  executable: false,
  size: 0,
  oid: undefined,
});

describe('listing of a workspace', () => {
  const base: BaseEntries = new Map([
    ['kept.log', { mode: '100644', oid: 'a'.repeat(40), size: 0 }],
    ['sub', { mode: '160000', oid: 'b'.repeat(40), size: 0 }],
    ['was', { mode: '100644', oid: 'c'.repeat(40), size: 0 }],
  ]);
  const folders: Record<string, Listed[]> = {
    '': [
      entry('kept.log', 'file'),
      entry('new.log', 'file'),
      entry('node_modules', 'folder'),
      entry('pkg', 'folder'),
      entry('sub', 'folder'),
      entry('was', 'folder'),
    ],
    pkg: [entry('pkg/a', 'file'), entry('pkg/node_modules', 'folder'), entry('pkg/pipe.log', 'special')],
    was: [entry('was/b', 'file')],
  };

  it('never enters an ignored folder or a submodule, and never leaves out what the base has', async () => {
    const walked: string[] = [];
    const reader = {
      walk: async (paths: readonly string[]) => {
        walked.push(...paths);
        return paths.flatMap((path) => folders[path] ?? []);
      },
    };
    const ignoredOf = async (paths: readonly string[]) =>
      new Set(paths.filter((path) => /node_modules\/$|\.log$/.test(path)));
    const { listed, ignored } = await listWorkspace(reader, base, ignoredOf);
    expect(walked).toEqual(['', 'pkg', 'was']);
    expect(ignored).toEqual(['new.log', 'node_modules/', 'pkg/node_modules/', 'pkg/pipe.log']);
    expect(listed.map(({ path }) => path)).toEqual(['kept.log', 'pkg', 'sub', 'was', 'pkg/a', 'was/b']);
  });
});
