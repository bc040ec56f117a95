import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packTree } from '@gatehouse/git';
import { Bench, gitIn, type Origin } from '../testing/bench.fixture.js';
import { layOut } from '../testing/workspace.fixture.js';
import { receiveBase } from './materialise.js';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());

/** Stores an object that git itself would refuse to write. */
const forge = (dir: string, type: string, body: Buffer): string => {
  const whole = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const id = createHash('sha1').update(whole).digest('hex');
  const at = join(dir, '.git/objects', id.slice(0, 2), id.slice(2));
  mkdirSync(dirname(at), { recursive: true });
  if (!existsSync(at)) writeFileSync(at, deflateSync(whole));
  return id;
};
const treeOf = (dir: string, entries: [mode: string, name: string, id: string][]): string =>
  forge(
    dir,
    'tree',
    Buffer.concat(
      entries.flatMap(([mode, name, id]) => [
        Buffer.from(`${mode} ${name}\0`, 'latin1'),
        Buffer.from(id, 'hex'),
      ]),
    ),
  );
const hostile = (make: (dir: string, blob: string) => string): Origin => {
  const { dir } = bench.origin({ x: 'x' });
  const tree = make(dir, forge(dir, 'blob', Buffer.from('evil')));
  const commit = forge(
    dir,
    'commit',
    Buffer.from(`tree ${tree}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n`),
  );
  return { dir, tree, commit };
};

describe('a base that must not be laid out', () => {
  const canary = (): string => join(mkdtempSync(join(bench.root, 'canary-')), 'written');
  it.each<[string, (dir: string, blob: string) => string]>([
    [
      'names .git',
      (dir, blob) => treeOf(dir, [['40000', '.git', treeOf(dir, [['100644', 'config', blob]])]]),
    ],
    ['names .GIT', (dir, blob) => treeOf(dir, [['100644', '.GIT', blob]])],
    [
      'names git~1',
      (dir, blob) => treeOf(dir, [['40000', 'git~1', treeOf(dir, [['100644', 'config', blob]])]]),
    ],
    ['climbs out', (dir, blob) => treeOf(dir, [['40000', '..', treeOf(dir, [['100644', 'out', blob]])]])],
    ['has a slash in a name', (dir, blob) => treeOf(dir, [['100644', '../../out', blob]])],
    [
      'has a link and a folder of one name',
      (dir, blob) =>
        treeOf(dir, [
          ['120000', 'a', forge(dir, 'blob', Buffer.from(dirname(canary())))],
          ['40000', 'a', treeOf(dir, [['100644', 'written', blob]])],
        ]),
    ],
    [
      'has a file twice',
      (dir, blob) =>
        treeOf(dir, [
          ['100644', 'a', blob],
          ['100755', 'a', blob],
        ]),
    ],
    [
      'has a file with a file below it',
      (dir, blob) =>
        treeOf(dir, [
          ['100644', 'a', blob],
          ['40000', 'a', treeOf(dir, [['100644', 'b', blob]])],
        ]),
    ],
    [
      'has a name longer than any file may have',
      (dir, blob) => treeOf(dir, [['100644', 'n'.repeat(300), blob]]),
    ],
    [
      'has a link to nowhere at all',
      (dir) => treeOf(dir, [['120000', 'a', forge(dir, 'blob', Buffer.alloc(0))]]),
    ],
  ])('%s', async (_, make) => {
    const origin = hostile(make);
    await expect(layOut(bench, origin)).rejects.toMatchObject({ code: 'git.refused' });
    const out = execFileSync('find', [bench.root, '-name', 'out', '-o', '-name', 'written'], {
      encoding: 'utf8',
    });
    expect(out).toBe('');
  });

  it('is another one than the lease names', async () => {
    const origin = bench.origin({ x: 'x' });
    const other = bench.origin({ y: 'y' });
    const receive = (base: { commit: string; tree: string }, from: Origin): Promise<void> =>
      receiveBase(
        bench.git,
        mkdtempSync(join(bench.root, 'bare-')),
        { ...base, ref: 'main' },
        packTree(bench.git, join(from.dir, '.git'), from.commit).stdout,
      );
    await expect(receive({ commit: origin.commit, tree: other.tree }, origin)).rejects.toMatchObject({
      code: 'git.refused',
    });
    await expect(receive(origin, other)).rejects.toMatchObject({ code: 'git.failed' });
    await expect(receive(origin, origin)).resolves.toBeUndefined();
  });

  it('did not arrive whole', async () => {
    const origin = bench.origin({ x: 'x'.repeat(10_000), y: 'y' });
    const pack = execFileSync('git', ['pack-objects', '--stdout', '-q', '--revs'], {
      cwd: origin.dir,
      input: `${origin.commit}\n`,
    });
    const cut = async function* () {
      yield pack.subarray(0, pack.length - 30);
    };
    const bare = mkdtempSync(join(bench.root, 'bare-'));
    await expect(receiveBase(bench.git, bare, { ...origin, ref: 'main' }, cut())).rejects.toMatchObject({
      fault: 'outage',
    });
  });
});

describe('a large base', () => {
  it('of 5,000 files is laid out whole, and its git status is clean', async () => {
    const dir = bench.origin({}).dir;
    const blob = gitIn(
      dir,
      ['hash-object', '-w', '--stdin', '-t', 'blob', '--path', 'x'].filter(
        (word) => word !== '--path' && word !== 'x',
      ),
    );
    const lines = Array.from({ length: 5_000 }, (_, i) => `100644 ${blob}\td${i % 200}/f${i}\n`).join('');
    execFileSync('git', ['update-index', '--index-info'], { cwd: dir, input: lines });
    const origin = bench.commit(dir);
    const { workspace, entries } = await layOut(bench, origin);
    expect(entries.size).toBe(5_000);
    expect(gitIn(workspace, ['status', '--porcelain'])).toBe('');
  });
});
