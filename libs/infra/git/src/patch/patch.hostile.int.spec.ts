import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { binaryPatch, deltaBomb } from '../binary.fixture.js';
import { fsckObjects } from '../candidate.fsck.js';
import { applyPatch } from './patch.applier.js';
import { diffPatch } from './patch.writer.js';
import { openQuarantine, sweepQuarantines, type Quarantine } from '../quarantine.js';
import { Scratch, type TestFile } from '../scratch.fixture.js';
import { hashObject } from '../tree/tree.format.js';

/** Root inside a container may still not mount. */
const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

describe('patches that are not what they say', () => {
  const scratch = new Scratch();
  let repository: string;
  let gitDir: string;
  let quarantine: Quarantine;
  let base: string;
  const files: TestFile[] = [
    { path: 'f', content: Array.from({ length: 30 }, (_, i) => `${i % 5}\n`).join('') },
    { path: 'dir/x', content: 'x\n' },
    { path: 'link', content: '/etc', mode: '120000' },
    { path: 'mod', content: '1'.repeat(40), mode: '160000' },
    { path: 'Makefile', content: 'all:\n' },
  ];
  const blob = (text: string) => hashObject('blob', Buffer.from(text));
  const zeros = '0'.repeat(40);
  const add = (path: string, text = 'x\n', mode = '100644') =>
    `diff --git a/${path} b/${path}\nnew file mode ${mode}\nindex ${zeros}..${blob(text)}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${text}`;
  const apply = (patch: string | Buffer, limits = {}) =>
    applyPatch(scratch.git, quarantine, base, Buffer.from(patch as string), limits);
  const diff = (after: readonly TestFile[]) =>
    diffPatch(scratch.git, gitDir, base, scratch.tree(repository, after));

  beforeAll(async () => {
    repository = scratch.repository('source');
    gitDir = join(repository, '.git');
    base = scratch.commit(repository, scratch.tree(repository, files));
    quarantine = await openQuarantine(join(scratch.dir, 'q'), gitDir);
  });
  afterAll(() => scratch.close());

  it('never applies at an offset: context that fits elsewhere is refused', async () => {
    // The file repeats every five lines, so this hunk fits at many places; plain git takes it at an offset.
    const [before, after] = [blob(files[0]?.content as string), 'c'.repeat(40)];
    const patch = `diff --git a/f b/f\nindex ${before}..${after} 100644\n--- a/f\n+++ b/f\n@@ -9,3 +9,3 @@\n 0\n-1\n+X\n 2\n`;
    scratch.plain(repository, ['read-tree', base]);
    scratch.plain(repository, ['apply', '--cached', '--check', '-'], patch);
    expect(await apply(patch)).toMatchObject({ ok: false, reason: 'patch.blob_mismatch' });
  });
  it('refuses a patch made on another base', async () => {
    const other = scratch.tree(repository, [{ path: 'f', content: 'else\n' }]);
    const patch = await diffPatch(
      scratch.git,
      gitDir,
      other,
      scratch.tree(repository, [{ path: 'f', content: 'else!\n' }]),
    );
    expect(await apply(patch)).toMatchObject({
      ok: false,
      reason: 'patch.blob_mismatch',
      path: Buffer.from('f'),
    });
  });
  it('refuses content that is not what the patch names', async () => {
    expect(await apply(add('new').replace('+x\n', '+y\n'))).toMatchObject({
      ok: false,
      reason: 'patch.blob_mismatch',
    });
  });

  it.each<[string, string, string]>([
    ['a file over a directory', add('dir'), 'patch.path_conflict'],
    ['a file below a file', add('f/x'), 'patch.path_conflict'],
    ['a file below a link', add('link/passwd'), 'patch.path_conflict'],
    ['a file below a submodule', add('mod/x'), 'patch.path_conflict'],
    ['a file and one below it', add('n') + add('n/x'), 'patch.path_conflict'],
    ['a file that exists', add('f'), 'patch.does_not_apply'],
    [
      'a deletion of nothing',
      `diff --git a/no b/no\ndeleted file mode 100644\nindex ${blob('x\n')}..${zeros}\n--- a/no\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`,
      'patch.does_not_apply',
    ],
    [
      'a directory as a file',
      `diff --git a/dir b/dir\nold mode 100644\nnew mode 100755\n`,
      'patch.does_not_apply',
    ],
    [
      'a mode the base does not have',
      `diff --git a/f b/f\nold mode 100755\nnew mode 100644\n`,
      'patch.mode_mismatch',
    ],
    ['a look-alike of .git on a Mac', add('.g\u200cit/config'), 'patch.illegal_path'],
    ['a look-alike of .git on Windows', add('GIT~1/config'), 'patch.illegal_path'],
    ['an empty patch', '', 'patch.empty'],
    ['bytes', '\0\x01\x02', 'patch.not_a_diff'],
  ])('refuses %s', async (_, patch, reason) => {
    const answer = await apply(patch);
    expect(answer).toMatchObject({ ok: false, reason });
    expect(!answer.ok && answer.detail.length > 10).toBe(true);
  });

  it('accepts a rename and a copy, by the blobs they name', async () => {
    const after = scratch.tree(repository, [
      ...files.slice(1),
      { path: 'g', content: files[0]?.content as string },
      { path: 'h', content: 'x\n' },
    ]);
    const patch = scratch.plain(repository, [
      'diff-tree',
      '-p',
      '--binary',
      '--full-index',
      '-M',
      '-C',
      '--find-copies-harder',
      base,
      after,
    ]);
    expect(patch.toString()).toMatch(/rename from f[\s\S]*copy from dir\/x/);
    expect(await apply(patch)).toMatchObject({ ok: true, tree: after });
  });
  it('reports twins and leaves the decision to others', async () => {
    const answer = await apply(add('makefile') + add('DIR/x'));
    expect(answer.ok && answer.twins.map(({ path, twin }) => `${path} ${twin}`).sort()).toEqual([
      'DIR dir',
      'makefile Makefile',
    ]);
  });
  it('refuses bombs before it inflates them', async () => {
    const source = hashObject('blob', Buffer.from(files[0]?.content as string));
    const bomb = deltaBomb((files[0]?.content as string).length, 512 << 20);
    expect(await apply(binaryPatch('delta', bomb.length, deflateSync(bomb), source))).toMatchObject({
      ok: false,
      reason: 'patch.too_large',
    });
    expect(
      await apply(binaryPatch('literal', 512 << 20, deflateSync(Buffer.alloc(1 << 20)), source)),
    ).toMatchObject({ ok: false, reason: 'patch.too_large' });
    // One that lies about its size: git inflates no more than was declared, and refuses.
    expect(
      await apply(binaryPatch('literal', 10, deflateSync(Buffer.alloc(64 << 20)), source)),
    ).toMatchObject({ ok: false, reason: 'patch.does_not_apply' });
    expect(await apply(add('a'), { maxPatchBytes: 10 })).toMatchObject({
      ok: false,
      reason: 'patch.too_large',
    });
    expect(await apply(add('a') + add('b'), { maxFiles: 1 })).toMatchObject({
      ok: false,
      reason: 'patch.too_large',
    });
    expect(
      await apply(await diff([...files.slice(1), { path: 'f', content: 'z' }]), { maxBlobBytes: 20 }),
    ).toMatchObject({ ok: false, reason: 'patch.too_large' });
  });
  it('takes a line of a mebibyte and a thousand files in one patch', async () => {
    const after = [
      ...files,
      { path: 'long', content: 'y'.repeat(1 << 20) },
      { path: 'long2', content: `${'y'.repeat(1 << 20)}\n` },
    ];
    expect(await apply(await diff(after))).toMatchObject({ ok: true, tree: scratch.tree(repository, after) });
    const many = Array.from({ length: 1000 }, (_, i) => add(`many/d${i % 10}/f${i}`)).join('');
    const answer = await apply(many);
    expect(answer.ok && answer.entries.length).toBe(1000);
  });
  (canMount ? it : it.skip)('throws on a full disk instead of blaming the patch', async () => {
    const small = join(scratch.dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
    try {
      const own = await openQuarantine(small, gitDir);
      const noise = randomBytes(400_000);
      const patch = await diff([...files, { path: 'noise', content: noise }]);
      scratch.plain(repository, ['prune', '--expire=now']);
      base = scratch.commit(repository, scratch.tree(repository, files));
      await expect(applyPatch(scratch.git, own, base, patch)).rejects.toMatchObject({
        code: 'storage.full',
      });
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
  it('leaves no index behind', async () => {
    await apply(add('new'));
    await apply(add('f'));
    expect(readdirSync(quarantine.gitDir).filter((name) => name.startsWith('index'))).toEqual([]);
  });

  it('checks the new objects strictly, and only those', async () => {
    // The base itself has a fault, which is not the candidate's.
    const faulty = scratch.commit(
      repository,
      scratch.tree(repository, [
        ...files,
        { path: '.gitmodules', content: '[submodule "x"]\n\tpath = x\n\turl = -old\n' },
      ]),
      [],
      'refs/heads/faulty',
    );
    const check = async (from: string, after: readonly TestFile[]) => {
      const own = await openQuarantine(join(scratch.dir, 'q'), gitDir);
      const patch = await diffPatch(scratch.git, gitDir, from, scratch.tree(repository, after));
      const applied = await applyPatch(scratch.git, own, from, patch);
      const faults = applied.ok ? await fsckObjects(scratch.git, own, from, applied.tree) : applied;
      await own.remove();
      return faults;
    };
    const old = { path: '.gitmodules', content: '[submodule "x"]\n\tpath = x\n\turl = -old\n' };
    expect(await check(base, [...files, { path: 'fine', content: '1' }])).toEqual([]);
    expect(await check(faulty, [...files, old, { path: 'fine', content: '1' }])).toEqual([]);
    expect(
      await check(base, [
        ...files,
        { path: '.gitmodules', content: '[submodule "x"]\n\tpath = x\n\turl = -evil\n' },
      ]),
    ).toMatchObject([{ code: 'gitmodulesUrl', severity: 'error' }]);
    expect(await apply(add('.gitmodules', 'x\n', '120000'))).toMatchObject({
      ok: false,
      reason: 'patch.illegal_path',
    });
  });
  it('sees an object that is missing or damaged', async () => {
    const own = await openQuarantine(join(scratch.dir, 'q'), gitDir);
    const tree = scratch.text(
      scratch.dir,
      ['--git-dir', own.gitDir, 'mktree', '--missing'],
      `100644 blob ${'d'.repeat(40)}\tx\n`,
    );
    expect(await fsckObjects(scratch.git, own, base, tree)).toMatchObject([
      { oid: 'd'.repeat(40), code: 'missingObject' },
    ]);
    // Zlib is whole and the header plausible, but the content is not what the name says.
    mkdirSync(join(own.gitDir, 'objects/dd'), { recursive: true });
    writeFileSync(join(own.gitDir, 'objects/dd', 'd'.repeat(38)), deflateSync(Buffer.from('blob 4\0fake')));
    await expect(fsckObjects(scratch.git, own, base, tree)).resolves.toMatchObject([
      { oid: 'd'.repeat(40), code: 'hashMismatch' },
    ]);
    await own.remove();
    expect(existsSync(own.gitDir)).toBe(false);
  });
  it('sweeps quarantines of dead processes and no others', async () => {
    const root = join(scratch.dir, 'sweep');
    const mine = await openQuarantine(root, gitDir);
    const name = mine.gitDir.slice(root.length + 1);
    const dead = name.replace(`-${process.pid}-`, '-4194000-');
    const reused = name.replace(/-(\d+)-([0-9a-f]{12})$/, '-1-$2');
    const otherBoot = name.replace(/^q-[0-9a-z]+/, 'q-00000000');
    for (const copy of [dead, reused, otherBoot, 'not-ours'])
      cpSync(mine.gitDir, join(root, copy), { recursive: true });
    expect(await sweepQuarantines(root)).toBe(3);
    expect(readdirSync(root).sort()).toEqual(['not-ours', name].sort());
  });
});
