import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OrchestrationFixture } from './orchestration.fixture.js';

const errored = { outcome: 'errored', code: 'sandbox.failed', message: 'It broke.', report: null };
const failed = { outcome: 'failed', code: 'agent.failed', message: 'It gave up.', report: null };
const commands = { validation: { commands: [{ name: 'look', run: 'true' }] } };

describe('another try', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  afterEach(async () => {
    await plane.drain();
    expect(await plane.verify()).toBe(true);
    expect(await plane.query(`SELECT id FROM sessions WHERE state <> 'ended'`)).toEqual([]);
  });
  afterAll(() => plane.stop());

  const states = async (sessionId: string) => (await plane.attempts(sessionId)).map(({ state }) => state);

  it('follows a lease that ran out, with the next generation; the old one changes nothing', async () => {
    const job = await plane.submit();
    const lost = await plane.begin();
    await plane.expire(lost);
    await plane.drain();
    expect(await states(job.sessionId)).toEqual(['fenced', 'queued']);
    const next = await plane.begin();
    expect([lost.lease.generation, next.lease.generation]).toEqual([1, 2]);
    await expect(plane.completePatch(lost, 'of the past\n')).rejects.toMatchObject({ code: 'lease.gone' });
    await expect(plane.leases.heartbeat(await plane.held(lost), 1)).rejects.toMatchObject({
      code: 'lease.gone',
    });
    const late = { type: 'agent.note', actor: 'late', payload: {}, leaseGeneration: 1 } as const;
    await expect(plane.ledger.append({ ...late, streamId: job.sessionId })).rejects.toMatchObject({
      code: 'lease.fenced',
    });
    await plane.completePatch(next, 'of today\n');
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    const [branch] = (await plane.branches()).filter((name) => name.includes(job.sessionId.toLowerCase()));
    expect(plane.git('show', `${branch}:README.md`)).toBe('of today');
  });

  it('is refused to a result of another generation, or from after the end of its lease before any sweep', async () => {
    const job = await plane.submit();
    const granted = await plane.begin();
    await expect(plane.complete(granted, { ...failed, generation: 2 })).rejects.toMatchObject({
      code: 'lease.fenced',
    });
    await plane.query(`UPDATE leases SET expires_at = now() WHERE id = $1`, [granted.lease.id]);
    await expect(plane.complete(granted, failed)).rejects.toMatchObject({ code: 'lease.gone' });
    expect(await states(job.sessionId)).toEqual(['running']);
    await plane.expire(granted);
    await plane.complete(await runAgain(), { outcome: 'noop', report: null });
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('noop');
  });

  const runAgain = async () => {
    await plane.drain();
    return plane.begin();
  };

  it('is not given once all tries of the infrastructure are used up', async () => {
    const job = await plane.submit();
    await plane.complete(await plane.begin(), errored);
    await plane.expire(await runAgain());
    await plane.complete(await runAgain(), errored);
    await plane.drain();
    expect(await states(job.sessionId)).toEqual(['errored', 'fenced', 'errored']);
    expect(await plane.ending(job.sessionId)).toBe('errored sandbox.failed');
  });

  it('waits longer after each loss', async () => {
    const job = await plane.submit();
    await plane.complete(await plane.begin(), errored);
    await plane.drain();
    await plane.complete(await plane.begin(), errored);
    await plane.drain();
    const rows = await plane.query<{ first: number; second: number }>(
      `SELECT extract(epoch FROM a.not_before - a.created_at)::float AS first,
              extract(epoch FROM b.not_before - b.created_at)::float AS second
       FROM attempts a, attempts b
       WHERE a.session_id = $1 AND b.session_id = $1 AND a.infra_tries = 1 AND b.infra_tries = 2`,
      [job.sessionId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.second).toBeGreaterThanOrEqual(rows[0]!.first);
    expect(await plane.claim()).toBeUndefined();
    await plane.complete(await plane.begin(), { outcome: 'noop', report: null });
  });

  it('is the agent’s own where the job grants it, and counted apart', async () => {
    const job = await plane.submit({ limits: { appRetries: 1 } });
    await plane.complete(await plane.begin(), failed);
    await plane.complete(await runAgain(), errored);
    await plane.complete(await runAgain(), failed);
    await plane.drain();
    const tries = (await plane.attempts(job.sessionId)).map(({ infraTries, appTries }) => [
      infraTries,
      appTries,
    ]);
    expect(tries).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(await plane.ending(job.sessionId)).toBe('failed agent.failed');
  });

  it('of commands whose worker was lost runs on the same candidate', async () => {
    const job = await plane.submit(commands);
    await plane.completePatch(await plane.begin(), 'validated after all\n');
    await plane.drain();
    await plane.expire(await plane.begin('validator'));
    await plane.drain();
    const passed = { name: 'look', outcome: 'passed', exitCode: 0, durationMs: 1, tail: '' };
    const again = await plane.begin('validator');
    await plane.complete(again, { outcome: 'succeeded', result: { kind: 'commands', commands: [passed] } });
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    expect(await states(job.sessionId)).toEqual(['succeeded', 'fenced', 'succeeded']);
  });

  it('of commands that never ran is no pass', async () => {
    const job = await plane.submit(commands);
    await plane.completePatch(await plane.begin(), 'never validated\n');
    await plane.drain();
    for (let i = 0; i < 3; i++) {
      await plane.complete(await plane.begin('validator'), errored);
      await plane.drain();
    }
    expect(await plane.ending(job.sessionId)).toMatch(/^errored /);
    expect((await plane.branches()).filter((name) => name.includes(job.sessionId.toLowerCase()))).toEqual([]);
  });

  it('never comes for what no worker took in time', async () => {
    const job = await plane.submit();
    await plane.sweep();
    expect(await states(job.sessionId)).toEqual(['queued']);
    await plane.query(`UPDATE attempts SET start_deadline = now() - interval '1 s' WHERE session_id = $1`, [
      job.sessionId,
    ]);
    await plane.sweep();
    expect(await states(job.sessionId)).toEqual(['errored']);
    expect(await plane.ending(job.sessionId)).toBe('errored attempt.not_started');
    expect(await plane.claim()).toBeUndefined();
  });
});

describe('a plane that died', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  afterAll(() => plane.stop());

  it('goes on from its rows: every task may run twice, and the outcome is one', async () => {
    const job = await plane.submit(commands);
    await plane.completePatch(await plane.begin(), 'twice\n');
    const twice = async (): Promise<void> => {
      const waiting = `SELECT id, type, payload FROM tasks WHERE state = 'pending' ORDER BY id`;
      for (let tasks = await next(waiting); tasks.length > 0; tasks = await next(waiting))
        for (const task of tasks) {
          await plane.run(task);
          // As if the process had died after its transaction and before the queue heard of it.
          await plane.run(task);
        }
    };
    const next = (sql: string) => plane.query<Parameters<typeof plane.run>[0]>(sql);
    await twice();
    const passed = { name: 'look', outcome: 'passed', exitCode: 0, durationMs: 1, tail: '' };
    const granted = await plane.begin('validator');
    const done = { outcome: 'succeeded', result: { kind: 'commands', commands: [passed] } };
    await plane.complete(granted, done);
    await plane.complete(granted, done);
    await twice();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    expect(await plane.branches()).toHaveLength(1);
    const promotions = await plane.query('SELECT state FROM promotions WHERE session_id = $1', [
      job.sessionId,
    ]);
    expect(promotions).toEqual([{ state: 'succeeded' }]);
    // What was answered before the commands ran was kept with the wish to run them.
    const ofSession = 'SELECT DISTINCT cached FROM verdicts WHERE session_id = $1';
    expect(await plane.query(ofSession, [job.sessionId])).toEqual([{ cached: true }]);
    expect((await plane.attempts(job.sessionId)).map(({ purpose }) => purpose)).toEqual([
      'agent',
      'validate',
    ]);
    expect(await plane.verify()).toBe(true);
  });

  it('gives back at its first sweep what the dead held, all of it', async () => {
    const jobs = await Promise.all([plane.submit(), plane.submit(), plane.submit()]);
    for (const _ of jobs) await plane.begin();
    await plane.query(`UPDATE leases SET expires_at = now() - interval '1 hour' WHERE state = 'active'`);
    await plane.sweep();
    await plane.drain();
    for (const { sessionId } of jobs)
      expect((await plane.attempts(sessionId)).map(({ state }) => state)).toEqual(['fenced', 'queued']);
    for (const { id } of jobs) await plane.cancel(id);
  });
});
