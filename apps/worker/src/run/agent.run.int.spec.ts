import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, gitIn, type Origin } from '../testing/bench.fixture.js';

const bench = new Bench();
let origin: Origin;

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({
    'README.md': 'teh first line\nsecond\n',
    'src/a.txt': 'a\n',
    'run.sh': { run: '#!/bin/sh\n' },
    link: { to: 'src/a.txt' },
  });
});
afterAll(() => bench.close());

describe('run of an agent', () => {
  it('turns a change in the workspace into a patch that makes exactly its tree', async () => {
    const done = await bench.agent(
      origin,
      `sed -i '1s/teh/the/' README.md; echo hello; echo oops >&2; git status --short; git log --oneline | wc -l`,
    );
    expect(done).toMatchObject({
      outcome: 'succeeded',
      result: {
        kind: 'patch',
        base: origin.commit,
        report: { exitCode: 0, refusedCount: 0, ignoredCount: 0 },
      },
    });
    if (done.outcome !== 'succeeded' || done.result.kind !== 'patch') throw new Error('no patch');
    expect(bench.treeOfPatch(origin, done.result.patch)).toBe(done.result.tree);
    gitIn(origin.dir, ['cat-file', '-e', origin.commit]);
    const { stdout, stderr } = done.lease.output;
    expect(stdout.bytes.toString()).toBe('hello\n M README.md\n1\n');
    expect(stderr.bytes.toString()).toBe('oops\n');
    expect([stdout.sealed, stderr.sealed, stdout.truncated]).toEqual([true, true, false]);
    expect(done.lease.started).toMatchObject({ kind: 'process_sandbox' });
  });

  it('answers noop where nothing changed, even where files were written anew', async () => {
    const done = await bench.agent(
      origin,
      'cp README.md x; cat x > README.md; rm x; touch src/a.txt; mkdir empty',
    );
    expect(done).toMatchObject({ outcome: 'noop', report: { exitCode: 0 } });
  });

  it('fetches a base again whose line broke, and gives the attempt back where it keeps breaking', async () => {
    bench.plane.cutPacks = 2;
    expect(await bench.agent(origin, 'true')).toMatchObject({ outcome: 'noop' });
    bench.plane.cutPacks = 3;
    expect(await bench.agent(origin, 'true')).toMatchObject({ outcome: 'errored' });
    expect(bench.plane.cutPacks).toBe(0);
  });

  it('refuses to lay out a base that is not the one the lease names', async () => {
    const done = await bench.agent(origin, 'true', {
      base: { commit: origin.commit, tree: '1'.repeat(40), ref: 'main' },
    });
    expect(done).toMatchObject({ outcome: 'failed', code: 'workspace.refused' });
    expect(done.lease.started).toBeUndefined();
  });
});
