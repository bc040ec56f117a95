import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { layOutBare } from '../bare.repository.js';
import { openQuarantine } from '../quarantine.js';
import { Scratch, type TestFile } from '../scratch.fixture.js';
import { mergeTrees } from './tree.merger.js';

const lines = (...of: string[]): string => `${of.join('\n')}\n`;
const file = (path: string | Buffer, content: string, mode?: string): TestFile => ({
  path,
  content,
  ...(mode !== undefined && { mode }),
});

describe('a three-way merge of trees', () => {
  const scratch = new Scratch();
  let source: string;
  let bare: string;
  beforeAll(async () => {
    source = scratch.repository('source');
    bare = join(source, '.git');
    mkdirSync(join(scratch.dir, 'q'));
    await layOutBare(join(scratch.dir, 'unused'));
  });
  afterAll(() => scratch.close());

  const merge = async (base: TestFile[], ours: TestFile[], theirs: TestFile[]) => {
    const quarantine = await openQuarantine(join(scratch.dir, 'q'), bare);
    try {
      const trees = [base, ours, theirs].map((files) => scratch.tree(source, files)) as [
        string,
        string,
        string,
      ];
      const answer = await mergeTrees(scratch.git, quarantine.gitDir, {
        base: trees[0],
        ours: trees[1],
        theirs: trees[2],
      });
      if (!answer.ok) return answer.paths.map((path) => path.toString('latin1'));
      const { stdout } = await scratch.git.run(['ls-tree', '-r', answer.tree], { gitDir: quarantine.gitDir });
      const listed = stdout.toString().trim().split('\n');
      return await Promise.all(
        listed.map(async (line) => {
          const [, mode, oid, path] = /^(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
          const blob = await scratch.git.run(['cat-file', 'blob', oid ?? ''], { gitDir: quarantine.gitDir });
          return `${path} ${mode} ${JSON.stringify(blob.stdout.toString())}`;
        }),
      );
    } finally {
      await quarantine.remove();
    }
  };

  const a = file('a', lines('1', '2', '3', '4', '5'));

  it('keeps both sides where they touch different files, or lines that lie apart', async () => {
    expect(await merge([a], [a, file('ours', 'o')], [a, file('theirs', 't')])).toEqual([
      'a 100644 "1\\n2\\n3\\n4\\n5\\n"',
      'ours 100644 "o"',
      'theirs 100644 "t"',
    ]);
    const ours = file('a', lines('one', '2', '3', '4', '5'));
    const theirs = file('a', lines('1', '2', '3', '4', 'five'), '100755');
    expect(await merge([a], [ours], [theirs])).toEqual(['a 100755 "one\\n2\\n3\\n4\\nfive\\n"']);
  });

  it('is the one side where the other changed nothing, or the same', async () => {
    const b = file('a', 'other\n');
    expect(await merge([a], [b], [a])).toEqual(['a 100644 "other\\n"']);
    expect(await merge([a], [a], [b])).toEqual(['a 100644 "other\\n"']);
    expect(await merge([a], [b], [b])).toEqual(['a 100644 "other\\n"']);
  });

  it.each<[string, TestFile[], TestFile[], string[]]>([
    [
      'the same line',
      [file('a', lines('1', 'x', '3', '4', '5'))],
      [file('a', lines('1', 'y', '3', '4', '5'))],
      ['a'],
    ],
    ['a deletion of what was changed', [], [file('a', 'new\n')], ['a']],
    ['a change of what was deleted', [file('a', 'new\n')], [], ['a']],
    ['two files of one name', [a, file('b', 'x')], [a, file('b', 'y')], ['b']],
    // Renames are not guessed: what was moved away is a deletion.
    [
      'a change of what was renamed',
      [file('a', lines('1', '2', 'x', '4', '5'))],
      [file('moved', a.content as string)],
      ['a'],
    ],
    ['two modes of a new file', [a, file('b', 'x', '100755')], [a, file('b', 'x', '120000')], ['b']],
    ['a file where the other made a folder', [a, file('d', 'x')], [a, file('d/e', 'x')], ['d']],
    ['a folder where the other made a file', [a, file('d/e', 'x')], [a, file('d', 'x')], ['d']],
    ['a folder of which the other deleted the file', [file('a/b', 'x')], [file('a', 'new')], ['a']],
    ['two targets of a link', [file('a', 'x', '120000')], [file('a', 'y', '120000')], ['a']],
    ['two binary contents', [file('a', '\0x')], [file('a', '\0y')], ['a']],
    [
      'a name that is not UTF-8',
      [a, file(Buffer.from([0xff]), 'x')],
      [a, file(Buffer.from([0xff]), 'y')],
      ['\xff'],
    ],
  ])('is a conflict that names the file: %s', async (_, ours, theirs, paths) => {
    const found = await merge([a], ours, theirs);
    expect(found).toEqual(paths);
  });

  it('obeys no attribute of the trees, and so no driver', async () => {
    scratch.plain(source, ['config', 'merge.mine.driver', `touch ${join(scratch.dir, 'ran')}; true`]);
    for (const attributes of ['* merge=union\n', '* merge=mine\n', '* merge=ours\n', '* -merge\n']) {
      const rules = file('.gitattributes', attributes);
      expect(
        await merge(
          [rules, a],
          [rules, file('a', lines('1', 'x', '3', '4', '5'))],
          [rules, file('a', lines('1', 'y', '3', '4', '5'))],
        ),
      ).toEqual(['a']);
      expect(
        await merge(
          [rules, a],
          [rules, file('a', lines('x', '2', '3', '4', '5'))],
          [rules, file('a', lines('1', '2', '3', '4', 'y'))],
        ),
      ).toContainEqual('a 100644 "x\\n2\\n3\\n4\\ny\\n"');
    }
    expect(() => scratch.plain(scratch.dir, ['ls-files', '--error-unmatch', 'ran'])).toThrow();
  });

  it('looks for what we changed only, and deletes with the folder that it empties', async () => {
    const b = file('d/b', 'x');
    const c = file('c', 'y');
    expect(await merge([a, b], [a], [a, b, c])).toEqual(['a 100644 "1\\n2\\n3\\n4\\n5\\n"', 'c 100644 "y"']);
    const many = Array.from({ length: 50 }, (_, i) => file(`many/${i}`, String(i)));
    expect(await merge([a], [a, c], [a, ...many])).toHaveLength(52);
  });

  it('gives the same answer every time', async () => {
    const both = () => merge([a], [a, file('o', 'o')], [a, file('t', 't')]);
    expect(await both()).toEqual(await both());
  });
});
