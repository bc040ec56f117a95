import { PolicyDocument } from '@gatehouse/contracts';
import { PolicySetService } from '@gatehouse/policy';
import { PromotionService } from '@gatehouse/promotion';
import { newId, RepositoryService } from '@gatehouse/session';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrchestrationFixture, type Person } from './orchestration.fixture.js';
import { Verifier } from './proven.fixture.js';

const untilVerdict = ['session.intake', 'candidate.assess', 'candidate.conclude'];

describe('a promotion that follows another one', () => {
  let plane: OrchestrationFixture;
  let approver: Person;
  let issue = 0;
  beforeAll(async () => {
    plane = await OrchestrationFixture.start();
    plane.git('branch', 'other');
    const [{ id } = { id: '' }] = await plane.query<{ id: string }>('SELECT id FROM repositories');
    await plane.app.get(RepositoryService).refresh(id);
    approver = await person();
    await policy();
    await plane.query(
      `INSERT INTO triggers (id, repository_id, name, version, digest, document, fires_on, state, current, created_by)
       SELECT 'trg', id, 'fix', 1, 'd', '{}', 'label:x', 'active', true, $1 FROM repositories`,
      [plane.requester.id],
    );
  });
  beforeEach(() => void (issue += 1));
  afterAll(() => plane.stop());

  const person = async (): Promise<Person> => {
    const roles: Person['roles'] = ['approver'];
    return { ...(await plane.principal('user', [...roles])), kind: 'user', roles };
  };
  /** Of the installation: one person has to agree. */
  const policy = (more: Record<string, unknown> = {}) => {
    const document = PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'test', layer: 'installation' },
      spec: { promotion: { approvals: { quorum: 1 }, ...more } },
    });
    return plane.changes.run((change) =>
      plane.app.get(PolicySetService).publish(change, document, plane.requester),
    );
  };
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

  describe('of a newer job of the same issue', () => {
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
      await plane.changes.run((change) =>
        plane.app.get(PromotionService).answer(change, approver, id, given),
      );
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
      await plane.changes.run((change) =>
        plane.app.get(PromotionService).answer(change, approver, id, given),
      );
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

  describe('of the same session', () => {
    const answered = async (
      job: { sessionId: string },
      answer: 'approve' | 'reject' = 'approve',
      who = approver,
    ) => {
      const { id } = await promotionOf(job);
      await plane.changes.run((change) =>
        plane.app.get(PromotionService).answer(change, who, id, { answer, reason: '' }),
      );
    };
    /** The head of the target has another tree. */
    const theirs = (): void => {
      writeFileSync(join(plane.source, `new-${Math.random()}.txt`), 'theirs\n');
      plane.git('add', '-A');
      plane.git('commit', '-qm', 'theirs');
    };
    /** The head of the target is another commit now, of the same tree. */
    const moves = () => plane.git('commit', '-q', '--allow-empty', '-m', 'nothing new');
    const eventsOf = async ({ sessionId }: { sessionId: string }) =>
      (await plane.ledger.readPage(sessionId, { after: 0, limit: 1000 })).items.map(({ type }) => type);

    it('asks nobody again where everything that approvals are bound to is equal after a merge', async () => {
      const job = await waiting(null);
      await answered(job);
      const head = plane.git('rev-parse', 'main');
      moves();
      await plane.drain();
      const promotion = await plane.app.get(PromotionService).find((await promotionOf(job)).id);
      expect(promotion).toMatchObject({ state: 'succeeded', approvalsGiven: 1 });
      expect(promotion.approvals.map(({ principal }) => principal.id)).toEqual([approver.id]);
      expect(promotion.approvals[0]?.promotionId).not.toBe(promotion.id);
      expect(plane.git('rev-parse', `${promotion.result?.branch}~2`)).toBe(head);
      const types = await eventsOf(job);
      expect(types.filter((type) => type === 'approval.requested')).toHaveLength(1);
      expect(types.filter((type) => type === 'approval.kept')).toHaveLength(1);
      const [proof] = await (await Verifier.of(plane)).verify(`origin/${promotion.result?.branch}`);
      expect(proof).toMatchObject({ ok: true, fault: null, promotionId: promotion.id });
      expect(proof!.approvedBy).toMatchObject([{ id: approver.id }]);
    });

    it('asks nobody again where the policy changed and changed back before it was judged again', async () => {
      const job = await waiting(null);
      await answered(job);
      await policy({ openPullRequests: 4 });
      await plane.drain(['promotion.run']);
      expect(await promotionOf(job)).toMatchObject({ state: 'discarded', reasonCode: 'policy.changed' });
      await policy();
      await plane.drain();
      expect(await stateOf(job)).toBe('succeeded');
      expect(await eventsOf(job)).toContain('approval.kept');
    });

    it.each<[string, (id: string) => Promise<unknown>]>([
      ['the target moved to another tree', () => Promise.resolve(theirs())],
      [
        'they have run out',
        (id) => plane.query(`UPDATE approvals SET expires_at = now() WHERE promotion_id = $1`, [id]),
      ],
      [
        'they were bound to something else',
        (id) => plane.query(`UPDATE approvals SET binding_digest = 'other' WHERE promotion_id = $1`, [id]),
      ],
      [
        'somebody else said no to it',
        async (id) => {
          const { id: other } = await plane.principal('user', ['approver']);
          return plane.query(
            `INSERT INTO approvals (id, promotion_id, principal_id, answer, reason, binding_digest, expires_at)
             SELECT $1, id, $2, 'reject', '', binding_digest, now() + interval '1 hour' FROM promotions WHERE id = $3`,
            [newId('approval'), other, id],
          );
        },
      ],
    ])('asks again where %s', async (_what, happens) => {
      const job = await waiting(null);
      await answered(job);
      const { id } = await promotionOf(job);
      moves();
      await plane.drain(['promotion.run']);
      await happens(id);
      await plane.drain();
      expect((await promotionOf(job)).id).not.toBe(id);
      expect(await stateOf(job)).toBe('awaiting_approval');
      expect(await eventsOf(job)).not.toContain('approval.kept');
    });

    it('is proven with the approvals that were given anew, and with no others', async () => {
      const job = await waiting(null);
      await answered(job);
      theirs();
      await plane.drain();
      expect(await stateOf(job)).toBe('awaiting_approval');
      const other = await person();
      await answered(job, 'approve', other);
      await plane.drain();
      const { branch, id } = await promotionOf(job);
      const [proof] = await (await Verifier.of(plane)).verify(`origin/${branch}`);
      expect(proof).toMatchObject({ ok: true, fault: null, promotionId: id });
      expect(proof!.approvedBy).toMatchObject([{ id: other.id }]);
    });

    it('asks again where people took back what they had approved', async () => {
      const job = await waiting(null);
      await answered(job);
      const { id } = await promotionOf(job);
      moves();
      await plane.drain(['promotion.run']);
      await plane.drain(['session.rebase']);
      expect(await stateOf(job)).toBe('pending');
      await plane.query(`UPDATE promotions SET state = 'aborted' WHERE id = $1`, [id]);
      await plane.drain();
      expect(await promotionOf(job)).toMatchObject({
        state: 'awaiting_approval',
        reasonCode: 'approval.expired',
      });
    });

    it('has no approvals of another session, though all be equal', async () => {
      const [one, other] = [await waiting(null), await waiting(null)];
      expect((await promotionOf(one)).bindingDigest).toBe((await promotionOf(other)).bindingDigest);
      await answered(one);
      await plane.drain();
      expect([await stateOf(one), await stateOf(other)]).toEqual(['succeeded', 'awaiting_approval']);
      expect(await plane.verify()).toBe(true);
    });
  });
});
