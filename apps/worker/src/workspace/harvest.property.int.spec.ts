import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Bench, gitIn, type Origin } from '../testing/bench.fixture.js';
import { harvestOf, layOut, treeByGit } from '../testing/workspace.fixture.js';

const bench = new Bench();
beforeAll(() => bench.open());
afterAll(() => bench.close());

/** Few names, so that files, folders and links meet on the same paths again and again. */
const name = fc.constantFrom('a', 'b', 'c.txt', '.x', 'grün', 'sp ace', '\xff\xfe', 'q"\\\n', '-', 'Z');
const path = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map((parts) => Buffer.from(parts.join('/'), 'latin1'));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.constantFrom('line', '\r', '\n', '\r\n', '\t', '\f', ' ', '\0', '$Id$'), { maxLength: 12 })
    .map((words) => Buffer.from(words.join(''))),
  fc.constant(Buffer.alloc(70_000, 'x')),
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), path, bytes }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      path,
      bytes: name.map((text) => Buffer.from(text, 'latin1')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mode' as const),
      path,
      mode: fc.constantFrom(0o644, 0o755, 0o700, 0o600, 0o711),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), path, bytes: path }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const kind = (at: Buffer): 'none' | 'folder' | 'other' => {
  try {
    return lstatSync(at).isDirectory() ? 'folder' : 'other';
  } catch {
    return 'none';
  }
};

/** Does what a step says, making room for it as a person would. */
const apply = (root: string, todo: Step): void => {
  const at = Buffer.concat([Buffer.from(`${root}/`), todo.path]);
  const parents = (target: Buffer): void => {
    const below = target
      .toString('latin1')
      .slice(root.length + 1)
      .split('/');
    for (let i = 1; i < below.length; i++) {
      const folder = Buffer.from(`${root}/${below.slice(0, i).join('/')}`, 'latin1');
      if (kind(folder) === 'other') rmSync(folder);
      if (kind(folder) === 'none') mkdirSync(folder);
    }
  };
  if (todo.do === 'mode') {
    if (kind(at) === 'other' && !lstatSync(at).isSymbolicLink()) chmodSync(at, todo.mode);
    return;
  }
  if (todo.do === 'move') {
    const to = Buffer.concat([Buffer.from(`${root}/`), todo.bytes]);
    const inside = Buffer.concat([to, Buffer.from('/')]).indexOf(Buffer.concat([at, Buffer.from('/')])) === 0;
    if (kind(at) === 'none' || inside) return;
    const held = Buffer.from(`${root}/held-${process.pid}`);
    renameSync(at, held);
    parents(to);
    if (kind(to) !== 'none') rmSync(to, { recursive: true });
    renameSync(held, to);
    return;
  }
  if (todo.do !== 'remove') parents(at);
  if (kind(at) !== 'none') rmSync(at, { recursive: true });
  if (todo.do === 'write') writeFileSync(at, todo.bytes);
  if (todo.do === 'link') symlinkSync(todo.bytes, at);
};

it('any edits of any tree lead to the tree that plain git makes of them, and its patch leads there too', async () => {
  const one = fc.tuple(fc.array(step, { maxLength: 25 }), fc.array(step, { maxLength: 25 }));
  await fc.assert(
    fc.asyncProperty(one, async ([before, after]) => {
      const start: Origin = bench.origin({});
      for (const todo of before) apply(start.dir, todo);
      if (readdirSync(start.dir).length > 1) gitIn(start.dir, ['add', '-A', '-f']);
      const origin = bench.commit(start.dir);
      const laid = await layOut(bench, origin);
      for (const todo of after) apply(laid.workspace, todo);
      const expected = treeByGit(laid);
      const answer = await harvestOf(bench, laid);
      expect(answer).toMatchObject({ ok: true, tree: expected, notes: { refusedCount: 0 } });
      if (!answer.ok || answer.patch === null) return expect(expected).toBe(origin.tree);
      expect(bench.treeOfPatch(origin, bench.plane.store(answer.patch))).toBe(expected);
    }),
    { numRuns: 15, endOnFailure: true },
  );
});
