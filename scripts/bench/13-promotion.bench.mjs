// Row 13: from a patch of one file to a commit, and to a branch of a repository on this disk, by the product's own
// functions. Beside it the usual ways: an index of the whole tree, and a checkout. All of it in memory.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyPatch,
  commitTree,
  GitRunner,
  locateSource,
  Mirror,
  openQuarantine,
  parseSource,
  publishBranch,
  Spawner,
} from '../../libs/infra/git/dist/index.js';
import { atMost, judge } from './figures.mjs';
import { memoryFolder } from './memory.disk.mjs';

const sizes = { large: 100_000, small: 100 };
const folderOf = (i) => `packages/p${Math.floor(i / 1_000)}/src/m${Math.floor(i / 100) % 10}`;
const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };
const date = new Date('2026-11-21T00:00:00Z');
const env = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, identity.name],
      [`GIT_${who}_EMAIL`, identity.email],
      [`GIT_${who}_DATE`, '1790000000 +0000'],
    ]),
  ),
};
const plain = (args, { input, ...more } = {}) =>
  execFileSync('git', args, {
    env: { ...env, ...more },
    input,
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  });

/** A bare repository of so many files, of 40 lines each, and a patch that changes one line of one. */
const makeRepository = (root, files) => {
  const gitDir = join(root, `source-${files}.git`);
  plain(['init', '-q', '--bare', '-b', 'main', gitDir]);
  const lines = [`commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 5\nfirst\n`];
  const content = (i, changed = '') =>
    Array.from(
      { length: 40 },
      (_, line) => `export const v${line} = ${i * line};${line === 20 ? changed : ''}\n`,
    ).join('');
  for (let i = 0; i < files; i += 1) {
    const text = content(i);
    lines.push(`M 100644 inline ${folderOf(i)}/f${i % 100}.ts\ndata ${text.length}\n${text}\n`);
  }
  plain([`--git-dir=${gitDir}`, 'fast-import', '--quiet'], { input: lines.join('') });
  const base = plain([`--git-dir=${gitDir}`, 'rev-parse', 'main'])
    .toString()
    .trim();
  const path = `${folderOf(42)}/f42.ts`;
  const patchOf = (round) => {
    const index = { GIT_INDEX_FILE: join(root, 'patch.index') };
    const git = (args, input) =>
      plain([`--git-dir=${gitDir}`, ...args], { ...index, ...(input && { input }) });
    const blob = git(['hash-object', '-w', '--stdin'], content(42, ` // ${round}`))
      .toString()
      .trim();
    git(['read-tree', 'main']);
    git(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
    const tree = git(['write-tree']).toString().trim();
    const patch = git(['diff-tree', '-p', '--binary', '--full-index', base, tree]);
    return { tree, blob, patch };
  };
  return { gitDir, base, path, patchOf };
};

const timed = async (work) => {
  const began = performance.now();
  const result = await work();
  return { ms: performance.now() - began, result };
};

/** What the promoter does between the patch and the branch; its rows of the database and the lane are not in it. */
const ours = ({ git, root, mirror, located, base }) => {
  const commitOf = async (quarantine, patch) => {
    const applied = await applyPatch(git, quarantine, base, patch);
    if (!applied.ok) throw new Error(applied.detail);
    const request = {
      tree: applied.tree,
      parents: [base],
      message: 'Bench',
      author: identity,
      committer: identity,
      date,
    };
    return { tree: applied.tree, commit: await commitTree(quarantine.gitDir, request) };
  };
  return {
    commit: async (patch) => {
      const quarantine = await openQuarantine(join(root, 'quarantine'), mirror.gitDir);
      try {
        return await commitOf(quarantine, patch);
      } finally {
        await quarantine.remove();
      }
    },
    publish: async (patch, name) => {
      const quarantine = await openQuarantine(join(root, 'quarantine'), mirror.gitDir);
      try {
        const { commit, tree } = await commitOf(quarantine, patch);
        const ref = `refs/heads/gatehouse/${name}`;
        const answer = await publishBranch(git, located, quarantine.gitDir, { commit, ref, expected: null });
        if (!answer.ok || answer.tree !== tree) throw new Error(answer.message);
        return { commit, tree };
      } finally {
        await quarantine.remove();
      }
    },
  };
};

/** An index of the whole tree, through plain git and no more processes than it takes. */
const plumbing = ({ gitDir, base, path, root }, { blob }, name) => {
  const index = { GIT_INDEX_FILE: join(root, `plumbing-${name}.index`) };
  const git = (args, more) => plain([`--git-dir=${gitDir}`, ...args], { ...index, ...more });
  git(['read-tree', base]);
  git(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
  const tree = git(['write-tree']).toString().trim();
  const commit = git(['commit-tree', tree, '-p', base, '-m', 'Bench']).toString().trim();
  rmSync(index.GIT_INDEX_FILE);
  git(['update-ref', `refs/heads/${name}`, commit, '0'.repeat(40)]);
  return { tree };
};

const checkout = ({ gitDir, base, root }, { patch }, name) => {
  const work = join(root, `checkout-${name}`);
  plain([`--git-dir=${gitDir}`, 'worktree', 'add', '-q', '-b', name, work, base]);
  plain(['-C', work, 'apply', '--index', '-'], { input: patch });
  plain(['-C', work, 'commit', '-q', '-m', 'Bench']);
  const tree = plain(['-C', work, 'rev-parse', 'HEAD^{tree}']).toString().trim();
  return { tree, remove: () => plain([`--git-dir=${gitDir}`, 'worktree', 'remove', '--force', work]) };
};

/** Counts what the spawner is asked to start. */
const countStarts = (spawner) => {
  const counter = { started: 0 };
  for (const verb of ['run', 'stream']) {
    const start = spawner[verb];
    spawner[verb] = (command) => {
      counter.started += 1;
      return start.call(spawner, command);
    };
  }
  return counter;
};

export const measure = async ({ rounds, say, atEnd }) => {
  const { folder: root, remove } = memoryFolder('git');
  atEnd(remove);
  const spawner = new Spawner();
  atEnd(() => spawner.close());
  const counter = countStarts(spawner);
  const git = new GitRunner(spawner);
  mkdirSync(join(root, 'quarantine'));

  const places = {};
  for (const [size, files] of Object.entries(sizes)) {
    say(`making a repository of ${files.toLocaleString('en-US')} files, and a mirror of it`);
    const source = { ...makeRepository(root, files), root };
    const parsed = parseSource(source.gitDir, { roots: [root], allowLoopbackHttp: false });
    if (!parsed.ok) throw new Error(parsed.reason);
    const found = await locateSource(parsed.source, { roots: [root], allowLoopbackHttp: false });
    if (!found.ok) throw new Error(found.reason);
    const mirror = new Mirror(git, join(root, `mirror-${files}.git`));
    await mirror.ensure();
    const fetched = await mirror.fetch(found.located);
    if (!fetched.ok) throw new Error(fetched.message);
    places[size] = { ...source, ...ours({ git, root, mirror, located: found.located, base: source.base }) };
  }

  const counters = [];
  const seen = { commit: [], publish: [], smallCommit: [], smallPublish: [], plumbing: [], checkout: [] };
  const expect = (wanted, { tree }) => {
    if (tree !== wanted)
      throw new Error(`a way led to tree ${tree}, not to ${wanted}: the rows would not compare`);
  };
  const { large, small } = places;
  for (let round = -1; round < rounds; round += 1) {
    if (round >= 0) say(`round ${round + 1} of ${rounds}`);
    const [change, smallChange] = [large.patchOf(round), small.patchOf(round)];
    const take = async (list, wanted, work) => {
      const { ms, result } = await timed(work);
      expect(wanted.tree, result);
      if (round >= 0) list.push(ms);
      return result;
    };
    // Several of each of the short ones in a round, and the one in the middle of them counts.
    const middle = async (list, wanted, work) => {
      const few = [];
      for (let i = 0; i < 7; i += 1) await take(few, wanted, () => work(i));
      if (round >= 0) list.push(few.sort((a, b) => a - b)[3]);
    };
    await middle(seen.smallCommit, smallChange, () => small.commit(smallChange.patch));
    await middle(seen.commit, change, () => large.commit(change.patch));
    await middle(seen.smallPublish, smallChange, (i) =>
      small.publish(smallChange.patch, `ours-${round}-${i}`),
    );
    await middle(seen.publish, change, (i) => large.publish(change.patch, `ours-${round}-${i}`));
    await take(seen.plumbing, change, () => plumbing(large, change, `plumbing-${round}`));
    const { remove: removeWork } = await take(seen.checkout, change, () =>
      checkout(large, change, `checkout-${round}`),
    );
    removeWork();
    if (round < 0)
      for (const [path, work] of [
        ['patch to commit', () => large.commit(change.patch)],
        ['patch to published branch', () => large.publish(change.patch, 'counted')],
      ]) {
        counter.started = 0;
        await work();
        counters.push({ path, name: 'processes started by the spawner', ours: counter.started });
      }
  }
  const line = (path, of, floor, floorName, target) =>
    judge({ path, unit: 'ms', ours: seen[of], floor: seen[floor], floorName, ...(target && { target }) });
  return {
    counters,
    paths: [
      line('patch to commit, 100,000 files', 'commit', 'smallCommit', 'ms with 100 files', atMost(1.5)),
      line('patch to commit, 100,000 files', 'commit', 'plumbing', 'ms by a whole index', atMost(0.15)),
      line('patch to commit, 100,000 files', 'commit', 'checkout', 'ms by a checkout', atMost(0.01)),
      line('… and published to a branch', 'publish', 'smallPublish', 'ms with 100 files', atMost(1.5)),
      line('… and published to a branch', 'publish', 'plumbing', 'ms by a whole index'),
      line('… and published to a branch', 'publish', 'checkout', 'ms by a checkout'),
    ],
  };
};
