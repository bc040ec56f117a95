import { AccessService } from '@gatehouse/policy';
import { newId } from '@gatehouse/session';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { candidateRow, waitingRow } from '../approval.fixture.js';
import { heard, people, reader, said } from '../forge.fixture.js';
import { IdentityService } from '../identity.service.js';
import { ignoredReasons } from '../intent.js';
import { TriggerFixture } from '../trigger.fixture.js';

const ids: Record<string, number> = { maria: 21, olga: 22, hugo: 23 };
const user = (login: string) => ({ id: ids[login], login, type: 'User' });
const repository = { id: 186853002, name: 'widgets', owner: { login: 'acme' } };
const head = 'c0'.repeat(20);

describe('a review that is dismissed', () => {
  let plane: TriggerFixture;
  let number = 700;
  let session: string;
  let promotion: string;

  beforeAll(async () => {
    plane = await TriggerFixture.start();
    Object.assign(people, { maria: 'write', olga: 'write', hugo: 'write' });
    await plane.trigger('fix', { on: { label: 'gatehouse:run' } });
    await plane.changes.run(async (change) => {
      const olga = { name: 'olga', kind: 'user', roles: ['approver'] } as const;
      const made = await plane.app
        .get(AccessService)
        .createPrincipal(change, { ...olga, roles: [...olga.roles] }, 'test');
      await plane.app.get(IdentityService).link(change, made, { login: 'OLGA' }, 'test');
    });
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    number += 1;
    await plane.deliver('issues', {
      ...{ action: 'labeled', repository, sender: user('maria'), label: { name: 'gatehouse:run' } },
      issue: { number, title: 'T', body: '', state: 'open', user: user('maria'), updated_at: 'now' },
    });
    const [row] = await plane.query<{ id: string }>(`SELECT id FROM sessions ORDER BY id DESC LIMIT 1`);
    session = row!.id;
    await plane.query(`UPDATE sessions SET state = 'idle' WHERE id = $1`, [session]);
    promotion = await waitingRow(plane, session, await candidateRow(plane));
    await plane.query(
      `INSERT INTO pull_requests (id, session_id, repository_id, promotion_id, number, url, branch, target, head, state, draft)
       VALUES ($1, $2, $3, $4, $5, 'https://github.com/x', 'b', 'main', $6, 'open', true)`,
      [newId('pullRequest'), session, plane.repositoryId, promotion, number, head],
    );
  });

  const told = (action: string, by: string, state: string) => ({
    ...{ action, repository, sender: user(by) },
    pull_request: { number, head: { sha: head, repo: { id: 1 } }, base: { repo: { id: 1 } } },
    review: { id: number, state, body: 'words', commit_id: head },
  });
  const review = (state: string) => plane.deliver('pull_request_review', told('submitted', 'olga', state));
  const dismiss = async (atForge = 'dismissed'): Promise<string> => {
    const id = await plane.receive('pull_request_review', told('dismissed', 'hugo', 'dismissed'));
    said.set(number, { ...said.get(number), state: atForge });
    await plane.handle(id);
    return plane.came(id);
  };
  const counting = async (): Promise<number> => {
    const rows = await plane.query(`SELECT 1 FROM approvals WHERE promotion_id = $1 AND expires_at > now()`, [
      promotion,
    ]);
    return rows.length;
  };

  it('approves no more what is not published, once, and its history says so', async () => {
    expect(await review('approved')).toBe('handled: approve: olga approves.');
    expect(await counting()).toBe(1);
    expect(await dismiss()).toBe('handled: withdraw: What olga approved counts no more.');
    expect(await counting()).toBe(0);
    expect(await plane.events(session)).toContain('approval.withdrawn');
    expect(await dismiss()).toContain(ignoredReasons.done);
  });

  it('is heard where no delivery told of it, once, and by nobody’s name', async () => {
    await review('approved');
    const olga = { id: 22, login: 'olga', type: 'user' } as const;
    const [at, sha] = [new Date(0), head];
    const one = { id: number, author: olga, state: 'dismissed', body: '', commit: sha, submittedAt: at };
    const branch = { ref: 'b', sha, repo: { owner: 'acme', name: 'widgets' } };
    const pull = { number, state: 'open', head: branch, author: olga, updatedAt: at };
    const unheard = { ...one, id: number + 1_000_000 };
    Object.assign(heard, { pulls: [pull], reviews: [one, unheard] });
    const changed = jest.spyOn(reader, 'pullsUpdatedSince').mockResolvedValue([]);
    await plane.query(`UPDATE repositories SET heard_until = now() - interval '1 hour', heard_at = NULL`);
    // Shown in the list before it is one.
    expect(await plane.hear()).toEqual([expect.stringContaining(ignoredReasons.unsaid)]);
    expect(await counting()).toBe(1);
    await plane.query(`DELETE FROM webhook_deliveries WHERE delivery_id LIKE 'poll:%'`);
    said.set(number, { ...said.get(number), state: 'dismissed' });
    expect(await plane.hear()).toEqual(['handled: withdraw: What olga approved counts no more.']);
    expect(await counting()).toBe(0);
    const [told] = await plane.query<{ payload: string }>(
      `SELECT payload FROM ledger_payloads WHERE payload LIKE '%Somebody dismissed the review%' LIMIT 1`,
    );
    expect(told?.payload).toContain('olga approved');
    expect(await plane.hear()).toEqual([]);
    changed.mockRestore();
    Object.assign(heard, { pulls: [], reviews: [] });
  });

  it.each(['succeeded', 'aborted'])('changes nothing of what %s', async (state) => {
    await review('approved');
    await plane.query(
      `UPDATE promotions SET state = $2, ended_at = now(), published_tree = $3 WHERE id = $1`,
      [promotion, state, state === 'succeeded' ? 't' : null],
    );
    expect(await dismiss()).toContain(ignoredReasons.unchanged);
    expect(await counting()).toBe(1);
  });

  it('is nothing where it approved nothing', async () => {
    await review('commented');
    expect(await dismiss()).toContain(ignoredReasons.unchanged);
  });

  it('is none where the forge does not show that', async () => {
    await review('approved');
    expect(await dismiss('approved')).toContain(ignoredReasons.unsaid);
    expect(await counting()).toBe(1);
  });
});
