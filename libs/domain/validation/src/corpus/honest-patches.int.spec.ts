import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, Corpus, file, lines, noise, type Files } from './corpus.fixture.js';
import { honest } from './text.corpus.fixture.js';

const root = join(import.meta.dirname, '../../../../..');
/** How many commits of a real history; `CORPUS_COMMITS=400` for a long look. */
const wanted = Number(process.env.CORPUS_COMMITS ?? 4);
const corpus = new Corpus();

/** Real history: this project's own where it is a clone, and packages committed one over the other. */
const historyOf = (): string[] => {
  try {
    const log = execFileSync('git', ['log', '--no-merges', '--format=%H', `-${wanted}`, 'HEAD'], {
      cwd: root,
    });
    const commits = log.toString().trim().split('\n').reverse();
    corpus.plain('fetch', '-q', '--no-tags', root, `HEAD:refs/heads/real`);
    return commits;
  } catch {
    return [];
  }
};

const packages = ['semver', 'debug', 'ms', 'tslib', 'picomatch', 'ulid', 'dequal'].filter((name) =>
  existsSync(join(root, 'node_modules', name)),
);
const filesOf = (dir: string, at = ''): Files =>
  Object.fromEntries(
    readdirSync(join(dir, at)).flatMap((name) => {
      const path = join(at, name);
      const found = statSync(join(dir, path));
      if (found.isDirectory()) return name === 'node_modules' ? [] : Object.entries(filesOf(dir, path));
      return [[path, file(readFileSync(join(dir, path)))]];
    }),
  );

let commits: string[] = [];
beforeAll(async () => {
  await corpus.start();
  commits = historyOf();
  corpus.plain('update-ref', 'refs/heads/main', corpus.base);
});
afterAll(() => corpus.stop());

// Not --function-context: git then writes hunks that overlap by a line now and then, and those are refused.
const variants: [string, string[]][] = [
  ['diff', []],
  ['diff', ['--patience', '-U0']],
  ['diff', ['--histogram', '--inter-hunk-context=9']],
  ['diff', ['-U25', '--no-indent-heuristic']],
  ['blank', []],
  ['mail', []],
];

const patchOf = (kind: string, flags: string[], base: string, after: string): Buffer => {
  if (kind === 'blank')
    return corpus.plain(
      '-c',
      'diff.suppressBlankEmpty=true',
      '-c',
      'core.quotePath=false',
      'diff',
      '--binary',
      '--full-index',
      '--no-renames',
      base,
      after,
    );
  if (kind === 'diff') return corpus.diff(base, after, ...flags);
  const commit = corpus.text(
    'commit-tree',
    `${after}^{tree}`,
    '-p',
    base,
    '-m',
    'Make it so\n\nWith words.\n',
  );
  return corpus.plain('format-patch', '--stdout', '-1', '--binary', '--full-index', '--no-renames', commit);
};

/** Every way in which git writes the change leads to exactly its tree. */
const expectTree = async (base: string, after: string, ways = variants): Promise<void> => {
  corpus.base = base;
  for (const [kind, flags] of ways) {
    const patch = patchOf(kind, flags, base, after);
    const { results, tree } = await corpus.judge(patch);
    expect([kind, ...flags, ...blocksOf(results).filter((code) => code.startsWith('patch.'))]).toEqual([
      kind,
      ...flags,
    ]);
    expect(tree).toBe(corpus.text('rev-parse', `${after}^{tree}`));
  }
};

describe('honest patches lead to their tree', () => {
  it('of a real history, commit by commit', async () => {
    const own = commits.length > 0 ? corpus.text('rev-parse', 'refs/heads/real') : '';
    if (own !== '') {
      corpus.plain('update-ref', 'refs/heads/main', own);
      await corpus.fetch();
    }
    let seen = 0;
    for (const [i, commit] of commits.entries()) {
      const parents = corpus.text('log', '-1', '--format=%P', commit);
      if (parents === '') continue;
      await expectTree(parents, commit, [variants[i % variants.length]!]);
      // And back again: what was added is deleted.
      await expectTree(commit, parents, [variants[(i + 3) % variants.length]!]);
      seen += 2;
    }
    expect(seen).toBeGreaterThanOrEqual(2 * commits.length - 2);
    if (process.env.CORPUS_COMMITS !== undefined) process.stderr.write(`${seen} patches\n`);
  }, 600_000);

  it('of packages committed one over the other', async () => {
    let base = '';
    for (const [i, name] of packages.entries()) {
      const after = corpus.tree(filesOf(join(root, 'node_modules', name)));
      if (base !== '') {
        const commit = corpus.text('commit-tree', base, '-m', 'm');
        corpus.plain('update-ref', 'refs/heads/main', commit);
        await corpus.fetch();
        await expectTree(commit, after, [variants[i % variants.length]!, variants[5]!]);
      }
      base = after;
    }
    expect(packages.length).toBeGreaterThan(5);
  });

  it('of content that looks like a patch, has no end, or blank lines only', async () => {
    const before: Files = {
      a: file(`\n\n${lines(20)}\n\n\n`),
      b: file(honest),
      c: file('no end'),
      d: file(noise(1, 5000)),
      'e f': file('-- \n'),
    };
    const after: Files = {
      a: file(`\n${lines(20, 9)}\n\n\n\n`),
      b: file(honest.replace('line 2', '-- ')),
      c: file('no end, still'),
      d: file(Buffer.concat([noise(1, 4000), noise(2, 3000)])),
      'e f': ['100755', '--- a/x\n+++ b/x\n'],
      'g\xc3\xbc': file('\\ No newline at end of file\n'),
    };
    const commit = corpus.text('commit-tree', corpus.tree(before), '-m', 'm');
    corpus.plain('update-ref', 'refs/heads/main', commit);
    await corpus.fetch();
    await expectTree(commit, corpus.tree(after));
  });

  it('and are applied anew where they are written otherwise than git writes them here', async () => {
    await corpus.commit(corpus.tree({ 'README.md': file(lines(20)) }));
    const after = corpus.tree({ 'README.md': file(lines(20, 9)) });
    const ran = jest.spyOn(corpus.git, 'run');
    for (const [flags, times] of [[[], 1] as const, [['-U1'], 2] as const]) {
      ran.mockClear();
      expect((await corpus.judge(corpus.diff(corpus.base, after, ...flags))).tree).toBe(after);
      expect(ran.mock.calls.filter(([args]) => args[0] === 'apply')).toHaveLength(times);
    }
    ran.mockRestore();
  });
});
