import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultRules } from '@gatehouse/policy';
import { readdirSync } from 'node:fs';
import { add } from './attack.fixture.js';
import { blocksOf, Corpus, file, lines, noise, openRules } from './corpus.fixture.js';
import { readAtMost } from '../candidate/candidate.judge.js';
import { parsePatch } from '../patch/patch.parser.js';

const corpus = new Corpus();
beforeAll(() => corpus.start());
afterAll(async () => {
  const left = readdirSync(corpus.quarantineRoot);
  await corpus.stop();
  expect(left).toEqual([]);
});

/** Bytes that the heap grows by at most while `work` runs, sampled where it lets us. */
const growthOf = async (work: () => Promise<unknown>): Promise<number> => {
  const rss = process.memoryUsage().rss;
  let top = rss;
  const timer = setInterval(() => (top = Math.max(top, process.memoryUsage().rss)), 5);
  await work();
  clearInterval(timer);
  return Math.max(top, process.memoryUsage().rss) - rss;
};
const MiB = 1 << 20;

describe('a patch that ends in the middle', () => {
  let patch: Buffer;
  let after: string;
  beforeAll(() => {
    after = corpus.changed({
      'README.md': file(lines(10, 2)),
      bin: file(noise(3, 900)),
      link: ['120000', 'run'],
      run: null,
      'new file': file('1\n2'),
      sub: ['160000', 'd'.repeat(40)],
    });
    patch = corpus.diff(corpus.base, after);
  });

  it('is refused wherever it was cut, but between two files', () => {
    const starts = [...patch.toString('latin1').matchAll(/^diff --git /gm)].map(({ index }) => index);
    expect(starts.length).toBe(6);
    for (let at = 1; at < patch.length; at += 1) {
      const parsed = parsePatch(patch.subarray(0, at));
      // Without its last mark the new file would have one byte more, which its id does not allow.
      const markCut = patch.subarray(at).toString('latin1').startsWith('\\ No newline');
      if (!markCut) expect([at, parsed.ok]).toEqual([at, starts.includes(at)]);
    }
  });

  it('and between two files by the tree that was declared beside it', async () => {
    const ends = [...patch.toString('latin1').matchAll(/\n/g)].map(({ index }) => index + 1);
    let judged = 0;
    for (const end of ends.slice(0, -1)) {
      const cut = patch.subarray(0, end);
      if (!parsePatch(cut).ok) continue;
      const { results, passedSoFar } = await corpus.judge(cut, openRules, after);
      expect(passedSoFar).toBe(false);
      expect(['patch.tree_mismatch', 'patch.blob_mismatch']).toContain(blocksOf(results)[0]);
      judged += 1;
    }
    expect(judged).toBeGreaterThanOrEqual(5);
    expect((await corpus.judge(patch, openRules, after)).passedSoFar).toBe(true);
  });
});

describe('a patch that is too much', () => {
  it.each<[string, () => Buffer, string[]]>([
    [
      '100,000 files',
      () => Buffer.from(Array.from({ length: 100_000 }, (_, i) => add(`m/d${i % 100}/f${i}`)).join('')),
      ['size.patch_bytes', 'patch.too_large'],
    ],
    ['a line of a mebibyte', () => Buffer.from(add('long', `${'y'.repeat(MiB)}\n`)), ['size.line_bytes']],
    [
      '101 files',
      () => Buffer.from(Array.from({ length: 101 }, (_, i) => add(`f${i}`)).join('')),
      ['size.files'],
    ],
    [
      'one byte above the limit',
      () => Buffer.alloc(4 * MiB + 1, 'x'),
      ['size.patch_bytes', 'patch.too_large'],
    ],
    ['300 MiB', () => Buffer.alloc(300 * MiB), ['size.patch_bytes', 'patch.too_large']],
    [
      'a mode change for each of 70,000 files',
      () =>
        Buffer.from(
          Array.from(
            { length: 70_000 },
            (_, i) => `diff --git a/${i} b/${i}\nold mode 100644\nnew mode 100755\n`,
          ).join(''),
        ),
      ['patch.too_large'],
    ],
  ])('%s is refused by the usual policy', async (_, make, codes) => {
    const patch = make();
    let blocks: string[] = [];
    // What git and the parser may need for a patch that policy takes at all; the upload itself is held already.
    const growth = await growthOf(async () => (blocks = blocksOf((await corpus.judge(patch, {})).results)));
    expect(blocks).toEqual(expect.arrayContaining(codes));
    expect(growth).toBeLessThan(150 * MiB);
  });

  it('is read no further than to the first file above twice the limit, since types change in pairs', () => {
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const base = corpus.changed(Object.fromEntries(names.map((name) => [name, file('x\n')])));
    const after = corpus.changed(Object.fromEntries(names.map((name) => [name, ['120000', 'x']])));
    const pairs = corpus.diff(base, after);
    const read = readAtMost({ ...defaultRules.limits, files: 20 });
    expect(parsePatch(pairs, read)).toMatchObject({ ok: true, files: { length: 40 } });
    const more = Buffer.concat([pairs, Buffer.from('diff --git a/more b/more\nnonsense\n')]);
    expect(parsePatch(more, read)).toMatchObject({ code: 'patch.too_large' });
    expect(parsePatch(more)).toMatchObject({ code: 'patch.index' });
  });

  it('is taken where policy takes it: 3000 files and a line of a mebibyte', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => add(`m/d${i % 50}/f${i}`)).join('');
    const patch = Buffer.from(add('long', `${'y'.repeat(MiB)}\n`) + many);
    const judgement = await corpus.judge(patch);
    expect(blocksOf(judgement.results)).toEqual([]);
    expect(judgement).toMatchObject({ files: 3001, tree: corpus.applied(patch) });
  });
});
