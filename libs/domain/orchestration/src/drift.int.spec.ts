import { PromotionRunner, PromotionService } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchestrationFixture } from './orchestration.fixture.js';
import { Verifier } from './proven.fixture.js';

const untilVerdict = ['session.intake', 'candidate.assess', 'candidate.conclude', 'session.rejudge'];

describe('a target that moves', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
    // Far apart, so that both sides can change it.
    commit('README.md', 'first line\n2\n3\n4\n5\nlast line\n');
  });
  afterEach(async () => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    await plane.drain();
    expect(await plane.verify()).toBe(true);
    expect(await plane.query(`SELECT id FROM sessions WHERE state <> 'ended'`)).toEqual([]);
    expect(await publishedOnOtherBases()).toEqual([]);
  });
  afterAll(() => plane.stop());

  const commit = (path: string, content: string | null): string => {
    plane.git('checkout', '-q', '-f', 'main');
    const file = join(plane.source, path);
    if (content === null) rmSync(file);
    else writeFileSync(file, content);
    plane.git('add', '-A');
    plane.git('commit', '-qm', 'somebody else');
    return plane.git('rev-parse', 'main');
  };
  /** Whatever happened: what was published stands on the commit and leads to the tree that its verdict was about. */
  const publishedOnOtherBases = async () => {
    const rows = await plane.query<{ commit: string; base: string; tree: string; verdict: string }>(
      `SELECT m.commit, c.base, c.tree, v.outcome AS verdict FROM promotions m JOIN candidates c ON c.id = m.candidate_id
       JOIN verdicts v ON v.id = m.verdict_id AND v.candidate_id = m.candidate_id
       WHERE m.state = 'succeeded' AND m.commit IS NOT NULL`,
    );
    return rows.filter(
      (row) =>
        row.verdict !== 'pass' ||
        plane.git('rev-parse', `${row.commit}^`, `${row.commit}^{tree}`) !== `${row.base}\n${row.tree}`,
    );
  };
  const promotionsOf = (sessionId: string) =>
    plane.query<{ id: string; state: string; reason: string | null; superseded_by: string | null }>(
      `SELECT id, state, reason_code AS reason, superseded_by FROM promotions WHERE session_id = $1 ORDER BY id`,
      [sessionId],
    );
  /** A job whose change passed and waits for the promoter. */
  const passed = async (content: string, more: Record<string, unknown> = {}) => {
    const [{ id } = { id: '' }] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    await plane.app.get(RepositoryService).refresh(id);
    const job = await plane.submit(more);
    await plane.completePatch(await plane.begin(), content);
    await plane.drain(untilVerdict);
    return job;
  };
  const branchOf = async ({ sessionId }: { sessionId: string }) =>
    (await plane.branches()).find((name) => name.includes(sessionId.toLowerCase()));
  const ours = (line: string) => `${line}\n2\n3\n4\n5\nlast line\n`;

  it('is never another one: a job for a branch that is not there ends', async () => {
    // The mirror knows the base: nothing but the target has to be looked for.
    const [{ id } = { id: '' }] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    await plane.app.get(RepositoryService).refresh(id);
    const { sessionId } = await plane.submit({ promotion: { target: 'nowhere' } });
    await plane.drain();
    expect(await plane.ending(sessionId)).toBe('failed repository.target_not_found');
  });

  it('is merged with, judged again and published on, and the older promotion names the newer', async () => {
    const job = await passed(ours('one'));
    const head = commit('other.txt', 'theirs\n');
    expect(await plane.drain()).toEqual([
      'promotion.run',
      'session.rebase',
      'promotion.run',
      'promotion_log.export',
      'session.settle',
    ]);
    const [first, second] = await promotionsOf(job.sessionId);
    expect(first).toMatchObject({
      state: 'discarded',
      reason: 'promotion.target_moved',
      superseded_by: second!.id,
    });
    expect(second).toMatchObject({ state: 'succeeded', reason: null });
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    const branch = (await branchOf(job))!;
    expect(plane.git('rev-parse', `${branch}^`)).toBe(head);
    expect(plane.git('show', `${branch}:README.md`)).toBe(ours('one').trim());
    expect(plane.git('show', `${branch}:other.txt`)).toBe('theirs');
    const verdicts = await plane.query(`SELECT id FROM verdicts WHERE session_id = $1`, [job.sessionId]);
    expect(verdicts).toHaveLength(2);
    // It is proven of what was judged last, on the new head.
    const proven = { ok: true, fault: null, isHeldAgainstClone: true, isHeldAgainstLog: true };
    const about = { ...proven, commit: plane.git('rev-parse', branch), promotionId: second!.id };
    expect(await (await Verifier.of(plane)).everyForm(branch)).toEqual([
      expect.objectContaining(about),
      expect.objectContaining(about),
      expect.objectContaining(about),
    ]);
  });

  it('has its required commands run again, on the new tree and by a validator', async () => {
    const commands = [{ name: 'look', run: 'true' }];
    const done = { name: 'look', outcome: 'passed', exitCode: 0, durationMs: 1, tail: '' };
    const validated = async () => {
      const granted = await plane.begin('validator');
      const result = { kind: 'commands', commands: [done] };
      await plane.complete(granted, { outcome: 'succeeded', result });
      return granted;
    };
    const job = await passed(ours('uno'), { validation: { commands } });
    await validated();
    await plane.drain(untilVerdict);
    const head = commit('other.txt', 'of theirs\n');
    expect(await plane.drain()).toEqual(['promotion.run', 'session.rebase']);
    const { session } = await validated();
    expect((await plane.session(session.id)).baseCommit).toBe(head);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    expect(plane.git('rev-parse', `${(await branchOf(job))!}^`)).toBe(head);
  });

  it('moves on while its merge is made: the next round brings it on', async () => {
    const job = await passed(ours('eins'));
    commit('other.txt', 'a\n');
    await plane.drain(['promotion.run']);
    await plane.drain(['session.rebase']);
    const head = commit('other.txt', 'b\n');
    await plane.drain();
    expect((await promotionsOf(job.sessionId)).map(({ state }) => state)).toEqual([
      ...['discarded', 'discarded', 'succeeded'],
    ]);
    expect(plane.git('rev-parse', `${(await branchOf(job))!}^`)).toBe(head);
  });

  it('is merged with once, however often and at once the task runs', async () => {
    const job = await passed(ours('ichi'));
    commit('other.txt', 'c\n');
    await plane.drain(['promotion.run']);
    const [task] = await plane.query<{ id: string; type: string; payload: never }>(
      `SELECT id, type, payload FROM tasks WHERE state = 'pending' AND type = 'session.rebase'`,
    );
    await Promise.all([plane.run(task!), plane.run(task!), plane.run(task!)]);
    await plane.run(task!);
    await plane.drain();
    expect(await promotionsOf(job.sessionId)).toHaveLength(2);
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
  });

  it.each<[string, () => void]>([
    ['the same line', () => commit('README.md', ours(`theirs ${Math.random()}`))],
    ['the file, which is gone', () => commit('README.md', null)],
  ])('and changed %s ends the session where no try is left, and names the file', async (_, move) => {
    const job = await passed(ours(`ours ${Math.random()}`), { limits: { appRetries: 0 } });
    const before = plane.git('show', 'main:README.md');
    move();
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('failed promotion.rebase_required');
    expect((await plane.session(job.sessionId)).reasonMessage).toContain('README.md');
    expect(await branchOf(job)).toBeUndefined();
    commit('README.md', `${before}\n`);
  });

  it('and changed the same line starts the agent anew on its head, told of the conflict, where a try is left', async () => {
    const job = await passed(ours('mine'), { limits: { appRetries: 1 } });
    const head = commit('README.md', ours('not yours'));
    await plane.drain();
    expect((await plane.session(job.sessionId)).state).toBe('running');
    const granted = await plane.begin();
    expect(granted.session.baseCommit).toBe(head);
    expect(granted.attempt.feedback).toMatch(/both it and this change touch README\.md/);
    await plane.completePatch(granted, ours('not yours, and mine'));
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    expect(plane.git('rev-parse', `${(await branchOf(job))!}^`)).toBe(head);
    // The second conflict finds no try left.
    const again = await passed(ours('third'), { limits: { appRetries: 1 } });
    commit('README.md', ours('fourth'));
    await plane.drain();
    await plane.completePatch(await plane.begin(), ours('fifth'));
    await plane.drain(untilVerdict);
    commit('README.md', ours('sixth'));
    await plane.drain();
    expect(await plane.ending(again.sessionId)).toBe('failed promotion.rebase_required');
  });

  it('and has all of the change already leaves nothing to do', async () => {
    const job = await passed(ours('both of us'));
    commit('README.md', ours('both of us'));
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('noop promotion.already_there');
    expect(await branchOf(job)).toBeUndefined();
  });

  it.each<[string, () => void, string]>([
    [
      'rewritten',
      () => plane.git('update-ref', 'refs/heads/main', plane.git('commit-tree', 'main^{tree}', '-m', 'new')),
      'promotion.base_rewritten',
    ],
    ['set back', () => plane.git('update-ref', 'refs/heads/main', 'main~1'), 'promotion.base_rewritten'],
    ['deleted', () => plane.git('branch', '-m', 'main', 'away'), 'promotion.target_missing'],
  ])('and is %s gets nothing', async (_, move, code) => {
    const job = await passed(ours(`for ${code} ${_}`));
    const before = plane.git('rev-parse', 'main');
    move();
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(`failed ${code}`);
    expect(await branchOf(job)).toBeUndefined();
    plane.git('update-ref', 'refs/heads/main', before);
    plane.git('checkout', '-q', '-f', 'main');
    plane.git('branch', '-f', 'away', before);
    plane.git('branch', '-D', 'away');
  });

  it('and is rewritten while the merge is to be made gets nothing', async () => {
    const job = await passed(ours('late'));
    commit('other.txt', 'd\n');
    await plane.drain(['promotion.run']);
    const before = plane.git('rev-parse', 'main');
    plane.git('update-ref', 'refs/heads/main', plane.git('commit-tree', 'main^{tree}', '-m', 'new'));
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('failed promotion.base_rewritten');
    plane.git('update-ref', 'refs/heads/main', before);
  });

  it('faster than the gates answer is not run after for ever', async () => {
    const job = await passed(ours('slow'));
    for (let i = 0; i < 5; i += 1) {
      commit('other.txt', `${i}\n`);
      await plane.drain(['promotion.run']);
      await plane.drain(['session.rebase']);
    }
    commit('other.txt', 'on\n');
    await expect(plane.drain()).rejects.toThrow('is tried again after a pause');
    expect((await promotionsOf(job.sessionId)).at(-1)).toMatchObject({
      state: 'errored',
      reason: 'promotion.target_keeps_moving',
    });
    await plane.query(`UPDATE promotions SET ended_at = ended_at - interval '2 hours'`);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
  });

  it('takes nothing back of a job that was cancelled meanwhile', async () => {
    const job = await passed(ours('unwanted'));
    commit('other.txt', 'e\n');
    await plane.drain(['promotion.run']);
    await plane.cancel(job.id);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('cancelled job.cancelled');
    expect(await plane.app.get(PromotionService).latestFor(job.sessionId)).toMatchObject({
      state: 'discarded',
    });
  });
});
