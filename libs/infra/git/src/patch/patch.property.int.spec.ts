import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { join } from 'node:path';
import { applyPatch } from './patch.applier.js';
import { diffPatch } from './patch.writer.js';
import { openQuarantine, type Quarantine } from '../quarantine.js';
import { Scratch } from '../scratch.fixture.js';
import { emptyTree } from '../git.environment.js';
import { buildTree, type HarvestedPath } from '../tree/tree.builder.js';

interface Entry {
  readonly mode: string;
  readonly content: Buffer;
}
type Files = ReadonlyMap<string, Entry>;

// Few names, so that random trees meet: the same path as file and as directory, twins, and names git must quote.
const part = fc.constantFrom(
  'a',
  'b',
  'A',
  'b/x',
  'a b',
  '\xff\xfe',
  'q"t',
  'n\nl',
  't\tb',
  '-d',
  'x b',
  'e\xcc\x81',
);
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const lines = fc
  .array(
    fc.constantFrom(
      'one',
      'two',
      'two',
      '',
      '-- ',
      '--- a/x',
      '+++ b/x',
      '@@ -1 +1 @@',
      'diff --git a/x b/x',
      '\\ No newline',
      'cr\r',
    ),
    { maxLength: 14 },
  )
  .chain((all) => fc.boolean().map((ends) => Buffer.from(all.join('\n') + (ends ? '\n' : ''), 'latin1')));
const binary = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from([0]), bytes]));
const entry: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      mode: fc.constantFrom('100644', '100644', '100755'),
      content: fc.oneof({ weight: 3, arbitrary: lines }, { weight: 1, arbitrary: binary }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('a', '../x', '/etc')
      .map((to) => ({ mode: '120000', content: Buffer.from(to) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('1', '2')
      .map((digit) => ({ mode: '160000', content: Buffer.from(digit.repeat(40)) })),
  },
);
/** A set of files in which no path lies below another. */
const files: fc.Arbitrary<Files> = fc.array(fc.tuple(path, entry), { maxLength: 8 }).map((all) => {
  const kept = new Map<string, Entry>();
  for (const [name, value] of all) {
    if ([...kept.keys()].some((other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`)))
      continue;
    kept.set(name, value);
  }
  return kept;
});

describe('any two trees', () => {
  const scratch = new Scratch();
  let quarantine: Quarantine;
  beforeAll(async () => {
    quarantine = await openQuarantine(join(scratch.dir, 'q'), join(scratch.repository('source'), '.git'));
  });
  afterAll(() => scratch.close());

  const harvest = (to: Files, from: Files = new Map()): HarvestedPath[] => [
    ...[...from.keys()]
      .filter((name) => !to.has(name))
      .map((name) => ({ path: Buffer.from(name, 'latin1'), deleted: true as const })),
    ...[...to].map(([name, { mode, content }]) => ({
      path: Buffer.from(name, 'latin1'),
      mode,
      ...(mode === '160000' ? { oid: content.toString() } : { content }),
    })),
  ];
  const build = async (base: string, found: HarvestedPath[]) => {
    const answer = await buildTree(scratch.git, quarantine.gitDir, base, found);
    if (!answer.ok) throw new Error(answer.detail);
    return answer.tree;
  };

  it('are joined by their patch, which leads to the identical tree; and harvest agrees with building anew', async () => {
    await fc.assert(
      fc.asyncProperty(files, files, fc.array(fc.nat(7)), async (before, other, keep) => {
        // Half the time most of the base survives, as in real changes.
        const after = new Map(other);
        for (const i of keep) {
          const [name, value] = [...before][i] ?? [];
          if (
            name !== undefined &&
            value !== undefined &&
            ![...after.keys()].some((o) => o === name || o.startsWith(`${name}/`) || name.startsWith(`${o}/`))
          )
            after.set(name, value);
        }
        const base = await build(emptyTree, harvest(before));
        const wanted = await build(emptyTree, harvest(after));
        expect(await build(base, harvest(after, before))).toBe(wanted);
        const patch = await diffPatch(scratch.git, quarantine.gitDir, base, wanted);
        const answer = await applyPatch(scratch.git, quarantine, base, patch);
        if (base === wanted) expect(answer).toMatchObject({ ok: false, reason: 'patch.empty' });
        else expect(answer).toMatchObject({ ok: true, tree: wanted });
      }),
      { numRuns: Number(process.env.FC_RUNS ?? 40), interruptAfterTimeLimit: 40_000 },
    );
  });
});
