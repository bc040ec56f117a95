import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishBranch, readRemoteRef } from './branch.publisher.js';
import { commitTree } from './commit.writer.js';
import type { GitRunner } from './git.runner.js';
import { Mirror } from './mirror.js';
import { applyPatch } from './patch/patch.applier.js';
import { diffPatch } from './patch/patch.writer.js';
import { openQuarantine } from './quarantine.js';
import { Scratch } from './scratch.fixture.js';

const ref = 'refs/heads/gatehouse/ses-1-fix';
const bot = { name: 'Gatehouse', email: 'gatehouse@localhost' };

describe('publishing a branch', () => {
  const scratch = new Scratch();
  let count = 0;
  /** A source, its mirror, and a quarantine that holds one commit on top of main. */
  const setting = async () => {
    const path = scratch.repository(`source-${count}`);
    const base = scratch.commit(
      path,
      scratch.tree(path, [
        { path: 'a', content: '1\n' },
        { path: 'b', content: 'b' },
      ]),
    );
    scratch.plain(path, ['reset', '-q', '--hard']);
    const mirror = new Mirror(scratch.git, join(scratch.dir, `mirror-${count++}.git`));
    await mirror.ensure();
    const located = await scratch.locate(path);
    await mirror.fetch(located);
    const quarantine = await openQuarantine(join(scratch.dir, 'q'), mirror.gitDir);
    const candidate = async (content: string) => {
      const wanted = scratch.tree(path, [
        { path: 'a', content },
        { path: 'b', content: 'b' },
      ]);
      const patch = await diffPatch(scratch.git, join(path, '.git'), base, wanted);
      const applied = await applyPatch(scratch.git, quarantine, base, patch);
      if (!applied.ok) throw new Error(applied.detail);
      const commit = await commitTree(quarantine.gitDir, {
        tree: applied.tree,
        parents: [base],
        message: 'Fix it',
        author: bot,
        committer: bot,
        date: new Date(1_700_000_000_000),
      });
      return { commit, tree: applied.tree };
    };
    return { path, base, mirror, located, quarantine, candidate };
  };
  beforeAll(() => chmodSync(scratch.dir, 0o755));
  afterAll(() => scratch.close());

  it('creates it once, answers a retry, and leaves work tree, HEAD and other refs alone', async () => {
    const { path, base, located, quarantine, candidate } = await setting();
    const { commit, tree } = await candidate('2\n');
    const wanted = { commit, ref, expected: null };
    expect(await publishBranch(scratch.git, located, quarantine.gitDir, wanted)).toEqual({
      ok: true,
      commit,
      tree,
      already: false,
    });
    expect(await publishBranch(scratch.git, located, quarantine.gitDir, wanted)).toEqual({
      ok: true,
      commit,
      tree,
      already: true,
    });
    expect(await readRemoteRef(scratch.git, located, ref)).toEqual({ ok: true, oid: commit });
    expect(scratch.text(path, ['rev-parse', `${ref}^{tree}`, `${ref}^`, 'main'])).toBe(
      [tree, base, base].join('\n'),
    );
    expect(scratch.text(path, ['status', '--porcelain'])).toBe('');
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('1\n');
    scratch.plain(path, ['fsck', '--strict']);
  });

  it('swaps only from the expected commit, and overwrites nothing', async () => {
    const { path, base, located, quarantine, candidate } = await setting();
    const one = await candidate('2\n');
    const two = await candidate('3\n');
    const publish = (commit: string, expected: string | null) =>
      publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected });
    expect(await publish(one.commit, base)).toMatchObject({ ok: false, reason: 'ref.moved' });
    expect(await publish(one.commit, null)).toMatchObject({ ok: true });
    expect(await publish(two.commit, null)).toMatchObject({
      ok: false,
      reason: 'ref.moved',
      actual: one.commit,
    });
    expect(await publish(two.commit, one.commit)).toMatchObject({ ok: true });
    scratch.plain(path, ['update-ref', ref, base]);
    expect(await publish(one.commit, two.commit)).toMatchObject({
      ok: false,
      reason: 'ref.moved',
      actual: base,
    });
    expect(scratch.text(path, ['rev-parse', ref])).toBe(base);
  });

  it('lets one of many writers of one ref win', async () => {
    const { path, located, quarantine, candidate } = await setting();
    const rivals = [await candidate('2\n'), await candidate('3\n'), await candidate('4\n')];
    const answers = await Promise.all(
      rivals.map(({ commit }) =>
        publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected: null }),
      ),
    );
    const winners = answers.filter((answer) => answer.ok);
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => !answer.ok && answer.reason !== 'ref.moved')).toEqual([]);
    expect(scratch.text(path, ['rev-parse', ref])).toBe(winners[0]?.ok === true ? winners[0].commit : '');
  });

  it('runs no hook or command that the source plants, which plain git would run', async () => {
    const { path, base, located, quarantine, candidate } = await setting();
    const { commit } = await candidate('2\n');
    const mark = join(scratch.dir, 'it-ran');
    const trap = join(scratch.dir, 'trap.sh');
    writeFileSync(trap, `#!/bin/sh\necho "$0 $@" >> ${mark}\n`, { mode: 0o755 });
    for (const hook of [
      'pre-receive',
      'update',
      'post-receive',
      'post-update',
      'reference-transaction',
      'push-to-checkout',
      'proc-receive',
      'post-checkout',
    ]) {
      writeFileSync(join(path, '.git/hooks', hook), `#!/bin/sh\necho ${hook} >> ${mark}\n`, { mode: 0o755 });
    }
    const lender = scratch.repository('lender');
    writeFileSync(join(path, '.git/objects/info/alternates'), join(lender, '.git/objects\n'));
    for (const [key, value] of [
      ['core.alternateRefsCommand', trap],
      ['core.fsmonitor', trap],
      ['receive.denyCurrentBranch', 'updateInstead'],
    ])
      scratch.plain(path, ['config', key as string, value as string]);
    expect(
      await publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected: null }),
    ).toMatchObject({ ok: true });
    expect(existsSync(mark)).toBe(false);
    // The control: the same push by plain git springs the traps, so they would have told.
    scratch.plain(path, ['push', '-q', path, `${base}:refs/heads/control`]);
    expect(readFileSync(mark, 'utf8')).toMatch(/trap\.sh[\s\S]*pre-receive[\s\S]*post-receive/);
  });

  it('does not move a branch that somebody has checked out', async () => {
    const { path, located, quarantine, candidate } = await setting();
    const one = await candidate('2\n');
    const two = await candidate('3\n');
    await publishBranch(scratch.git, located, quarantine.gitDir, { commit: one.commit, ref, expected: null });
    scratch.plain(path, ['checkout', '-q', 'gatehouse/ses-1-fix']);
    scratch.plain(path, ['config', 'receive.denyCurrentBranch', 'updateInstead']);
    const answer = await publishBranch(scratch.git, located, quarantine.gitDir, {
      commit: two.commit,
      ref,
      expected: one.commit,
    });
    expect(answer).toMatchObject({
      ok: false,
      reason: 'ref.rejected',
      message: expect.stringContaining('checked out'),
    });
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('2\n');
  });

  it('says so when the place of the branch is taken or the source is gone', async () => {
    const { path, base, located, quarantine, candidate } = await setting();
    const { commit } = await candidate('2\n');
    scratch.plain(path, ['update-ref', 'refs/heads/gatehouse', base]);
    expect(
      await publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected: null }),
    ).toMatchObject({ ok: false, reason: 'ref.rejected' });
    rmSync(path, { recursive: true });
    expect(
      await publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected: null }),
    ).toMatchObject({ ok: false, reason: 'source.unreachable' });
  });

  it('gives nothing up where the repository shows late what it has taken', async () => {
    const { path, located, quarantine, candidate } = await setting();
    /** Shows refs as they were when it was first asked. */
    const behind = (): GitRunner => {
      let seen: ReturnType<GitRunner['run']> | undefined;
      const run: GitRunner['run'] = (args, options) =>
        args[0] === 'ls-remote' ? (seen ??= scratch.git.run(args, options)) : scratch.git.run(args, options);
      return Object.assign(Object.create(scratch.git) as GitRunner, { run });
    };
    const publish = (git: GitRunner, commit: string, expected: string | null) =>
      publishBranch(git, located, quarantine.gitDir, { commit, ref, expected });
    const one = await candidate('2\n');
    const two = await candidate('3\n');
    expect(await publish(behind(), one.commit, null)).toMatchObject({
      ok: false,
      reason: 'source.unreachable',
    });
    expect(scratch.text(path, ['rev-parse', ref])).toBe(one.commit);
    expect(await publish(scratch.git, one.commit, null)).toMatchObject({ ok: true, already: true });
    // What is shown never was what the push met.
    const late = behind();
    await publish(late, two.commit, one.commit);
    expect(await publish(late, two.commit, one.commit)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^source\./),
    });
    expect(await publish(scratch.git, two.commit, one.commit)).toMatchObject({ ok: true, already: true });
  });

  it('writes no ref but its own', async () => {
    const { located, quarantine, candidate } = await setting();
    const { commit } = await candidate('2\n');
    for (const bad of [
      'refs/heads/main',
      'refs/heads/gatehouse',
      'refs/heads/gatehouse/../main',
      'refs/tags/gatehouse/x',
      'refs/heads/gatehouse/x:refs/heads/main',
      'refs/heads/gatehouse/*',
      '--all',
      'refs/heads/gatehouse/a b',
      'refs/heads/gatehouse/x.lock',
    ]) {
      await expect(
        publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref: bad, expected: null }),
      ).rejects.toMatchObject({ code: 'git.refused' });
    }
  });

  it('gives the same commit id for the same request', async () => {
    const { candidate } = await setting();
    const first = await candidate('2\n');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await candidate('2\n')).toEqual(first);
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'writes into a repository of another user as that user',
    async () => {
      const { path, located: before, quarantine, candidate } = await setting();
      const { commit } = await candidate('2\n');
      execFileSync('chown', ['-R', '12345:12345', path]);
      const located = await scratch.locate(path);
      expect(before.owner?.uid).toBe(0);
      expect(
        await publishBranch(scratch.git, located, quarantine.gitDir, { commit, ref, expected: null }),
      ).toMatchObject({ ok: true });
      expect(statSync(join(path, '.git', ref)).uid).toBe(12345);
      const foreign = execFileSync('find', [join(path, '.git'), '!', '-uid', '12345']).toString();
      expect(foreign).toBe('');
    },
  );
});
