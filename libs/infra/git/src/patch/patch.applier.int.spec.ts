import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { ApplyAnswer } from './patch.answer.js';
import { applyPatch } from './patch.applier.js';
import { diffPatch } from './patch.writer.js';
import { openQuarantine, type Quarantine } from '../quarantine.js';
import { Scratch, type TestFile } from '../scratch.fixture.js';

describe('a patch applied to its exact base', () => {
  const scratch = new Scratch();
  let repository: string;
  let gitDir: string;
  let quarantine: Quarantine;
  beforeAll(async () => {
    repository = scratch.repository('source');
    gitDir = join(repository, '.git');
    quarantine = await openQuarantine(join(scratch.dir, 'quarantine'), gitDir);
  });
  afterAll(() => scratch.close());

  const lines = (n: number, prefix = 'line') =>
    Array.from({ length: n }, (_, i) => `${prefix} ${i}\n`).join('');
  const odd = Buffer.from([0x66, 0xff, 0xfe, 0x0a, 0x22, 0x5c, 0x09, 0x20, 0x78]);
  const base: TestFile[] = [
    { path: 'README.md', content: lines(20) },
    { path: 'docs/guide.md', content: 'guide\n' },
    { path: 'docs/deep/er/file', content: 'x' },
    { path: 'script.sh', content: '#!/bin/sh\n', mode: '100755' },
    { path: 'link', content: 'README.md', mode: '120000' },
    { path: 'module', content: '1'.repeat(40), mode: '160000' },
    { path: 'crlf.txt', content: 'a\r\nb\r\nc\r\n' },
    { path: 'bin', content: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) % 256)) },
    { path: 'empty', content: '' },
    { path: 'no-newline', content: 'end' },
    { path: odd, content: 'odd\n' },
    { path: '-rf', content: 'dash\n' },
    { path: 'with space', content: 'space\n' },
    { path: '.gitattributes', content: '* -diff -text\n*.md binary\n' },
  ];
  const without = (...paths: (string | Buffer)[]) =>
    base.filter(
      ({ path }) => !paths.some((p) => Buffer.from(p as string).equals(Buffer.from(path as string))),
    );
  const changed = (file: TestFile) => [...without(file.path), file];
  const moves: Record<string, TestFile[]> = {
    'a changed line': changed({ path: 'README.md', content: lines(20).replace('line 7', 'LINE 7') }),
    'a new file in a new directory': [...base, { path: 'new/dir/file.txt', content: 'hello\n' }],
    'a deleted directory': without('docs/guide.md', 'docs/deep/er/file'),
    'an executable bit': changed({ path: 'README.md', content: lines(20), mode: '100755' }),
    'an executable bit and content': changed({ path: 'script.sh', content: 'x\n', mode: '100644' }),
    'a retargeted link': changed({ path: 'link', content: 'docs', mode: '120000' }),
    'a link that becomes a file': changed({ path: 'link', content: 'README.md' }),
    'a file that becomes a link': changed({ path: 'README.md', content: 'docs', mode: '120000' }),
    'a moved submodule': changed({ path: 'module', content: '2'.repeat(40), mode: '160000' }),
    'a new submodule': [...base, { path: 'sub/module', content: '3'.repeat(40), mode: '160000' }],
    'a file that becomes a submodule': changed({ path: 'empty', content: '3'.repeat(40), mode: '160000' }),
    'CRLF kept and lost': changed({ path: 'crlf.txt', content: 'a\r\nb\nc\r\nd\r\n' }),
    'a changed binary': changed({
      path: 'bin',
      content: Buffer.from(Array.from({ length: 5001 }, (_, i) => (i * 31 + (i > 900 ? 1 : 0)) % 256)),
    }),
    'a deleted binary': without('bin'),
    'a new binary': [...base, { path: 'bin2', content: Buffer.from([0, 1, 2, 255]) }],
    'a file emptied and one filled': [
      ...without('empty', 'README.md'),
      { path: 'empty', content: 'full' },
      { path: 'README.md', content: '' },
    ],
    'empty files added and deleted': [...without('empty'), { path: 'void', content: '' }],
    'a missing last newline': changed({ path: 'no-newline', content: 'end\n' }),
    'a lost last newline': changed({ path: 'docs/guide.md', content: 'guide' }),
    'bytes that are no text in a name': changed({ path: odd, content: 'odder\n' }),
    'a name that looks like an option': changed({ path: '-rf', content: 'dash dash\n' }),
    'a name with a blank': changed({ path: 'with space', content: 'more space\n' }),
    'a new name with everything': [
      ...base,
      { path: Buffer.concat([Buffer.from('n/'), odd, Buffer.from(' b/x')]), content: '1\n' },
    ],
    'a file that becomes a directory': [
      ...without('docs/guide.md'),
      { path: 'docs/guide.md/part', content: '1\n' },
    ],
    'a directory that becomes a file': [
      ...without('docs/guide.md', 'docs/deep/er/file'),
      { path: 'docs', content: 'x\n' },
    ],
    'a link that becomes a directory': [...without('link'), { path: 'link/file', content: '1\n' }],
    'attributes that change': changed({ path: '.gitattributes', content: '* text eol=crlf\n' }),
    'everything deleted': [],
    'text that looks like a patch': [
      ...base,
      { path: 'p', content: 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39\n' },
    ],
  };

  it.each(Object.keys(moves))('gives the identical tree for %s', async (name) => {
    const before = scratch.tree(repository, base);
    const after = scratch.tree(repository, moves[name] as TestFile[]);
    const patch = await diffPatch(scratch.git, gitDir, before, after);
    const answer = await applyPatch(scratch.git, quarantine, before, patch);
    expect(answer).toMatchObject({ ok: true, tree: after });
    // And what git itself says about the difference is what the answer says.
    const raw = scratch
      .plain(repository, ['diff-tree', '-r', '-z', '--no-renames', before, after])
      .toString('latin1')
      .split('\0')
      .slice(0, -1);
    const told = (answer as Extract<ApplyAnswer, { ok: true }>).entries.map((e) =>
      [`${e.oldMode} ${e.newMode} ${e.oldOid} ${e.newOid}`, e.path.toString('latin1')].join(' '),
    );
    const expected: string[] = [];
    for (let i = 0; i < raw.length; i += 2) expected.push(`${raw[i]?.slice(1, -2)} ${raw[i + 1]}`);
    expect(told.sort()).toEqual(expected.sort());
  });

  it('writes the new objects into the quarantine and nothing into the repository', async () => {
    const before = scratch.tree(repository, base);
    const own = await openQuarantine(join(scratch.dir, 'quarantine'), gitDir);
    const patch = Buffer.from(
      'diff --git a/fresh b/fresh\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..c4cf1f15d99ab6d8ba5d1abd4d83b96ccda9e8c8\n--- /dev/null\n+++ b/fresh\n@@ -0,0 +1 @@\n+only here 1\n',
    );
    const oid = scratch.text(repository, ['hash-object', '--stdin'], 'only here 1\n');
    const answer = await applyPatch(
      scratch.git,
      own,
      before,
      Buffer.from(patch.toString().replace(/c4cf1f15d99ab6d8ba5d1abd4d83b96ccda9e8c8/, oid)),
    );
    expect(answer.ok).toBe(true);
    expect(scratch.text(own.gitDir, ['--git-dir', own.gitDir, 'cat-file', '-p', oid])).toBe('only here 1');
    expect(() => scratch.plain(repository, ['cat-file', '-e', oid])).toThrow();
    await own.remove();
  });
});
