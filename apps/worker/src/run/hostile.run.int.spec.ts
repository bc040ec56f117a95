import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Bench, gitIn, limits, type Origin } from '../testing/bench.fixture.js';
import { isAlive } from '../testing/until.js';

const bench = new Bench();
let origin: Origin;
let changed: string;

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({
    'README.md': 'one\n',
    'a.txt': 'a\n',
    '.gitattributes': '*.txt filter=evil diff=evil merge=evil\n',
  });
  const { dir } = bench.origin({
    'README.md': 'two\n',
    'a.txt': 'b\r\n',
    '.gitattributes': '*.txt filter=evil diff=evil merge=evil\n',
  });
  changed = gitIn(dir, ['rev-parse', 'HEAD^{tree}']);
});
afterAll(() => bench.close());

/** The one honest change, under every poison. */
const work = `printf 'two\\n' > README.md; printf 'b\\r\\n' > a.txt`;
const canary = `/tmp/gatehouse-canary-${process.pid}`;

describe('an agent that poisons its .git', () => {
  afterAll(() => rmSync(canary, { force: true }));
  const evil = `printf '#!/bin/sh\\ntouch ${canary}\\necho poisoned\\n' > /workspace/.git/evil; chmod 755 /workspace/.git/evil`;
  it.each([
    [
      'hooks',
      `mkdir -p .git/hooks; ${evil}; for h in pre-commit post-checkout post-index-change fsmonitor-watchman reference-transaction; do cp .git/evil .git/hooks/$h; done; git config core.hooksPath .git/hooks`,
    ],
    [
      'fsmonitor, filters, diff drivers and line endings in its config',
      `${evil}; for k in core.fsmonitor filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv diff.external core.sshCommand core.pager alias.diff-tree; do git config "$k" /workspace/.git/evil; done; git config core.autocrlf true; git config core.fileMode false; git config core.symlinks false; git config core.worktree /etc; git config core.ignoreCase true`,
    ],
    [
      'info/attributes, info/exclude and info/grafts',
      `echo '* -diff text eol=lf ident' > .git/info/attributes; echo '*' > .git/info/exclude; echo nonsense > .git/info/grafts`,
    ],
    [
      'index flags',
      `git update-index --assume-unchanged README.md; git update-index --skip-worktree a.txt; git rm -q --cached .gitattributes`,
    ],
    [
      'alternates and damaged objects',
      `echo /etc > .git/objects/info/alternates; rm -rf .git/objects/pack; mkdir .git/objects/pack; echo x > .git/objects/pack/pack-1.idx`,
    ],
    [
      'replace refs and a moved HEAD',
      `git commit -qam mine --allow-empty; git replace -f HEAD ${'HEAD~0'} 2>/dev/null || true; git update-ref refs/replace/$(git rev-parse HEAD) $(git rev-parse HEAD); echo 'ref: refs/heads/elsewhere' > .git/HEAD`,
    ],
    ['a symlink for .git', `rm -rf .git; ln -s /etc .git`],
    ['a file for .git', `rm -rf .git; echo 'gitdir: /etc' > .git`],
    ['no .git at all', `rm -rf .git`],
  ])('%s', async (_, poison) => {
    // The poison last: the work below it must count all the same, and before, so that it can do its worst.
    const done = await bench.agent(origin, `( ${poison} ) >/dev/null 2>&1 || true; ${work}`);
    expect(done).toMatchObject({
      outcome: 'succeeded',
      result: { tree: changed, report: { refusedCount: 0 } },
    });
    if (done.outcome !== 'succeeded' || done.result.kind !== 'patch') return;
    expect(bench.treeOfPatch(origin, done.result.patch)).toBe(changed);
    expect(existsSync(canary)).toBe(false);
  });
});

describe('an agent that does not end', () => {
  /** Commands that no other has. */
  const [daemon, stubborn] = [`sleep 7.0123${process.pid}`, `sleep 9.0124${process.pid}`];

  it('leaves no daemon behind, and what that writes later is not seen', async () => {
    const done = await bench.agent(
      origin,
      `${work}; setsid sh -c '${daemon}; echo late > late' >/dev/null 2>&1 & sleep 0.2`,
    );
    expect(done).toMatchObject({ outcome: 'succeeded', result: { tree: changed } });
    if (done.outcome !== 'succeeded' || done.result.kind !== 'patch') return;
    expect(done.result.report?.killedProcesses).toBeGreaterThan(0);
    expect(isAlive(daemon)).toBe(false);
  });

  it('is killed at the end of its time, whatever signals it ignores', async () => {
    const done = await bench.agent(
      origin,
      `trap '' TERM INT HUP; echo began; while :; do ${stubborn}; done`,
      { limits: { ...limits, executionMs: 5_000 } },
    );
    expect(done).toMatchObject({ outcome: 'failed', code: 'agent.timeout', report: { outcome: 'timeout' } });
    expect(done.lease.output.stdout.bytes.toString()).toBe('began\n');
    expect(isAlive(stubborn)).toBe(false);
  });

  it('is killed when it takes more memory than it may', async () => {
    const eat = `exec node -e 'const a=[];for(;;)a.push(Buffer.alloc(1<<23,1))'`;
    const done = await bench.agent(origin, eat, { limits: { ...limits, memoryBytes: 96 * 1024 * 1024 } });
    expect(done.outcome).toBe('failed');
    // Without control groups the same end can show as its own failed allocation.
    expect('code' in done && ['agent.memory', 'agent.exit_nonzero']).toContain(
      'code' in done ? done.code : '',
    );
  });
});

describe('an agent that takes rights away', () => {
  it('from the workspace itself changes nothing', async () => {
    const done = await bench.agent(origin, `${work}; chmod 000 .`);
    expect(done).toMatchObject({ outcome: 'succeeded', result: { tree: changed } });
  });
});

describe('what an agent prints', () => {
  it('is capped, said to be, and no reason to fail', async () => {
    const done = await bench.agent(
      origin,
      `${work}; head -c 3000000 /dev/zero | tr '\\0' 'x'; echo end >&2`,
      { limits: { ...limits, outputBytes: 600_000 } },
    );
    expect(done).toMatchObject({ outcome: 'succeeded' });
    const { stdout, stderr } = done.lease.output;
    expect(stdout.bytes.length).toBe(600_000);
    expect([stdout.truncated, stdout.sealed, stderr.truncated]).toEqual([true, true, false]);
    expect(stderr.bytes.toString()).toBe('end\n');
  });

  it('and how it exits is told', async () => {
    const done = await bench.agent(origin, 'echo why >&2; exit 3');
    expect(done).toMatchObject({ outcome: 'failed', code: 'agent.exit_nonzero', report: { exitCode: 3 } });
    expect(done.lease.output.stderr.bytes.toString()).toBe('why\n');
  });
});

describe('what an agent sees', () => {
  it('is its job and nothing of this worker', async () => {
    const done = await bench.agent(
      origin,
      'env | sort; ls /; cat /proc/1/environ 2>/dev/null | tr "\\0" "\\n" || true',
      {
        agent: { adapter: 'command', command: ['/bin/sh', '-c', 'env | sort'], env: { MINE: 'x' } },
      },
    );
    const env = Object.fromEntries(
      done.lease.output.stdout.bytes
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    const { grant } = done.lease;
    expect(env).toMatchObject({
      MINE: 'x',
      GATEHOUSE_JOB: grant.job.id,
      GATEHOUSE_SESSION: grant.sessionId,
      GATEHOUSE_GOAL: 'do it',
      CI: '1',
      TERM: 'dumb',
    });
    expect(
      Object.keys(env).filter(
        (name) =>
          !/^(?:GATEHOUSE_(?:JOB|SESSION|ATTEMPT|GOAL)|MINE|CI|TERM|PATH|HOME|LANG|PWD|SHLVL|_|OLDPWD)$/.test(
            name,
          ),
      ),
    ).toEqual([]);
    expect(JSON.stringify(env)).not.toContain(grant.lease.token);
  });
});

describe('a task without a repository', () => {
  it('gives back every regular file', async () => {
    const done = await bench.agent(
      null,
      `mkdir out; echo hi > out/report.md; printf '\\0\\1' > data; : > empty; ln -s data link; mkfifo pipe`,
    );
    expect(done).toMatchObject({
      outcome: 'succeeded',
      result: { kind: 'files', report: { refusedCount: 2 } },
    });
    if (done.outcome !== 'succeeded' || done.result.kind !== 'files') return;
    expect(done.result.files.map(({ path, size }) => [path, size])).toEqual([
      ['data', 2],
      ['empty', 0],
      ['out/report.md', 3],
    ]);
    expect(bench.plane.artifacts.get(done.result.files[2]?.artifact ?? '')?.toString()).toBe('hi\n');
  });

  it('that leaves nothing is a noop', async () => {
    expect(await bench.agent(null, 'echo nothing to do')).toMatchObject({ outcome: 'noop' });
  });
});

describe('an unborn or empty base', () => {
  it('takes its first file', async () => {
    const empty = bench.origin({});
    const done = await bench.agent(empty, 'git status >/dev/null; echo x > first');
    expect(done).toMatchObject({ outcome: 'succeeded', result: { kind: 'patch', base: empty.commit } });
  });

  it('takes away its last file', async () => {
    const only = bench.origin({ only: 'x' });
    const done = await bench.agent(only, 'rm only');
    expect(done).toMatchObject({
      outcome: 'succeeded',
      result: { tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' },
    });
  });
});

describe('a patch made elsewhere', () => {
  it('is handed in as it is, without a sandbox', async () => {
    const artifact = bench.plane.store(Buffer.from('diff --git a/x b/x\n'));
    const done = await bench.agent(origin, '', { agent: { adapter: 'patch', artifact } });
    expect(done).toMatchObject({
      outcome: 'succeeded',
      result: { kind: 'patch', patch: artifact, base: origin.commit, tree: null, report: null },
    });
  });

  it('that is not there fails the attempt', async () => {
    const done = await bench.agent(origin, '', {
      agent: { adapter: 'patch', artifact: `sha256:${'0'.repeat(64)}` },
    });
    expect(done.outcome).toBe('failed');
  });
});
