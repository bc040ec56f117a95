import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canaryOf, type Granted } from '@gatehouse/capability';
import { JobsRepository, toSession } from '@gatehouse/session';
import { sha256Hex } from '@gatehouse/proof';
import { AssessService } from '../assess.service.js';
import { OrchestrationFixture } from '../orchestration.fixture.js';
import { SuspensionService } from '../suspension.service.js';

describe('a session whose agent handed on its bait', () => {
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
  });
  afterAll(() => plane.stop());

  const baitOf = ({ lease }: Granted) =>
    canaryOf({ id: lease.id, tokenSha256: sha256Hex(lease.token) }).secretAccessKey;
  const caught = async () => {
    const job = await plane.submit();
    const granted = await plane.begin();
    await plane.completePatch(granted, `key = ${baitOf(granted)}\n`);
    await plane.drain();
    return { ...job, granted };
  };
  const phaseOf = async (id: string) => (await plane.app.get(JobsRepository).find(id)).phase;
  const resume = (sessionId: string) =>
    plane.changes.run((change) =>
      plane.app.get(SuspensionService).resume(change, plane.requester, sessionId, 'It read a test file.'),
    );

  it('is quarantined, holds no lease, and nothing of it is published', async () => {
    const { id, sessionId, granted } = await caught();
    const session = await plane.session(sessionId);
    expect(toSession(session)).toMatchObject({
      state: 'suspended',
      suspendedBecause: 'quarantined',
      reason: { code: 'canary.found', message: expect.stringContaining('bait') },
    });
    expect(await phaseOf(id)).toBe('suspended');
    expect((await plane.held(granted)).state).toBe('released');
    expect((await plane.branches()).filter((name) => name.includes(sessionId.toLowerCase()))).toEqual([]);
    expect(await plane.claim()).toBeUndefined();
    const page = await plane.ledger.readPage(sessionId, { after: 0, limit: 1000 });
    expect(page.items.at(-1)).toMatchObject({
      type: 'session.state_changed',
      payload: { from: 'idle', to: 'suspended', because: 'quarantined', reason: { code: 'canary.found' } },
    });
    // A task that runs once more changes nothing.
    const [attempt] = await plane.attempts(sessionId);
    await plane.app.get(AssessService).run(attempt!.id, { complete: () => Promise.resolve() } as never);
    expect((await plane.session(sessionId)).version).toBe(session.version);
    await plane.cancel(id);
    expect(await plane.ending(sessionId)).toBe('cancelled job.cancelled');
  });

  it('goes on when it is resumed, with an agent under a lease of its own; what it makes then is judged', async () => {
    const { id, sessionId, granted } = await caught();
    await resume(sessionId);
    expect(toSession(await plane.session(sessionId))).toMatchObject({
      ...{ state: 'running', suspendedBecause: null, reason: null, candidateId: null },
    });
    const next = await plane.begin();
    expect(next.lease.generation).toBe(granted.lease.generation + 1);
    await plane.completePatch(next, 'honest work\n');
    await plane.drain();
    expect(await plane.ending(sessionId)).toBe('succeeded');
    expect(await phaseOf(id)).toBe('promoted');
    const [branch] = (await plane.branches()).filter((name) => name.includes(sessionId.toLowerCase()));
    expect(plane.git('show', `${branch}:README.md`)).toBe('honest work');
    expect(await plane.verify()).toBe(true);
  });

  it('is judged by what it made last where commands are required, too', async () => {
    const { sessionId } = await plane.submit({ validation: { commands: [{ name: 'look', run: 'true' }] } });
    const granted = await plane.begin();
    await plane.completePatch(granted, `key = ${baitOf(granted)}\n`);
    await plane.drain();
    await resume(sessionId);
    await plane.completePatch(await plane.begin(), 'looked at\n');
    await plane.drain();
    const validate = await plane.begin('validator');
    const outcome = { name: 'look', outcome: 'passed', exitCode: 0, durationMs: 1, tail: '' };
    await plane.complete(validate, {
      outcome: 'succeeded',
      result: { kind: 'commands', commands: [outcome], image: null },
    });
    await plane.drain();
    expect(await plane.ending(sessionId)).toBe('succeeded');
  });

  it('is the only one that can be resumed', async () => {
    const { id, sessionId } = await plane.submit();
    await expect(resume(sessionId)).rejects.toMatchObject({ code: 'session.state_conflict' });
    expect(await plane.session(sessionId)).toMatchObject({ state: 'spawning' });
    await plane.cancel(id);
  });
});
