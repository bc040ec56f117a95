import 'reflect-metadata';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { PromotionRunner, type PromotionEntity } from '@gatehouse/promotion';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

/** Root inside a container may still not mount. */
const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

describe('a target that others write to as well', () => {
  let plane: PromotionFixture;
  let runner: PromotionRunner;
  const mounts: string[] = [];

  beforeAll(async () => {
    plane = await PromotionFixture.start();
    runner = plane.app.get(PromotionRunner);
  });
  afterEach(async () => {
    if (plane === undefined) return;
    runner.onPoint = undefined;
    await plane.query('DELETE FROM tasks');
    plane.git('update-ref', 'refs/heads/main', plane.base);
    expect(readdirSync(join(plane.dir, 'data', 'quarantine'))).toEqual([]);
  });
  afterAll(async () => {
    for (const mount of mounts) execFileSync('umount', ['-l', mount]);
    await plane?.stop();
  });

  const branchOf = ({ sessionId }: PromotionEntity): string =>
    `gatehouse/${sessionId.toLowerCase()}-fix-typo`;
  const stateOf = async ({ id }: PromotionEntity) => {
    const { state, reason } = await plane.promotions.find(id);
    return [state, reason?.code ?? null];
  };
  const before = (point: string, work: () => void): void => {
    runner.onPoint = (at) => (at === point ? work() : undefined);
  };
  /** A repository at another path, with all that the first one has. */
  const elsewhere = async (row: PromotionEntity, source: string): Promise<void> => {
    await plane.query('UPDATE repositories SET source = $2 WHERE id = $1', [row.repositoryId, source]);
  };
  const git = (dir: string, ...args: string[]): string =>
    execFileSync('git', ['-C', dir, ...args])
      .toString()
      .trim();

  it.each<[string, () => void, () => string]>([
    ['moved', () => plane.git('commit', '--allow-empty', '-qm', 'on'), () => plane.git('rev-parse', 'main')],
    [
      'rewritten',
      () =>
        plane.git(
          'update-ref',
          'refs/heads/main',
          plane.git('commit-tree', `${plane.base}^{tree}`, '-m', 'x'),
        ),
      () => plane.git('rev-parse', 'main'),
    ],
    [
      'deleted',
      () => plane.git('update-ref', '-d', 'refs/heads/main'),
      () => plane.git('branch', '--list', 'main'),
    ],
  ])(
    '%s between check and push: the branch stands on its base, and the target as its owner left it',
    async (_, change, look) => {
      const row = await plane.requested();
      let left = '';
      before('checked', () => {
        change();
        left = look();
      });
      await plane.run(row.id);
      expect(await stateOf(row)).toEqual(['succeeded', null]);
      expect(plane.git('rev-parse', `${branchOf(row)}^`)).toBe(plane.base);
      expect(look()).toBe(left);
    },
  );

  it('that is rewritten before the check gets nothing, as nothing can be brought onto it', async () => {
    const row = await plane.requested();
    const other = plane.git('commit-tree', `${plane.base}^{tree}`, '-m', 'another beginning');
    before('proven', () => plane.git('update-ref', 'refs/heads/main', other));
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['failed', 'promotion.base_rewritten']);
    expect(plane.git('branch', '--list', branchOf(row))).toBe('');
    expect(plane.git('rev-parse', 'main')).toBe(other);
  });

  it('whose owner takes our name meanwhile keeps what he wrote', async () => {
    const row = await plane.requested();
    before('checked', () => plane.git('branch', branchOf(row), 'main'));
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['failed', 'promotion.branch_moved']);
    expect(plane.git('rev-parse', branchOf(row))).toBe(plane.base);
  });

  it('with a stale lock is tried again, and written when the lock is gone', async () => {
    const row = await plane.requested();
    const lock = join(plane.source, '.git/refs/heads', `${branchOf(row)}.lock`);
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, '');
    await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'git.failed' });
    expect(await stateOf(row)).toEqual(['errored', 'source.unwritable']);
    rmSync(lock);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
  });

  it.each<[string, string[]]>([
    ['bare', ['--bare']],
    ['that borrows its objects', ['--bare', '--shared']],
  ])('%s is written to like any other', async (name, flags) => {
    const row = await plane.requested();
    const path = join(plane.dir, `${name.replaceAll(' ', '-')}.git`);
    execFileSync('git', ['clone', '-q', ...flags, plane.source, path]);
    await elsewhere(row, path);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
    expect(git(path, 'rev-parse', `${branchOf(row)}^`)).toBe(plane.base);
  });

  it('whose history is cut off is refused in plain words', async () => {
    const row = await plane.requested();
    const path = join(plane.dir, 'shallow.git');
    execFileSync('git', ['clone', '-q', '--bare', '--depth=1', `file://${plane.source}`, path]);
    await elsewhere(row, path);
    await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'git.failed' });
    expect((await plane.promotions.find(row.id)).reason?.message).toContain('git fetch --unshallow');
  });

  it('of SHA-256 is refused in plain words', async () => {
    const row = await plane.requested();
    const path = join(plane.dir, 'sha256');
    execFileSync('git', ['init', '-q', '-b', 'main', '--object-format=sha256', path]);
    writeFileSync(join(path, 'x'), 'x');
    git(path, 'add', '.');
    git(path, '-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'm');
    await elsewhere(row, path);
    await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'git.failed' });
    const { state, reason } = await plane.promotions.find(row.id);
    expect([state, reason?.message]).toEqual([
      'errored',
      expect.stringMatching(/sha256|SHA-256|object format/i),
    ]);
  });

  (canMount ? it : it.skip).each<[string, (path: string) => void, (path: string) => void]>([
    [
      'read-only',
      (path) => execFileSync('mount', ['-o', 'remount,ro', path]),
      (path) => execFileSync('mount', ['-o', 'remount,rw', path]),
    ],
    [
      'on a full disk',
      (path) => void spawnSync('dd', ['if=/dev/zero', `of=${path}/fill`, 'bs=4k'], { stdio: 'ignore' }),
      (path) => rmSync(join(path, 'fill')),
    ],
  ])('%s is tried again, and written when that is mended', async (name, spoil, mend) => {
    const row = await plane.requested();
    const mount = join(plane.dir, `small-${name.replaceAll(' ', '-')}`);
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount]);
    mounts.push(mount);
    const path = join(mount, 'r.git');
    execFileSync('git', ['clone', '-q', '--bare', plane.source, path]);
    await elsewhere(row, path);
    spoil(mount);
    await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'git.failed' });
    expect(await stateOf(row)).toEqual(['errored', 'source.unwritable']);
    mend(mount);
    await plane.run(row.id);
    expect(await stateOf(row)).toEqual(['succeeded', null]);
    expect(git(path, 'rev-parse', `${branchOf(row)}^`)).toBe(plane.base);
  });

  it('has one promotion under way in a lane, however many promoters there are', async () => {
    const repository = await plane.repository();
    const rows: PromotionEntity[] = [];
    for (let i = 0; i < 4; i += 1) rows.push(await plane.requested({}, repository));
    let [now, most] = [0, 0];
    runner.onPoint = async (at) => {
      if (at === 'claimed') most = Math.max(most, (now += 1));
      // Long enough for all the others to ask for the lane.
      if (at === 'committed') await plane.query('SELECT pg_sleep(0.05)');
      if (at === 'published') now -= 1;
    };
    for (let round = 0; round < rows.length; round += 1)
      await Promise.all(rows.map(({ id }) => plane.run(id)));
    expect(await Promise.all(rows.map(stateOf))).toEqual(rows.map(() => ['succeeded', null]));
    expect(most).toBe(1);
  });

  /** A run that published and froze thaws while the one that took over is still at work. */
  const staleConcludes = async (): Promise<boolean> => {
    const row = await plane.requested();
    const gates: Record<string, () => void> = {};
    const held = (name: string) => new Promise<void>((go) => (gates[name] = go));
    let runs = 0;
    const reached: (() => void)[] = [];
    const arrival = [
      new Promise<void>((go) => reached.push(go)),
      new Promise<void>((go) => reached.push(go)),
    ];
    let mine = 0;
    runner.onPoint = async (at) => {
      if (at === 'claimed') mine = runs++;
      if (at === 'published' && mine === 0) {
        reached[0]!();
        await held('first');
      } else if (at === 'applied' && mine === 1) {
        reached[1]!();
        await held('second');
      }
    };
    const first = plane.run(row.id);
    await arrival[0];
    const second = plane.run(row.id);
    await arrival[1];
    gates['first']!();
    await first;
    const [state] = await stateOf(row);
    gates['second']!();
    await second.catch((error: unknown) => {
      if (!(error instanceof GatehouseError)) throw error;
    });
    expect((await stateOf(row))[0]).toBe('succeeded');
    return state !== 'running';
  };

  it('is settled only by who holds the newest generation of its lane, which shows when the fence is taken away', async () => {
    expect(await staleConcludes()).toBe(false);
    const { rows } = runner as unknown as { rows: { raiseLane?: () => Promise<number> } };
    rows.raiseLane = () => Promise.resolve(1);
    try {
      expect(await staleConcludes()).toBe(true);
    } finally {
      delete rows.raiseLane;
    }
  });
});
