import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Mirror } from './mirror.js';
import { Scratch } from './scratch.fixture.js';
import { locateSource } from './source.locator.js';

const asRoot = process.getuid?.() === 0;

describe('a mirror', () => {
  const scratch = new Scratch();
  let count = 0;
  const fresh = async () => {
    const mirror = new Mirror(scratch.git, join(scratch.dir, `mirror-${count++}.git`));
    await mirror.ensure();
    return mirror;
  };
  const source = (name: string) => {
    const path = scratch.repository(name);
    const first = scratch.commit(path, scratch.tree(path, [{ path: 'a', content: '1\n' }]));
    const second = scratch.commit(path, scratch.tree(path, [{ path: 'a', content: '2\n' }]), [first]);
    return { path, first, second };
  };
  beforeAll(() => chmodSync(scratch.dir, 0o755));
  afterAll(() => scratch.close());

  it('takes branches and tags, follows force-pushes and deletions, and keeps old objects', async () => {
    const { path, first, second } = source('plain');
    scratch.plain(path, ['tag', '-a', 'v1', '-m', 'one', first]);
    scratch.plain(path, ['branch', 'side', first]);
    const mirror = await fresh();
    const located = await scratch.locate(path);
    expect(await mirror.fetch(located)).toEqual({ ok: true, warnings: [] });
    expect(await mirror.defaultBranch(located)).toBe('main');
    expect(await mirror.headBranches()).toEqual([
      { name: 'main', commit: second },
      { name: 'side', commit: first },
    ]);
    expect(await mirror.resolve('main')).toBe(second);
    expect(await mirror.resolve('refs/heads/side')).toBe(first);
    expect(await mirror.resolve('v1')).toBe(first);
    expect(await mirror.resolve(second)).toBe(second);
    expect(await mirror.resolve(second.slice(0, 7))).toBe(second);
    const tree = scratch.text(path, ['rev-parse', `${first}^{tree}`]);
    expect(await mirror.treesOf([first])).toEqual([tree]);
    const looked = await mirror.look(['e'.repeat(40), first], 'main');
    expect(looked).toEqual({ trees: [undefined, tree], head: second });
    for (const name of ['side', 'refs/heads/side', first, first.slice(0, 8)])
      expect(await mirror.pin(name)).toEqual({ commit: first, tree });
    expect(await mirror.pin('nothing')).toBeUndefined();
    expect(await mirror.isAncestor(first, second)).toBe(true);
    expect(await mirror.isAncestor(second, first)).toBe(false);

    const other = scratch.commit(path, scratch.tree(path, [{ path: 'b', content: 'x' }]));
    scratch.plain(path, ['branch', '-D', 'side']);
    scratch.plain(path, ['branch', 'side/deeper', first]);
    expect(await mirror.fetch(located)).toMatchObject({ ok: true });
    expect(await mirror.headBranches()).toEqual([
      { name: 'main', commit: other },
      { name: 'side/deeper', commit: first },
    ]);
    expect(await mirror.treesOf([second])).not.toContain(undefined);
    expect(await mirror.isAncestor(second, other)).toBe(false);
  });

  it('resolves nothing from names that are options, operators or not there', async () => {
    const { path, second } = source('names');
    scratch.plain(path, ['update-ref', `refs/heads/${'f'.repeat(40)}`, second]);
    const mirror = await fresh();
    await mirror.fetch(await scratch.locate(path));
    const names = [
      '',
      '-h',
      '--all',
      '@',
      'HEAD',
      'main^',
      'main~1',
      'main:a',
      'main@{0}',
      ':/m',
      '^main',
      'main..main',
      'nope',
      'abc',
      `main\nmain`,
      'main ',
      '../x',
      'refs/heads/',
      'refs/gatehouse/none',
      'f'.repeat(40),
      '0'.repeat(40),
      `${second}^{tree}`,
      'x'.repeat(5000),
    ];
    for (const name of names) expect([name, await mirror.resolve(name)]).toEqual([name, undefined]);
    expect(await mirror.treesOf(['main'])).toEqual([undefined]);
    expect(await mirror.pin('main^')).toBeUndefined();
    expect(await mirror.isAncestor('--help', second)).toBe(false);
  });

  it('answers an empty repository, and one that vanished, in clear words', async () => {
    const path = scratch.repository('empty');
    const mirror = await fresh();
    const located = await scratch.locate(path);
    expect(await mirror.fetch(located)).toEqual({ ok: true, warnings: [] });
    expect(await mirror.defaultBranch(located)).toBeUndefined();
    expect(await mirror.resolve('main')).toBeUndefined();
    const answer = await mirror.fetch({ ...located, address: join(scratch.dir, 'nothing-here') });
    expect(answer).toMatchObject({ ok: false, reason: 'source.unreachable' });
  });

  it('takes faults of old history with warnings, and refuses damaged objects', async () => {
    const { path, second } = source('faulty');
    const tree = scratch.text(path, ['rev-parse', `${second}^{tree}`]);
    const bad = scratch.text(
      path,
      ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'],
      `tree ${tree}\nparent ${second}\nauthor A <a@b> 17 +0000\ncommitter A<a@b> 17 +0000\n\nm\n`,
    );
    scratch.plain(path, ['update-ref', 'refs/heads/main', bad]);
    const mirror = await fresh();
    const answer = await mirror.fetch(await scratch.locate(path));
    expect(answer).toMatchObject({ ok: true });
    expect(answer.ok && answer.warnings.join()).toContain(`missingSpaceBeforeEmail in ${bad}`);
    expect(await mirror.resolve('main')).toBe(bad);

    const { path: broken } = source('broken');
    const blob = scratch.text(broken, ['rev-parse', 'main:a']);
    const file = join(broken, '.git/objects', blob.slice(0, 2), blob.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, readFileSync(join(broken, '.git/objects', ...split(scratch.blob(broken, 'other')))));
    expect(await (await fresh()).fetch(await scratch.locate(broken))).toMatchObject({ ok: false });
  });

  it('runs nothing that a source plants', async () => {
    const { path, second } = source('planted');
    const mark = join(scratch.dir, 'it-ran');
    const trap = join(path, 'trap.sh');
    writeFileSync(trap, `#!/bin/sh\ntouch ${mark}\nexec "$@"\n`, { mode: 0o755 });
    for (const hook of [
      'pre-upload-pack',
      'post-checkout',
      'reference-transaction',
      'pre-auto-gc',
      'fsmonitor-watchman',
    ]) {
      writeFileSync(join(path, '.git/hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
    for (const [key, value] of [
      ['core.fsmonitor', trap],
      ['core.hooksPath', join(path, '.git/hooks')],
      ['core.sshCommand', trap],
      ['core.gitProxy', trap],
      ['core.alternateRefsCommand', trap],
      ['uploadpack.packObjectsHook', trap],
      ['core.pager', trap],
      ['diff.external', trap],
      ['credential.helper', trap],
      ['filter.x.smudge', trap],
    ])
      scratch.plain(path, ['config', key as string, value as string]);
    // A borrowed object store makes git ask for the other's refs, by a command the configuration may name.
    const lender = source('lender');
    mkdirSync(join(path, '.git/objects/info'), { recursive: true });
    writeFileSync(join(path, '.git/objects/info/alternates'), join(lender.path, '.git/objects\n'));
    const mirror = await fresh();
    const located = await scratch.locate(path);
    expect(await mirror.fetch(located)).toMatchObject({ ok: true });
    expect(await mirror.resolve('main')).toBe(second);
    expect(await mirror.defaultBranch(located)).toBe('main');
    expect(existsSync(mark)).toBe(false);
  });

  it('does not let replace refs, grafts or attributes of a source change what is read', async () => {
    const { path, first, second } = source('replaced');
    scratch.plain(path, ['replace', second, first]);
    scratch.plain(path, ['update-ref', 'refs/heads/replace', second]);
    const mirror = await fresh();
    await mirror.fetch(await scratch.locate(path));
    // Even a replace ref inside the mirror itself.
    scratch.plain(scratch.dir, ['--git-dir', mirror.gitDir, 'update-ref', `refs/replace/${second}`, first]);
    expect(await mirror.treesOf([second])).toEqual([
      scratch.text(path, ['--no-replace-objects', 'rev-parse', `${second}^{tree}`]),
    ]);
    expect(await mirror.isAncestor(first, second)).toBe(true);
  });

  it('refuses what it cannot rely on, and says what to do', async () => {
    const { path } = source('whole');
    const clone = (name: string, ...args: string[]) => {
      scratch.plain(scratch.dir, ['clone', '-q', ...args, `file://${path}`, name]);
      return join(scratch.dir, name);
    };
    scratch.plain(path, ['config', 'uploadpack.allowFilter', 'true']);
    const outside = execFileSync('mktemp', ['-d']).toString().trim();
    execFileSync('git', ['init', '-q', outside]);
    symlinkSync(outside, join(scratch.dir, 'way-out'));
    mkdirSync(join(scratch.dir, 'elsewhere'));
    writeFileSync(join(scratch.dir, 'elsewhere/.git'), `gitdir: ${outside}/.git\n`);
    mkdirSync(join(scratch.dir, 'nothing'));
    const borrower = scratch.repository('borrower');
    writeFileSync(join(borrower, '.git/objects/info/alternates'), `${outside}/.git/objects\n`);
    const piped = scratch.repository('piped');
    execFileSync('mkfifo', [join(piped, '.git/objects/info/alternates')]);
    const cases: [string, RegExp | true][] = [
      [clone('shallow', '--depth=1'), /shallow clone.*--unshallow/],
      [clone('partial', '--filter=blob:none', '--no-checkout'), /partial clone/],
      [join(scratch.dir, 'way-out'), /outside the configured directories/],
      [join(scratch.dir, 'elsewhere'), /outside the configured directories/],
      [join(scratch.dir, 'nothing'), /not a git repository/],
      [join(scratch.dir, 'missing'), /no directory/],
      [join(path, '.git/HEAD'), /not a directory/],
      [borrower, /borrows objects/],
      [piped, true],
    ];
    for (const [where, words] of cases) {
      const answer = await locateSource({ kind: 'path', path: where }, { roots: [scratch.dir] });
      if (words === true) expect(answer.ok).toBe(true);
      else expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(words) });
    }
    execFileSync('rm', ['-rf', outside]);
  });

  (asRoot ? it : it.skip)('reads a repository of another user with that user’s rights', async () => {
    const { path, second } = source('foreign');
    const who = join(scratch.dir, 'who');
    mkdirSync(who, { mode: 0o777 });
    chmodSync(who, 0o777);
    execFileSync('chown', ['-R', '12345:12345', path]);
    const mirror = await fresh();
    const located = await scratch.locate(path);
    expect(located.owner).toEqual({ uid: 12345, gid: 12345 });
    expect(await mirror.fetch(located)).toMatchObject({ ok: true });
    expect(await mirror.resolve('main')).toBe(second);
    expect(statSync(mirror.gitDir).uid).toBe(0);
    // What only root may read stays unread, even though we are root.
    const blob = scratch.text(scratch.dir, ['--git-dir', mirror.gitDir, 'rev-parse', 'main:a']);
    const [dir, file] = split(blob);
    execFileSync('chown', ['0:0', join(path, '.git/objects', dir, file)]);
    chmodSync(join(path, '.git/objects', dir, file), 0o400);
    expect(await (await fresh()).fetch(located)).toMatchObject({ ok: false });
  });

  it('lets many fetches of one mirror run at once, also from several processes', async () => {
    const { path, second } = source('busy');
    for (let i = 0; i < 30; i++) scratch.plain(path, ['branch', `b${i}`, second]);
    const first = await fresh();
    const located = await scratch.locate(path);
    const other = new Scratch();
    const second_ = new Mirror(other.git, first.gitDir);
    const answers = await Promise.all(
      [first, second_, first, second_].map((mirror) => mirror.fetch(located)),
    );
    await other.close();
    expect(answers).toEqual(answers.map(() => ({ ok: true, warnings: [] })));
    expect(await first.headBranches()).toHaveLength(31);
  });

  it('clears locks and halves that a killed git left, and only those', async () => {
    const { path, second } = source('killed');
    const mirror = await fresh();
    const located = await scratch.locate(path);
    await mirror.fetch(located);
    scratch.commit(path, scratch.tree(path, [{ path: 'new', content: 'n' }]), [second]);
    for (const left of ['refs/heads/main.lock', 'packed-refs.lock', 'objects/pack/tmp_pack_AbCdEf'])
      writeFileSync(join(mirror.gitDir, left), '');
    expect(await mirror.fetch(located)).toMatchObject({ ok: true });
    await mirror.sweep();
    expect(readdirSync(join(mirror.gitDir, 'refs/heads'))).toEqual(['main']);
    expect(readdirSync(join(mirror.gitDir, 'objects/pack')).filter((name) => name.startsWith('tmp'))).toEqual(
      [],
    );
    expect(await mirror.resolve('main')).toBe(scratch.text(path, ['rev-parse', 'main']));
  });

  it('puts its own configuration back over whatever stands there', async () => {
    const { path } = source('config');
    const mirror = await fresh();
    writeFileSync(join(mirror.gitDir, 'config'), '[core]\n\tbare = true\n\tfsmonitor = /bin/false\n');
    await mirror.ensure();
    expect(readFileSync(join(mirror.gitDir, 'config'), 'utf8')).not.toContain('fsmonitor');
    expect(await mirror.fetch(await scratch.locate(path))).toMatchObject({ ok: true });
  });
});

const split = (oid: string): [string, string] => [oid.slice(0, 2), oid.slice(2)];
