import { PolicyDocument } from '@gatehouse/contracts';
import { PolicySetService } from '@gatehouse/policy';
import { PromotionService } from '@gatehouse/promotion';
import { newId, RepositoryService } from '@gatehouse/session';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrchestrationFixture, type Person } from './orchestration.fixture.js';

const untilVerdict = ['session.intake', 'candidate.assess', 'candidate.conclude'];

describe('a newer candidate of the same issue', () => {
  let plane: OrchestrationFixture;
  let approver: Person;
  let issue = 0;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
    plane.git('branch', 'other');
    const [{ id } = { id: '' }] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    await plane.app.get(RepositoryService).refresh(id);
    const someone = await plane.principal('user', ['approver']);
    approver = { ...someone, kind: 'user', roles: ['approver'] };
    const document = PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'test', layer: 'installation' },
      spec: { promotion: { approvals: { quorum: 1 } } },
    });
    await plane.changes.run((change) =>
      plane.app.get(PolicySetService).publish(change, document, plane.requester),
    );
    await plane.query(
      `INSERT INTO triggers (id, repository_id, name, version, digest, document, fires_on, state, current, created_by)
       SELECT 'trg', id, 'fix', 1, 'd', '{}', 'label:x', 'active', true, $1 FROM repositories`,
      [plane.requester.id],
    );
  });
  beforeEach(() => void (issue += 1));
  afterAll(() => plane.stop());

  /** A job that a trigger made of an issue. */
  const asked = async (number: number | null = issue, more: Record<string, unknown> = {}) => {
    const job = await plane.submit(more);
    if (number !== null)
      await plane.query(
        `INSERT INTO trigger_firings (repository_id, cause, trigger_id, number, job_id)
         SELECT id, $1, 'trg', $2, $1 FROM repositories`,
        [job.id, number],
      );
    return job;
  };
  const passes = async (content = 'another line\n') => {
    await plane.completePatch(await plane.begin(), content);
    await plane.drain(untilVerdict);
  };
  const waiting = async (number?: number | null, more: Record<string, unknown> = {}) => {
    const job = await asked(number, more);
    await passes();
    return job;
  };
  const promotionOf = async ({ sessionId }: { sessionId: string }) =>
    (await plane.app.get(PromotionService).latestFor(sessionId))!;
  const stateOf = async (job: { sessionId: string }) => (await promotionOf(job)).state;
  const supersede = () => plane.drain(['promotion.supersede']);

  it('takes the place of what waits, which says so in the ledger and ends', async () => {
    const older = await waiting();
    const newer = await waiting();
    expect(await supersede()).toEqual(['promotion.supersede', 'promotion.supersede']);
    const [left, stays] = [await promotionOf(older), await promotionOf(newer)];
    expect(left).toMatchObject({ state: 'discarded', supersededBy: stays.id });
    expect(left.reasonMessage).toBe(
      `A newer candidate for issue ${issue} took its place, of job ${newer.id}.`,
    );
    expect(stays.state).toBe('awaiting_approval');
    expect(await plane.ending(older.sessionId)).toBe('cancelled promotion.superseded');
    const { items } = await plane.ledger.readPage(older.sessionId, { after: 0, limit: 1000 });
    expect(items.findLast(({ type }) => type === 'promotion.state_changed')?.payload).toMatchObject({
      to: 'discarded',
      reason: { code: 'promotion.superseded' },
      supersededBy: stays.id,
    });
  });

  it('leaves it alone until it has passed', async () => {
    const older = await waiting();
    const newer = await asked();
    await plane.begin();
    await supersede();
    expect(await stateOf(older)).toBe('awaiting_approval');
    await plane.cancel(newer.id);
  });

  it('takes the place of one that came to its candidate later', async () => {
    const older = await asked();
    const slow = await plane.begin();
    const newer = await waiting();
    await plane.completePatch(slow, 'late\n');
    await plane.drain(untilVerdict);
    await supersede();
    expect([await stateOf(older), await stateOf(newer)]).toEqual(['discarded', 'awaiting_approval']);
  });

  it('leaves alone what is published, runs or errored, and what is about something else', async () => {
    const done = await waiting();
    const given = { answer: 'approve', reason: '' } as const;
    const { id } = await promotionOf(done);
    await plane.changes.run((change) => plane.app.get(PromotionService).answer(change, approver, id, given));
    await plane.drain();
    expect(await stateOf(done)).toBe('succeeded');
    const states = ['running', 'errored'] as const;
    const others: { sessionId: string }[] = [];
    for (const state of states) {
      const job = await waiting();
      await plane.query(`UPDATE promotions SET state = $1 WHERE session_id = $2`, [state, job.sessionId]);
      others.push(job);
    }
    const elsewhere = [
      await waiting(issue + 1000),
      await waiting(null),
      await waiting(issue, { promotion: { target: 'other' } }),
    ];
    const newer = await waiting();
    await supersede();
    expect(await stateOf(done)).toBe('succeeded');
    expect(await Promise.all(others.map(stateOf))).toEqual(states);
    for (const job of [...elsewhere, newer]) expect(await stateOf(job)).toBe('awaiting_approval');
    for (const { sessionId } of others)
      await plane.query(`UPDATE promotions SET state = 'aborted' WHERE session_id = $1`, [sessionId]);
  });

  it('takes no place where it leads less far, or people said no to it', async () => {
    const older = await waiting();
    const lower = await waiting(issue, { promotion: { level: 'patch' } });
    await supersede();
    expect([await stateOf(older), await stateOf(lower)]).toEqual(['awaiting_approval', 'pending']);
    const newer = await waiting();
    const { id } = await promotionOf(newer);
    const given = { answer: 'reject', reason: 'no' } as const;
    await plane.changes.run((change) => plane.app.get(PromotionService).answer(change, approver, id, given));
    await supersede();
    expect(await stateOf(older)).toBe('awaiting_approval');
  });

  it('takes no place of what reviewers have before them', async () => {
    const older = await waiting();
    await plane.query(
      `INSERT INTO pull_requests (id, session_id, repository_id, promotion_id, number, url, branch, target, head, state, draft)
       SELECT $1, session_id, repository_id, id, $2, 'https://x', 'b', target, 'h', 'open', true
       FROM promotions WHERE session_id = $3`,
      [newId('pullRequest'), issue, older.sessionId],
    );
    await waiting();
    await supersede();
    expect(await stateOf(older)).toBe('awaiting_approval');
    expect(await plane.verify()).toBe(true);
  });
});
