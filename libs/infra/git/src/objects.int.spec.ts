import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkIgnored } from './ignore.checker.js';
import { blobSizes, diffTrees, listTree, objectInfo, readBlobs } from './object.reader.js';
import { packTree, unpackInto } from './object.transfer.js';
import { diffPatch } from './patch/patch.writer.js';
import { openQuarantine } from './quarantine.js';
import { Scratch, type TestFile } from './scratch.fixture.js';
import { buildTree } from './tree/tree.builder.js';

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('objects', () => {
  const scratch = new Scratch();
  const { git } = scratch;
  let repository: string;
  let gitDir: string;
  const odd = Buffer.from([0x64, 0x2f, 0xff, 0x0a, 0x09, 0x22]);
  const files: TestFile[] = [
    { path: 'a', content: 'A\n' },
    { path: odd, content: Buffer.from([0, 1, 10, 255]) },
    { path: 'empty', content: '' },
    { path: 'run', content: '#!/bin/sh\n', mode: '100755' },
    { path: 'link', content: 'a', mode: '120000' },
    { path: 'mod', content: '1'.repeat(40), mode: '160000' },
    { path: '.gitattributes', content: '* -diff -text\n*.md diff=custom\n' },
    { path: 'text.md', content: 'one\n' },
  ];
  beforeAll(() => {
    repository = scratch.repository('objects');
    gitDir = join(repository, '.git');
  });
  afterAll(() => scratch.close());

  it('lists trees byte for byte, with and without directories', async () => {
    const tree = scratch.tree(repository, files);
    const plain = scratch
      .plain(repository, ['ls-tree', '-r', '-t', '-z', tree])
      .toString('latin1')
      .split('\0')
      .slice(0, -1);
    const all = await collect(listTree(git, gitDir, tree, { trees: true }));
    expect(all.map((e) => `${e.mode} ${e.type} ${e.oid}\t${e.path.toString('latin1')}`)).toEqual(plain);
    expect((await collect(listTree(git, gitDir, tree))).some(({ type }) => type === 'tree')).toBe(false);
    await expect(collect(listTree(git, gitDir, 'main'))).rejects.toMatchObject({ code: 'git.refused' });
    await expect(collect(listTree(git, gitDir, 'e'.repeat(40)))).rejects.toMatchObject({
      code: 'git.failed',
    });
  });
  it('shows both sides of a difference, and a rename as what it is', async () => {
    const before = scratch.tree(repository, files);
    const after = scratch.tree(repository, [
      ...files.slice(1),
      { path: '.github/a', content: 'A\n' },
      { path: 'new', content: '1' },
    ]);
    const changes = await collect(diffTrees(git, gitDir, before, after));
    expect(
      changes.map(({ status, path, oldMode, newMode }) => `${status} ${path} ${oldMode} ${newMode}`),
    ).toEqual(['A .github/a 000000 100644', 'D a 100644 000000', 'A new 000000 100644']);
    expect(await collect(diffTrees(git, gitDir, before, before))).toEqual([]);
  });
  it('reads blobs of every size in order, and refuses what is too large, missing or no blob', async () => {
    const contents = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(3_000_000, 7), Buffer.from('\n\0\n')];
    const oids = contents.map((content) => scratch.blob(repository, content));
    const read = await collect(readBlobs(git, gitDir, oids, { maxBytes: 1 << 23 }));
    expect(read.map(({ content }, i) => content.equals(contents[i] as Buffer))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(await blobSizes(git, gitDir, [...oids, 'e'.repeat(40)])).toEqual(
      new Map(oids.map((oid, i) => [oid, contents[i]?.length as number])),
    );
    const tree = scratch.tree(repository, files);
    expect(await objectInfo(git, gitDir, [tree, 'e'.repeat(40)])).toMatchObject([
      { type: 'tree' },
      undefined,
    ]);
    await expect(collect(readBlobs(git, gitDir, oids, { maxBytes: 1000 }))).rejects.toMatchObject({
      code: 'git.refused',
    });
    await expect(collect(readBlobs(git, gitDir, ['e'.repeat(40)], { maxBytes: 1000 }))).rejects.toMatchObject(
      { code: 'git.refused' },
    );
    await expect(collect(readBlobs(git, gitDir, [tree], { maxBytes: 1000 }))).rejects.toMatchObject({
      code: 'git.refused',
    });
  });
  it('stops git when the reader stops early', async () => {
    const oid = scratch.blob(repository, Buffer.alloc(5_000_000, 1));
    for await (const { content } of readBlobs(git, gitDir, Array<string>(50).fill(oid), {
      maxBytes: 1 << 23,
    })) {
      expect(content.length).toBe(5_000_000);
      break;
    }
  });
  it('carries one commit, and nothing of its history, into another repository', async () => {
    const first = scratch.commit(repository, scratch.tree(repository, [{ path: 'old', content: 'history' }]));
    const tree = scratch.tree(repository, files);
    const second = scratch.commit(repository, tree, [first]);
    const pack = packTree(git, gitDir, second);
    const target = join(scratch.dir, 'worker.git');
    await unpackInto(git, target, second, pack.stdout as AsyncIterable<Buffer>);
    await pack.done;
    const all = scratch
      .text(scratch.dir, [
        '--git-dir',
        target,
        'cat-file',
        '--batch-all-objects',
        '--batch-check=%(objectname)',
      ])
      .split('\n');
    const wanted = new Set(
      scratch
        .text(repository, ['rev-list', '--objects', '--no-walk', '--no-object-names', second])
        .split('\n'),
    );
    expect(new Set(all)).toEqual(wanted);
    expect(scratch.text(scratch.dir, ['--git-dir', target, 'log', '--format=%H', second])).toBe(second);
    const again = scratch.tree(repository, [...files.slice(1), { path: 'a', content: 'B\n' }]);
    expect(again).not.toBe(tree);

    const half = async function* () {
      const chunks = await collect(packTree(git, gitDir, second).stdout as AsyncIterable<Buffer>);
      const whole = Buffer.concat(chunks);
      yield whole.subarray(0, whole.length - 30);
    };
    await expect(unpackInto(git, join(scratch.dir, 'half.git'), second, half())).rejects.toMatchObject({
      code: 'git.failed',
    });
    const other = packTree(git, gitDir, first);
    await expect(
      unpackInto(git, join(scratch.dir, 'other.git'), second, other.stdout as AsyncIterable<Buffer>),
    ).rejects.toMatchObject({ code: 'git.failed' });
    const large = packTree(git, gitDir, second);
    await expect(
      unpackInto(git, join(scratch.dir, 'large.git'), second, large.stdout as AsyncIterable<Buffer>, {
        maxBytes: 100,
      }),
    ).rejects.toMatchObject({ code: 'git.failed' });
  });
  it('writes a patch that neither attributes nor configuration change', async () => {
    const before = scratch.tree(repository, files);
    const after = scratch.tree(repository, [...files.slice(0, -1), { path: 'text.md', content: 'two\n' }]);
    const commit = scratch.commit(repository, before);
    const clean = await openQuarantine(join(scratch.dir, 'q'), gitDir);
    const wanted = await diffPatch(git, clean.gitDir, before, after);
    expect(wanted.toString()).toContain('-one\n+two\n');
    writeFileSync(join(clean.gitDir, 'HEAD'), `${commit}\n`);
    for (const [key, value] of [
      ['diff.noprefix', 'true'],
      ['diff.context', '0'],
      ['diff.algorithm', 'patience'],
      ['diff.renames', 'copies'],
      ['diff.external', '/bin/false'],
      ['diff.custom.textconv', '/bin/false'],
      ['diff.mnemonicPrefix', 'true'],
      ['core.abbrev', '5'],
    ]) {
      scratch.plain(scratch.dir, ['--git-dir', clean.gitDir, 'config', key as string, value as string]);
    }
    expect((await diffPatch(git, clean.gitDir, before, after)).equals(wanted)).toBe(true);
    await expect(diffPatch(git, gitDir, before, after, { maxBytes: 10 })).rejects.toMatchObject({
      code: 'git.refused',
    });
  });
  it('builds the tree of what a workspace became, whatever the names and bytes', async () => {
    const base = scratch.tree(repository, files);
    const own = await openQuarantine(join(scratch.dir, 'q'), gitDir);
    const stream = async function* () {
      yield Buffer.from('strea');
      yield Buffer.from('med\r\n');
    };
    const answer = await buildTree(git, own.gitDir, base, [
      { path: Buffer.from('a'), mode: '100644', content: Buffer.from('changed\r\n') },
      { path: odd, deleted: true },
      { path: Buffer.from('run'), mode: '100644', oid: scratch.blob(repository, '#!/bin/sh\n') },
      { path: Buffer.from('new/deep/\xe9"\n', 'latin1'), mode: '100755', size: 10, stream: stream() },
      { path: Buffer.from('link2'), mode: '120000', content: Buffer.from('../../etc') },
      { path: Buffer.from('empty2'), mode: '100644', content: Buffer.alloc(0) },
    ]);
    const wanted = scratch.tree(repository, [
      ...files.filter(({ path }) => !['a', 'run', odd].includes(path as string)),
      { path: 'a', content: 'changed\r\n' },
      { path: 'run', content: '#!/bin/sh\n' },
      { path: Buffer.from('new/deep/\xe9"\n', 'latin1'), content: 'streamed\r\n', mode: '100755' },
      { path: 'link2', content: '../../etc', mode: '120000' },
      { path: 'empty2', content: '' },
    ]);
    expect(answer).toMatchObject({ ok: true, tree: wanted });
    scratch.plain(scratch.dir, ['--git-dir', own.gitDir, 'ls-tree', '-r', wanted]);
  });
  it('refuses to build what cannot be, and streams that are not as long as they say', async () => {
    const base = scratch.tree(repository, files);
    const own = await openQuarantine(join(scratch.dir, 'q'), gitDir);
    const stream = async function* () {
      yield Buffer.from('12345');
    };
    const path = Buffer.from('x');
    expect(
      await buildTree(git, own.gitDir, base, [{ path: Buffer.from('a/b'), mode: '100644', content: path }]),
    ).toMatchObject({ ok: false, reason: 'tree.path_conflict' });
    for (const size of [4, 6])
      await expect(
        buildTree(git, own.gitDir, base, [{ path, mode: '100644', size, stream: stream() }]),
      ).rejects.toMatchObject({ code: 'git.refused' });
    await expect(
      buildTree(git, own.gitDir, base, [{ path, mode: '100666', content: path }]),
    ).rejects.toMatchObject({ code: 'git.refused' });
    await expect(
      buildTree(git, own.gitDir, base, [{ path, mode: '100644', oid: 'HEAD' }]),
    ).rejects.toMatchObject({ code: 'git.refused' });
    expect(await buildTree(git, own.gitDir, base, [])).toMatchObject({ ok: true, tree: base });
  });
  it('asks the base alone what is ignored', async () => {
    const ignore = [
      { path: Buffer.from('.gitignore'), content: Buffer.from('*.log\n/build/\nnode_modules/\n\\#odd\n') },
      { path: Buffer.from('sub/.gitignore'), content: Buffer.from('!keep.log\n*.tmp\n') },
    ];
    const ask = async (...paths: (string | Buffer)[]) =>
      (
        await checkIgnored(
          git,
          join(scratch.dir, 'ignore'),
          ignore,
          paths.map((path) => Buffer.from(path as string)),
        )
      ).map(({ path, source, line }) => `${path.toString('latin1')} ${source}:${line}`);
    expect(
      await ask(
        'a.log',
        'b.txt',
        'sub/keep.log',
        'sub/x.log',
        'sub/x.tmp',
        'x.tmp',
        'build/out',
        'deep/build/out',
        'a/node_modules/b/c',
        'build',
        '#odd',
        ':(top)x.log',
        '-x.log',
        Buffer.from('\xff\n.log', 'latin1'),
      ),
    ).toEqual([
      'a.log .gitignore:1',
      'sub/x.log .gitignore:1',
      'sub/x.tmp sub/.gitignore:2',
      'build/out .gitignore:2',
      'a/node_modules/b/c .gitignore:3',
      '#odd .gitignore:4',
      ':(top)x.log .gitignore:1',
      '-x.log .gitignore:1',
      '\xff\n.log .gitignore:1',
    ]);
    expect(await ask()).toEqual([]);
    await expect(ask('../x')).rejects.toMatchObject({ code: 'git.refused' });
    await expect(
      checkIgnored(
        git,
        scratch.dir,
        [{ path: Buffer.from('../.gitignore'), content: Buffer.from('*') }],
        [Buffer.from('x')],
      ),
    ).rejects.toMatchObject({ code: 'git.refused' });
    await expect(
      checkIgnored(
        git,
        scratch.dir,
        [{ path: Buffer.from('passwd'), content: Buffer.from('*') }],
        [Buffer.from('x')],
      ),
    ).rejects.toMatchObject({ code: 'git.refused' });
  });
});
