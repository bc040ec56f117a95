import { describe, expect, it } from '@jest/globals';
import { emptyTree } from '../git.environment.js';
import { editTree, foldName, type LoadTree } from './tree.editor.js';
import { formatTree, hashObject, parseTree, type RawEntry } from './tree.format.js';

const blob = (text: string) => hashObject('blob', Buffer.from(text));
const store = new Map<string, readonly RawEntry[]>();
const load: LoadTree = async (oid) => store.get(oid) ?? [];
const put = (entries: Record<string, string | [string, string]>): string => {
  const raw = Object.entries(entries).map(([name, value]) => ({
    name: Buffer.from(name),
    mode: typeof value === 'string' ? '100644' : value[0],
    oid: typeof value === 'string' ? value : value[1],
  }));
  const oid = hashObject('tree', formatTree(raw));
  store.set(oid, raw);
  return oid;
};
const file = (text: string, mode = '100644') => ({ mode, oid: blob(text) });
const change = (path: string, entry?: { mode: string; oid: string }) => ({ path: Buffer.from(path), entry });

describe('editing a tree', () => {
  const inner = put({ x: blob('x'), y: blob('y') });
  const base = put({
    a: blob('a'),
    dir: ['40000', inner],
    'dir.txt': blob('t'),
    link: ['120000', blob('a')],
    mod: ['160000', '1'.repeat(40)],
  });

  it('knows the empty tree and the order of directories as git does', () => {
    expect(hashObject('tree', formatTree([]))).toBe(emptyTree);
    const names = parseTree(formatTree(store.get(base) ?? [])).map((entry) => entry.name.toString());
    expect(names).toEqual(['a', 'dir.txt', 'dir', 'link', 'mod']);
  });
  it('changes only the directories on the way', async () => {
    const answer = await editTree(load, base, [change('dir/x', file('new'))]);
    const wantedInner = put({ x: blob('new'), y: blob('y') });
    const wanted = put({
      a: blob('a'),
      dir: ['40000', wantedInner],
      'dir.txt': blob('t'),
      link: ['120000', blob('a')],
      mod: ['160000', '1'.repeat(40)],
    });
    expect(answer).toMatchObject({ ok: true, tree: wanted, trees: [{ oid: wantedInner }, { oid: wanted }] });
  });
  it('drops directories that become empty', async () => {
    const answer = await editTree(load, base, [change('dir/x'), change('dir/y')]);
    expect(answer).toMatchObject({
      ok: true,
      tree: put({
        a: blob('a'),
        'dir.txt': blob('t'),
        link: ['120000', blob('a')],
        mod: ['160000', '1'.repeat(40)],
      }),
    });
    expect(await editTree(load, put({ a: blob('a') }), [change('a')])).toMatchObject({
      ok: true,
      tree: emptyTree,
    });
  });
  it('lets a file become a directory and back where both halves are said', async () => {
    expect((await editTree(load, base, [change('a'), change('a/b', file('1'))])).ok).toBe(true);
    expect(
      (await editTree(load, base, [change('dir/x'), change('dir/y'), change('dir', file('1'))])).ok,
    ).toBe(true);
  });
  it.each([
    ['a file over a directory', [change('dir', file('1'))], 'dir'],
    ['a file over a directory that keeps a file', [change('dir', file('1')), change('dir/x')], 'dir'],
    ['a file below a file', [change('a/b', file('1'))], 'a'],
    ['a file below a link', [change('link/b', file('1'))], 'link'],
    ['a file below a submodule', [change('mod/b', file('1'))], 'mod'],
    ['a file and a file below it', [change('new', file('1')), change('new/b', file('1'))], 'new'],
    ['a deletion of nothing', [change('zzz')], 'zzz'],
    ['a deletion of a directory as a file', [change('dir')], 'dir'],
    ['a deletion below a file', [change('a/b')], 'a'],
    ['two changes of one path', [change('q', file('1')), change('q', file('2'))], 'q'],
  ])('refuses %s', async (_, changes, path) => {
    const answer = await editTree(load, base, changes);
    expect(answer).toMatchObject({ ok: false });
    expect(!answer.ok && answer.path.toString()).toBe(path);
  });
  it.each(['', '/a', 'a//b', '../a', 'dir/./x', 'dir/..'])('refuses the path %j', async (path) => {
    expect((await editTree(load, base, [change(path, file('1'))])).ok).toBe(false);
  });
  it('tells twins among new names, at every level, and no others', async () => {
    const twins = async (...paths: string[]) => {
      const answer = await editTree(
        load,
        base,
        paths.map((path) => change(path, file('1'))),
      );
      return answer.ok ? answer.twins.map(({ path, twin }) => [path.toString(), twin.toString()]) : answer;
    };
    expect(await twins('A')).toEqual([['A', 'a']]);
    expect(await twins('DIR/x')).toEqual([['DIR', 'dir']]);
    expect(await twins('dir/X')).toEqual([['dir/X', 'dir/x']]);
    expect(await twins('caf\u00e9', 'cafe\u0301')).toHaveLength(1);
    expect(await twins('a', 'dir/x', 'other')).toEqual([]);
  });
  it('folds as case-blind file systems do', () => {
    const same = (a: string, b: string) => foldName(Buffer.from(a)) === foldName(Buffer.from(b));
    expect([
      same('README', 'readme'),
      same('stra\u00dfe', 'STRASSE'),
      same('\u017f', 's'),
      same('a', 'b'),
    ]).toEqual([true, true, true, false]);
  });
});
