import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, gitIn, layFiles, type FileOf, type Origin } from '../testing/bench.fixture.js';
import { harvestOf, layOut, treeByGit, type Laid } from '../testing/workspace.fixture.js';

const bench = new Bench();
const odd = Buffer.from([0x6f, 0x64, 0x64, 0xff, 0xfe, 0x0a, 0x22, 0x5c, 0x20, 0x2d]).toString('latin1');
const files: Record<string, FileOf> = {
  'README.md': 'first\nsecond\n',
  'crlf.txt': 'a\r\nb\r\nc',
  'mixed.txt': 'a\r\nb\nc\r',
  '.gitattributes':
    '*.txt text eol=crlf\n*.id ident\n*.enc text working-tree-encoding=UTF-16\n*.f filter=evil\n',
  'x.id': '$Id: kept $\n',
  'x.enc': 'plain bytes',
  'x.f': 'never filtered\n',
  'bin/data': Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256)),
  'bin/run': { run: '#!/bin/sh\necho run\n' },
  'empty/zero': '',
  'deep/a/b/c/d/file': 'deep\n',
  link: { to: 'README.md' },
  dangling: { to: '../../etc/passwd' },
  'folder-link': { to: 'deep/a' },
  '.gitignore': 'node_modules\n*.log\nout/\n!keep.log\n',
  'logs/kept.log': 'tracked though ignored\n',
  '-dash': 'dash\n',
  'name with  blanks ': 'blanks\n',
};
let origin: Origin;

const change = async (
  edit: (laid: Laid) => void | Promise<void>,
): Promise<{ laid: Laid; answer: Awaited<ReturnType<typeof harvestOf>> }> => {
  const laid = await layOut(bench, origin);
  await edit(laid);
  return { laid, answer: await harvestOf(bench, laid) };
};
const treeOf = (answer: Awaited<ReturnType<typeof harvestOf>>): string => {
  if (!answer.ok) throw new Error(answer.message);
  return answer.tree;
};

beforeAll(async () => {
  await bench.open();
  const first = bench.origin(files);
  writeFileSync(Buffer.from(`${first.dir}/${odd}`, 'latin1'), 'odd\n');
  gitIn(first.dir, ['add', '-A', '-f']);
  gitIn(first.dir, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/sub`]);
  origin = bench.commit(first.dir);
});
afterAll(() => bench.close());

describe('workspace', () => {
  it('holds the raw bytes, modes, links and submodule folders of the base', async () => {
    const { workspace } = await layOut(bench, origin);
    for (const [path, file] of Object.entries(files)) {
      const at = join(workspace, path);
      if (typeof file === 'string' || Buffer.isBuffer(file))
        expect(readFileSync(at).equals(Buffer.from(file))).toBe(true);
      else if ('to' in file) expect(readlinkSync(at)).toBe(file.to);
      else expect(lstatSync(at).mode & 0o777).toBe(0o755);
    }
    expect(readFileSync(Buffer.from(`${workspace}/${odd}`, 'latin1'), 'utf8')).toBe('odd\n');
    expect(lstatSync(join(workspace, 'README.md')).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(workspace, 'vendor/sub'))).toEqual([]);
  });

  it('has a .git of one commit that works and knows nothing of this machine', async () => {
    const { workspace } = await layOut(bench, origin, 'refs/heads/feature/x');
    expect(gitIn(workspace, ['rev-parse', 'HEAD'])).toBe(origin.commit);
    expect(gitIn(workspace, ['rev-parse', '--abbrev-ref', 'HEAD'])).toBe('feature/x');
    expect(gitIn(workspace, ['log', '--oneline']).split('\n')).toHaveLength(1);
    expect(gitIn(workspace, ['remote'])).toBe('');
    writeFileSync(join(workspace, 'README.md'), 'changed\n');
    expect(gitIn(workspace, ['diff', '--name-only'])).toContain('README.md');
    expect(existsSync(join(workspace, '.git/hooks'))).toBe(false);
    const named = spawnSync('grep', ['-ral', bench.root, join(workspace, '.git')], { encoding: 'utf8' });
    expect({ status: named.status, files: named.stdout }).toEqual({ status: 1, files: '' });
  });
});

describe('harvest', () => {
  it('finds nothing where nothing changed, whatever attributes, times and odd names there are', async () => {
    const { answer } = await change(({ workspace }) => {
      execFileSync('touch', [join(workspace, 'crlf.txt'), join(workspace, 'x.enc')]);
      mkdirSync(join(workspace, 'new/empty/folders'), { recursive: true });
    });
    expect(answer).toMatchObject({
      ok: true,
      tree: origin.tree,
      patch: null,
      notes: { ignoredCount: 0, refusedCount: 0 },
    });
  });

  it('agrees with plain git on every kind of change at once', async () => {
    const { laid, answer } = await change(({ workspace }) => {
      const at = (path: string): string => join(workspace, path);
      writeFileSync(at('crlf.txt'), 'a\nb\r\n');
      writeFileSync(at('x.id'), '$Id$\n');
      writeFileSync(at('x.f'), 'new and never filtered\r\n');
      writeFileSync(at('bin/data'), Buffer.from([0, 1, 2, 255]));
      chmodSync(at('bin/run'), 0o644);
      chmodSync(at('README.md'), 0o744);
      rmSync(at('deep'), { recursive: true });
      layFiles(workspace, {
        'deep/now': 'x',
        'link-to-be/in': 'y',
        'new.txt': 'a\r\nb',
        'logs/kept.log': 'changed',
        'out.bin': Buffer.alloc(70_000, 7),
      });
      rmSync(at('link'));
      writeFileSync(at('link'), 'README.md');
      rmSync(at('empty/zero'));
      symlinkSync('nowhere\nelse', at('empty/zero'));
      renameSync(at('-dash'), at('--dash'));
      writeFileSync(Buffer.from(`${workspace}/${odd}`, 'latin1'), 'other\n');
      writeFileSync(Buffer.from(`${workspace}/\xc3\x28`, 'latin1'), 'bad utf-8\n');
    });
    const tree = treeOf(answer);
    expect(tree).not.toBe(origin.tree);
    expect(tree).toBe(treeByGit(laid));
    expect(answer.notes.refusedCount).toBe(0);
  });

  it('sees a link in place of a folder as a link, and does not go through it', async () => {
    const { laid, answer } = await change(({ workspace }) => {
      renameSync(join(workspace, 'deep'), join(workspace, 'moved'));
      symlinkSync('moved', join(workspace, 'deep'));
      symlinkSync('/etc', join(workspace, 'etc'));
    });
    expect(treeOf(answer)).toBe(treeByGit(laid));
    expect(answer.ok && answer.patch?.toString('latin1')).not.toContain('root:');
  });

  it("leaves out what the base ignores, by the base's rules and not the workspace's", async () => {
    const { laid, answer } = await change(({ workspace }) => {
      layFiles(workspace, {
        'node_modules/a/b.js': 'x',
        'pkg/node_modules/c.js': 'x',
        'a.log': 'x',
        'keep.log': 'x',
        'out/o': 'x',
        'src/ok.ts': 'x',
        'nested/.gitignore': '*\n',
        'nested/file': 'x',
      });
      writeFileSync(join(workspace, '.gitignore'), 'src\n');
    });
    const names = gitIn(laid.bareDir, ['ls-tree', '-r', '--name-only', treeOf(answer)]).split('\n');
    expect(names).toEqual(
      expect.arrayContaining(['keep.log', 'src/ok.ts', 'logs/kept.log', 'nested/file', 'nested/.gitignore']),
    );
    expect(names.filter((name) => /node_modules|a\.log|^out\//.test(name))).toEqual([]);
    expect(answer.notes.ignored).toEqual(['a.log', 'node_modules/', 'out/', 'pkg/node_modules/']);
    expect(answer.notes.ignoredCount).toBe(4);
  });

  it('refuses pipes, sockets, devices, nested repositories and names git refuses, and keeps the rest', async () => {
    const { laid, answer } = await change(async ({ workspace }) => {
      const at = (path: string): string => join(workspace, path);
      rmSync(at('README.md'));
      execFileSync('mkfifo', [at('README.md'), at('pipe')]);
      execFileSync('mknod', [at('zero'), 'c', '1', '5']);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(at('sock'), resolve));
      renameSync(at('sock'), at('socket'));
      await new Promise((resolve) => server.close(resolve));
      mkdirSync(at('inner'));
      gitIn(at('inner'), ['init', '-q']);
      layFiles(workspace, {
        'inner/file': 'x',
        '.GIT/config': 'x',
        'deep/.git/config': 'x',
        'git~1/x': 'x',
        good: 'x',
      });
    });
    expect(answer.notes.refused.map(({ path }) => path)).toEqual([
      '.GIT',
      'README.md',
      'deep/.git',
      'git~1',
      'inner',
      'pipe',
      'socket',
      'zero',
    ]);
    const names = gitIn(laid.bareDir, [
      'diff-tree',
      '-r',
      '--name-status',
      origin.tree,
      treeOf(answer),
    ]).split('\n');
    expect(names).toEqual(['D\tREADME.md', 'A\tgood']);
  });

  it('keeps what nobody may read as the base has it, and says so', async () => {
    const { answer } = await change(({ workspace }) => {
      chmodSync(join(workspace, 'README.md'), 0);
      chmodSync(join(workspace, 'deep/a'), 0);
      writeFileSync(join(workspace, 'good'), 'x');
    });
    expect(answer.notes.refused.map(({ path }) => path)).toEqual(['README.md', 'deep/a']);
    if (!answer.ok) throw new Error('failed');
    expect(answer.patch?.toString()).toContain('b/good');
    expect(answer.patch?.toString()).not.toContain('deleted');
  });

  it('is bounded in bytes without reading them, and in entries', async () => {
    const laid = await layOut(bench, origin);
    writeFileSync(join(laid.workspace, 'huge'), '');
    truncateSync(join(laid.workspace, 'huge'), 2 ** 30);
    truncateSync(join(laid.workspace, 'crlf.txt'), 2 ** 30);
    expect(await harvestOf(bench, laid)).toMatchObject({ ok: false, code: 'harvest.too_large' });
    rmSync(join(laid.workspace, 'huge'));
    truncateSync(join(laid.workspace, 'crlf.txt'), 0);
    layFiles(laid.workspace, Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`n${i}`, 'x'])));
    expect(await harvestOf(bench, laid, { harvestEntries: 11 })).toMatchObject({ ok: true });
    expect(await harvestOf(bench, laid, { harvestEntries: 10 })).toMatchObject({
      ok: false,
      code: 'harvest.too_many',
    });
  });

  it('walks past an ignored folder of 20,000 files', async () => {
    const laid = await layOut(bench, origin);
    for (let i = 0; i < 200; i++) {
      const folder = join(laid.workspace, `node_modules/p${i}`);
      mkdirSync(folder, { recursive: true });
      for (let j = 0; j < 100; j++) writeFileSync(join(folder, `f${j}.js`), 'x');
    }
    // A bound far below what lies there: it was not walked.
    const answer = await harvestOf(bench, laid, { harvestEntries: 100 });
    expect(answer).toMatchObject({ ok: true, patch: null, notes: { ignored: ['node_modules/'] } });
  });

  it('survives folders deeper than any path may be', async () => {
    const { answer } = await change(({ workspace }) => {
      const dig = `const fs = require('fs'); for (let i = 0; i < 60; i++) { fs.mkdirSync('${'d'.repeat(200)}'); process.chdir('${'d'.repeat(200)}'); } fs.writeFileSync('end', 'x');`;
      execFileSync(process.execPath, ['-e', dig], { cwd: workspace });
      writeFileSync(join(workspace, 'good'), 'x');
    });
    expect(answer.ok && answer.patch?.toString()).toContain('b/good');
    expect(answer.notes.refusedCount).toBe(1);
  });
});
