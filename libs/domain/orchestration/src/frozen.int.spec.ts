import { PromotionPublisher, PromotionRunner } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchestrationFixture } from './orchestration.fixture.js';

describe('a target that moves while a promoter is frozen between its look and its push', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  afterEach(async () => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    const { rows } = plane.app.get(PromotionPublisher) as unknown as { rows: { holds?: unknown } };
    delete rows.holds;
    await plane.query('DELETE FROM tasks');
    expect(await plane.verify()).toBe(true);
  });
  afterAll(() => plane.stop());

  const commit = (path: string, content: string): string => {
    writeFileSync(join(plane.source, path), content);
    plane.git('add', '-A');
    plane.git('commit', '-qm', 'somebody else');
    return plane.git('rev-parse', 'main');
  };
  const promotionsOf = (sessionId: string) =>
    plane.query<{ id: string; state: string }>(
      `SELECT id, state FROM promotions WHERE session_id = $1 ORDER BY id`,
      [sessionId],
    );
  /** A job whose change passed and waits for the promoter. */
  const passed = async (content: string) => {
    const [{ id } = { id: '' }] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    await plane.app.get(RepositoryService).refresh(id);
    const job = await plane.submit();
    await plane.completePatch(await plane.begin(), content);
    await plane.drain(['session.intake', 'candidate.assess', 'candidate.conclude']);
    return job;
  };
  const branchOf = async ({ sessionId }: { sessionId: string }) =>
    (await plane.branches()).find((name) => name.includes(sessionId.toLowerCase()));

  /** The lane is taken over meanwhile and the change brought onto the new head; then the first one goes on. */
  const frozen = async (content: string) => {
    const job = await passed(`${content}\n`);
    const runner = plane.app.get(PromotionRunner);
    let thaw: () => void = () => undefined;
    const isThere = new Promise<void>((reached) => {
      runner.onPoint = async (at) => {
        if (at !== 'checked') return;
        runner.onPoint = undefined;
        reached();
        await new Promise<void>((go) => (thaw = go));
      };
    });
    const [first] = await promotionsOf(job.sessionId);
    const context = { signal: new AbortController().signal, complete: async () => undefined };
    const run = runner.run(first!.id, context).catch((error: { code: string }) => error.code);
    await isThere;
    const head = commit('other.txt', `${content}\n`);
    await plane.drain(['promotion.run']);
    await plane.drain(['session.rebase']);
    expect((await promotionsOf(job.sessionId)).map(({ state }) => state)).toEqual(['discarded', 'pending']);
    return { job, head, thaw: () => (thaw(), run) };
  };
  /** The branch is that of the second promotion, on the head of the target; the first one published nothing. */
  const expectSecond = async ({ job, head }: Awaited<ReturnType<typeof frozen>>) => {
    await plane.drain();
    expect((await promotionsOf(job.sessionId)).map(({ state }) => state)).toEqual(['discarded', 'succeeded']);
    const branch = (await branchOf(job))!;
    expect(plane.git('rev-parse', `${branch}^`)).toBe(head);
    const [{ commit: told } = { commit: '' }] = await plane.query<{ commit: string }>(
      `SELECT commit FROM promotions WHERE session_id = $1 AND commit IS NOT NULL`,
      [job.sessionId],
    );
    expect(plane.git('rev-parse', branch)).toBe(told);
    const logged = await plane.query(
      `SELECT 1 FROM promotion_log_entries e JOIN promotions m ON m.id = e.promotion_id WHERE m.session_id = $1`,
      [job.sessionId],
    );
    expect(logged).toHaveLength(1);
  };
  /** It found the lane its own so often, as one does that is frozen only after that. */
  const looksBefore = (times: number): void => {
    const { rows } = plane.app.get(PromotionPublisher) as unknown as { rows: { holds?: () => unknown } };
    let left = times;
    const { holds } = Object.getPrototypeOf(rows) as { holds: (row: unknown) => Promise<boolean> };
    rows.holds = function (this: unknown, ...[row]: unknown[]) {
      return left-- > 0 ? Promise.resolve(true) : holds.call(rows, row);
    } as never;
  };
  it('nothing is pushed by it any more', async () => {
    const setting = await frozen('frozen once');
    expect(await setting.thaw()).toBe('task.claim_lost');
    expect(await branchOf(setting.job)).toBeUndefined();
    await expectSecond(setting);
  });

  it('and looked whether the lane is its own just before, it takes back what it pushed', async () => {
    const setting = await frozen('frozen later');
    looksBefore(1);
    expect(await setting.thaw()).toBe('task.claim_lost');
    expect(await branchOf(setting.job)).toBeUndefined();
    await expectSecond(setting);
  });

  it('and dies when it has pushed, what it left is replaced by the change on the new head', async () => {
    const setting = await frozen('frozen and dead');
    looksBefore(2);
    await setting.thaw();
    expect(await branchOf(setting.job)).toBeDefined();
    await expectSecond(setting);
  });

  it('and thaws after the other has published, its push changes nothing', async () => {
    const setting = await frozen('frozen for long');
    await plane.drain();
    looksBefore(1);
    expect(await setting.thaw()).toBeUndefined();
    await expectSecond(setting);
  });
});
