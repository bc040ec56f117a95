import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Submitter } from './requester.js';
import { OrchestrationFixture } from './orchestration.fixture.js';

const commands = { validation: { commands: [{ name: 'look', run: 'true' }] } };

describe('a cancel', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  // Whatever a case left is run to its end, so that no case meets another's work.
  afterEach(async () => {
    await plane.drain();
    expect(await plane.verify()).toBe(true);
    expect(await plane.query(`SELECT id FROM sessions WHERE state <> 'ended'`)).toEqual([]);
    expect(await plane.query(`SELECT id FROM attempts WHERE ended_at IS NULL`)).toEqual([]);
  });
  afterAll(() => plane.stop());

  const cancelled = 'cancelled job.cancelled';

  it('ends what nobody has taken yet at once, and nobody can take it', async () => {
    const job = await plane.submit();
    await plane.cancel(job.id);
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect((await plane.attempts(job.sessionId)).map(({ state }) => state)).toEqual(['cancelled']);
    expect(await plane.claim()).toBeUndefined();
  });

  it('of a base that is still being pinned ends it, and intake changes nothing after', async () => {
    const job = await plane.submit({ base: 'main' });
    await plane.query(`UPDATE sessions SET state = 'created' WHERE id = $1`, [job.sessionId]);
    await plane.query(`UPDATE attempts SET state = 'cancelled', ended_at = now() WHERE session_id = $1`, [
      job.sessionId,
    ]);
    await plane.cancel(job.id);
    await plane.run({
      id: 'tsk_1',
      type: 'session.intake',
      payload: { sessionId: job.sessionId, attemptId: '', promotionId: '' },
    });
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect(await plane.attempts(job.sessionId)).toHaveLength(1);
  });

  it('tells a worker that has only leased it, which then may not start', async () => {
    const job = await plane.submit();
    const granted = await plane.claim();
    await plane.cancel(job.id);
    const lease = await plane.held(granted!);
    await expect(plane.leases.start(lease, 1, 'w')).rejects.toMatchObject({
      code: 'attempt.state_conflict',
    });
    expect(await plane.leases.heartbeat(lease, 1)).toMatchObject({ cancel: true });
    await plane.complete(granted!, {
      outcome: 'cancelled',
      code: 'job.cancelled',
      message: '',
      report: null,
    });
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
  });

  it('tells a worker at work, and holds against a result that comes all the same', async () => {
    const job = await plane.submit();
    const granted = await plane.begin();
    await plane.cancel(job.id);
    expect(await plane.session(job.sessionId)).toMatchObject({ state: 'terminating' });
    expect(await plane.leases.heartbeat(await plane.held(granted), 1)).toMatchObject({ cancel: true });
    await plane.completePatch(granted, 'too late\n');
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect(await plane.branches()).toEqual([]);
  });

  it('of a worker that died ends it once its lease ran out, without another try', async () => {
    const job = await plane.submit();
    const granted = await plane.begin();
    await plane.cancel(job.id);
    await plane.expire(granted);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect((await plane.attempts(job.sessionId)).map(({ state }) => state)).toEqual(['fenced']);
  });

  it('between the result and its judgement leaves no candidate', async () => {
    const job = await plane.submit();
    await plane.completePatch(await plane.begin(), 'judged never\n');
    await plane.cancel(job.id);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect((await plane.session(job.sessionId)).candidateId).toBeNull();
  });

  it.each(['queued', 'leased', 'running', 'uploaded'])(
    'while its commands are %s ends it without a promotion',
    async (when) => {
      const job = await plane.submit(commands);
      await plane.completePatch(await plane.begin(), `validated ${when}\n`);
      await plane.drain();
      if (when === 'queued') await plane.cancel(job.id);
      else {
        const granted =
          when === 'leased' ? (await plane.claim('validator'))! : await plane.begin('validator');
        const passed = { name: 'look', outcome: 'passed', exitCode: 0, durationMs: 1, tail: '' };
        const done = { outcome: 'succeeded', result: { kind: 'commands', commands: [passed] } };
        if (when === 'uploaded') await plane.complete(granted, done);
        await plane.cancel(job.id);
        if (when === 'leased')
          await plane.complete(granted, {
            outcome: 'cancelled',
            code: 'job.cancelled',
            message: '',
            report: null,
          });
        if (when === 'running') await plane.complete(granted, done);
      }
      await plane.drain();
      expect(await plane.ending(job.sessionId)).toBe(cancelled);
      expect(await plane.query('SELECT id FROM promotions WHERE session_id = $1', [job.sessionId])).toEqual(
        [],
      );
    },
  );

  it('of a promotion that waits for its lane takes it out of the lane', async () => {
    const job = await plane.submit();
    await plane.completePatch(await plane.begin(), 'waits\n');
    await plane.drain(['candidate.assess']);
    await plane.cancel(job.id);
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
    expect(await plane.query('SELECT state FROM promotions WHERE session_id = $1', [job.sessionId])).toEqual([
      { state: 'aborted' },
    ]);
    expect(await plane.branches()).toEqual([]);
  });

  it('is refused while the promotion is being published, and once all is over', async () => {
    const job = await plane.submit();
    await plane.completePatch(await plane.begin(), 'published\n');
    await plane.drain(['candidate.assess']);
    await plane.query(`UPDATE promotions SET state = 'running' WHERE session_id = $1`, [job.sessionId]);
    await expect(plane.cancel(job.id)).rejects.toMatchObject({ code: 'session.state_conflict' });
    await plane.drain();
    expect(await plane.ending(job.sessionId)).toBe('succeeded');
    expect(await plane.branches()).toHaveLength(1);
    await expect(plane.cancel(job.id)).rejects.toMatchObject({ code: 'job.ended' });
  });

  it('twice is once', async () => {
    const job = await plane.submit();
    const granted = await plane.begin();
    await plane.cancel(job.id);
    await plane.cancel(job.id);
    await plane.expire(granted);
    await plane.drain();
    const asked = await plane.query(
      `SELECT seq FROM ledger_events WHERE stream_id = $1 AND type = 'job.cancel_requested'`,
      [job.sessionId],
    );
    expect(asked).toHaveLength(1);
  });

  it('is refused to somebody who neither asked for the job nor operates the plane', async () => {
    const job = await plane.submit();
    const someone = await plane.principal('user', ['requester']);
    const other: Submitter = { ...someone, kind: 'user', roles: ['requester'] };
    await expect(plane.cancel(job.id, other)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await plane.cancel(job.id, { ...other, roles: ['operator'] });
    expect(await plane.ending(job.sessionId)).toBe(cancelled);
  });
});
