import { describe, expect, it } from '@jest/globals';
import { inOrder, treeOf } from './file.tree.js';

const files = ['src/b.ts', 'README.md', 'src/deep/down/only.ts', 'src/a.ts'].map((path) => ({ path }));

describe('treeOf', () => {
  it('shows folders first, by name, and joins chains of single folders', () => {
    const tree = treeOf(files);
    expect(tree.folders.map((folder) => folder.name)).toEqual(['src']);
    expect(tree.folders[0]?.folders.map((folder) => folder.name)).toEqual(['deep/down']);
    expect(inOrder(tree).map((file) => file.path)).toEqual([
      'src/deep/down/only.ts',
      'src/a.ts',
      'src/b.ts',
      'README.md',
    ]);
  });

  it('counts as people do', () => {
    const numbered = ['f-18', 'f-9', 'f-100'].map((path) => ({ path }));
    expect(inOrder(treeOf(numbered)).map(({ path }) => path)).toEqual(['f-9', 'f-18', 'f-100']);
  });

  it('keeps every file, whatever its name', () => {
    const odd = ['', '/', 'a//b', '__proto__/x', 'constructor'].map((path) => ({ path }));
    expect(inOrder(treeOf(odd))).toHaveLength(odd.length);
  });
});
