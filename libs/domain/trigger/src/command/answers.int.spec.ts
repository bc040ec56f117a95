import { AccessService } from '@gatehouse/policy';
import { newId } from '@gatehouse/session';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IdentityService } from '../identity.service.js';
import { ignoredReasons } from '../intent.js';
import { candidateRow, waitingRow } from '../approval.fixture.js';
import { heard, people, said } from '../forge.fixture.js';
import { TriggerFixture } from '../trigger.fixture.js';

let plane: TriggerFixture;
const ids: Record<string, number> = { maria: 21, olga: 22, hugo: 23, nora: 24 };
const user = (login: string) => ({ id: ids[login] ?? 99, login, type: 'User' });
const repository = { id: 186853002, name: 'widgets', owner: { login: 'acme' } };
const head = 'c0'.repeat(20);

beforeAll(async () => {
  plane = await TriggerFixture.start();
  Object.assign(people, { maria: 'write', olga: 'write', hugo: 'write', nora: 'write' });
  await plane.trigger('fix', { on: { label: 'gatehouse:run' } });
  const access = plane.app.get(AccessService);
  const identities = plane.app.get(IdentityService);
  for (const [login, role] of [
    ['olga', 'approver'],
    ['hugo', 'requester'],
  ] as const)
    await plane.changes.run(async (change) => {
      const made = await access.createPrincipal(change, { name: login, kind: 'user', roles: [role] }, 'test');
      await identities.link(change, made, { login: login.toUpperCase() }, 'test');
    });
});
afterAll(() => plane?.stop());

let number = 100;
let comments = 5_000;
let session: string;
let promotion: string;
let candidate: string;

const stateOf = async (id: string): Promise<string> => {
  const [row] = await plane.query<{ state: string }>(`SELECT state FROM promotions WHERE id = $1`, [id]);
  return row!.state;
};

beforeEach(async () => {
  number += 1;
  const issue = { number, title: 'T', body: '', state: 'open', user: user('maria'), updated_at: 'now' };
  const label = { name: 'gatehouse:run' };
  const came = await plane.deliver('issues', {
    ...{ action: 'labeled', repository, sender: user('maria'), label, issue },
  });
  expect(came).toContain('made a job');
  const [row] = await plane.query<{ id: string }>(`SELECT id FROM sessions ORDER BY id DESC LIMIT 1`);
  session = row!.id;
  await plane.query(`UPDATE sessions SET state = 'idle' WHERE id = $1`, [session]);
  candidate = await candidateRow(plane);
  promotion = await waitingRow(plane, session, candidate);
});

describe('a label that is set once more', () => {
  const again = (when: string) =>
    plane.deliver('issues', {
      ...{ action: 'labeled', repository, sender: user('maria'), label: { name: 'gatehouse:run' } },
      issue: { number, title: 'T', body: 'More.', state: 'open', user: user('maria'), updated_at: when },
    });

  it('makes another job where what the first came to waits for people, and none while that is at work', async () => {
    await plane.query(`UPDATE promotions SET state = 'running' WHERE id = $1`, [promotion]);
    expect(await again('then')).toBe(`ignored: ignored: ${ignoredReasons.live}.`);
    await plane.query(`UPDATE promotions SET state = 'awaiting_approval' WHERE id = $1`, [promotion]);
    expect(await again('later')).toContain('made a job of issue');
    expect(await again('later still')).toBe(`ignored: ignored: ${ignoredReasons.live}.`);
  });

  it('makes none while reviewers have it before them, whatever waits beside that', async () => {
    await plane.query(
      `INSERT INTO pull_requests (id, session_id, repository_id, promotion_id, number, url, branch, target, head, state, draft)
       VALUES ($1, $2, $3, $4, $5, 'https://github.com/x', 'b', 'main', $6, 'open', true)`,
      [newId('pullRequest'), session, plane.repositoryId, promotion, number, head],
    );
    expect(await again('later')).toBe(`ignored: ignored: ${ignoredReasons.live}.`);
  });
});

const commented = (by: string, body: string, at = new Date(), more: Record<string, unknown> = {}) => ({
  ...{ action: 'created', repository, sender: user(by) },
  issue: { number, title: 'T', state: 'open', user: user('maria'), updated_at: 'x', ...more },
  comment: { id: (comments += 1), body, created_at: at.toISOString() },
});
const comment = (...of: Parameters<typeof commented>) => plane.deliver('issue_comment', commented(...of));

describe('an answer in a comment', () => {
  it('of a linked approver counts, with its address', async () => {
    expect(await comment('olga', '/gatehouse approve fine')).toBe('handled: approve: olga: approve.');
    expect(await stateOf(promotion)).toBe('pending');
    const [row] = await plane.query<{ reason: string }>(
      `SELECT reason FROM approvals WHERE promotion_id = $1`,
      [promotion],
    );
    expect(row?.reason).toBe(
      `fine (https://github.com/acme/widgets/issues/${number}#issuecomment-${comments})`,
    );
  });

  it('counts nowhere but in the process that people act through: the login of the engine may not write it', async () => {
    const id = await plane.receive('issue_comment', commented('olga', '/gatehouse approve'));
    const before = await plane.waiting();
    await plane.run('engine', 'webhook.handle', id);
    expect(await plane.waiting()).toEqual(before);
    await expect(plane.run('engine', 'webhook.wish', id)).rejects.toThrow(/permission denied/);
    expect(await stateOf(promotion)).toBe('awaiting_approval');
    await plane.run('api', 'webhook.wish', id);
    expect(await plane.came(id)).toBe('handled: approve: olga: approve.');
    expect(await stateOf(promotion)).toBe('pending');
  });

  it('to reject ends it', async () => {
    expect(await comment('olga', '/gatehouse reject no')).toContain('handled: reject');
    expect(await stateOf(promotion)).toBe('aborted');
  });

  it.each([
    ['of who asked for the job', 'maria', /^handled: refused: .*nobody approves their own work/],
    ['of a linked principal without the role', 'hugo', /^handled: refused: promotions:approve is needed/],
    [
      'of an account that stands for nobody',
      'nora',
      /^handled: refused: This account stands for no principal/,
    ],
  ])('%s is refused', async (_what, by, why) => {
    expect(await comment(by, '/gatehouse approve')).toMatch(why);
    expect(await stateOf(promotion)).toBe('awaiting_approval');
  });

  it('of a bot, or of an approver who may write no more, is ignored', async () => {
    const bot = { id: ids['olga'], login: 'olga', type: 'Bot' };
    const given = { ...commented('olga', '/gatehouse approve'), sender: bot };
    expect(await plane.deliver('issue_comment', given)).toContain(ignoredReasons.bot);
    people['olga'] = 'read';
    expect(await comment('olga', '/gatehouse approve')).toContain(ignoredReasons.actor);
    people['olga'] = 'write';
    expect(await stateOf(promotion)).toBe('awaiting_approval');
  });

  describe('that the forge does not show so', () => {
    const given = () => commented('olga', '/gatehouse approve');

    it.each([
      ['by somebody else', { author: { id: 21, login: 'maria' } }],
      ['in other words', { body: '/gatehouse reject' }],
      ['elsewhere', { number: 1 }],
      ['at that time', { createdAt: new Date(0) }],
    ])('is no answer: %s', async (_what, other) => {
      const id = await plane.receive('issue_comment', given());
      said.set(comments, { ...said.get(comments), ...other });
      await plane.handle(id);
      expect(await plane.came(id)).toContain(ignoredReasons.unsaid);
      expect(await stateOf(promotion)).toBe('awaiting_approval');
    });

    it('is asked for again while it is young, and is none in the end', async () => {
      const id = await plane.receive('issue_comment', given());
      said.delete(comments);
      await expect(plane.handle(id)).rejects.toMatchObject({ code: 'forge.unavailable' });
      expect(await plane.came(id)).toContain('received');
      await plane.query(
        `UPDATE webhook_deliveries SET received_at = now() - interval '1 minute' WHERE id = $1`,
        [id],
      );
      await plane.handle(id);
      expect(await plane.came(id)).toContain(ignoredReasons.unsaid);
      expect(await stateOf(promotion)).toBe('awaiting_approval');
    });
  });

  it('of another account that took over a login is nobody’s', async () => {
    await comment('olga', '/gatehouse status');
    await comment('olga', '/gatehouse approve');
    ids['olga'] = 77;
    expect(await comment('olga', '/gatehouse reject')).toMatch(
      /^handled: refused: This account stands for no/,
    );
    ids['olga'] = 22;
  });

  it('that was written before it was asked for does not count', async () => {
    expect(await comment('olga', '/gatehouse approve', new Date(Date.now() - 3_600_000))).toMatch(
      /^handled: refused: A newer candidate waits/,
    );
    expect(await stateOf(promotion)).toBe('awaiting_approval');
  });
});

describe('a review of our pull request', () => {
  const given = (by: string, state: string, commit = head, at = number) => ({
    ...{ action: 'submitted', repository, sender: user(by) },
    pull_request: { number: at, head: { sha: head, repo: { id: 1 } }, base: { repo: { id: 1 } } },
    review: { id: (comments += 1), state, body: 'words', commit_id: commit },
  });
  const review = (...of: Parameters<typeof given>) => plane.deliver('pull_request_review', given(...of));

  beforeEach(() =>
    plane.query(
      `INSERT INTO pull_requests (id, session_id, repository_id, promotion_id, number, url, branch, target, head, state, draft)
       VALUES ($1, $2, $3, $4, $5, 'https://github.com/x', 'b', 'main', $6, 'open', true)`,
      [newId('pullRequest'), session, plane.repositoryId, promotion, number, head],
    ),
  );

  it('approves what it is about', async () => {
    expect(await review('olga', 'approved')).toBe('handled: approve: olga approves.');
    expect(await stateOf(promotion)).toBe('pending');
  });

  it('counts where no delivery told of it, once', async () => {
    const ago = new Date(Date.now() - 120_000);
    const author = { id: ids['olga']!, login: 'olga', type: 'user' } as const;
    const one = { id: (comments += 1), author, state: 'approved', body: 'words', commit: head } as const;
    const commented = { ...one, id: (comments += 1), state: 'commented' } as const;
    heard.reviews = [one, commented].map((it) => ({ ...it, submittedAt: ago }));
    heard.pulls = [number, number + 5_000].map((it) => ({
      ...{
        number: it,
        url: 'https://github.com/x',
        state: 'open',
        draft: true,
        title: 'T',
        body: '',
        author,
      },
      ...{ head: { ref: 'b', sha: head, repo: { owner: 'Acme', name: 'widgets' } }, mergedCommit: null },
      ...{ base: { ref: 'main', sha: head }, createdAt: ago, updatedAt: ago },
    }));
    said.set(one.id, { ...one });
    await plane.query(`UPDATE repositories SET heard_until = now() - interval '1 hour'`);
    expect(await plane.hear()).toEqual(['handled: approve: olga approves.']);
    expect(await stateOf(promotion)).toBe('pending');
    expect(await plane.hear()).toEqual([]);
    Object.assign(heard, { reviews: [], pulls: [] });
  });

  it('never approves a newer candidate that nobody has seen there', async () => {
    await plane.query(`UPDATE promotions SET state = 'aborted' WHERE id = $1`, [promotion]);
    const newer = await waitingRow(plane, session, await candidateRow(plane));
    expect(await review('olga', 'approved')).toMatch(/^handled: refused: .*Look at it again/);
    expect(await stateOf(newer)).toBe('awaiting_approval');
  });

  it.each([
    ['about an older commit', 'olga', 'approved', 'aa'.repeat(20), ignoredReasons.commit],
    ['that only comments', 'olga', 'commented', head, ignoredReasons.comment],
    ['of an account that stands for nobody', 'nora', 'approved', head, ignoredReasons.unknown_account],
  ])('%s is ignored', async (_what, by, state, commit, why) => {
    expect(await review(by, state, commit)).toBe(`ignored: ignored: ${why}.`);
    expect(await stateOf(promotion)).toBe('awaiting_approval');
  });

  it.each([
    ['was dismissed', { state: 'dismissed' }],
    ['is somebody else’s', { author: { id: 21, login: 'maria' } }],
    ['is about another commit', { commit: 'aa'.repeat(20) }],
  ])('that at the forge %s does not count', async (_what, other) => {
    const id = await plane.receive('pull_request_review', given('olga', 'approved'));
    said.set(comments, { ...said.get(comments), ...other });
    await plane.handle(id);
    expect(await plane.came(id)).toContain(ignoredReasons.unsaid);
    expect(await stateOf(promotion)).toBe('awaiting_approval');
  });

  it('of a pull request that is not ours is ignored', async () => {
    expect(await review('olga', 'approved', head, 9_999)).toContain(ignoredReasons.pull);
  });

  it('that asks for a change makes another attempt, which no reply repeats', async () => {
    await plane.query(`UPDATE attempts SET state = 'succeeded' WHERE session_id = $1`, [session]);
    expect(await review('hugo', 'changes_requested')).toBe('handled: change: hugo asks for a change.');
    const told = () =>
      plane.query(`SELECT feedback FROM attempts WHERE session_id = $1 AND state = 'queued'`, [session]);
    expect(await told()).toEqual([{ feedback: 'words' }]);
    // Said in a comment while that one is at work.
    const under = { pull_request: {} };
    expect(await comment('hugo', '/gatehouse use a map', new Date(), under)).toMatch(
      /^handled: refused: .*is at work already/,
    );
    expect(await told()).toHaveLength(1);
    expect((await plane.replies()).join('\n')).not.toMatch(/use a map|words/);
  });

  it('makes the forge be asked when the pull request changes', async () => {
    const closed = {
      ...{ action: 'closed', repository, sender: { id: 5, login: 'x[bot]', type: 'Bot' } },
      pull_request: { number, head: { sha: head, repo: { id: 1 } }, base: { repo: { id: 1 } } },
    };
    expect(await plane.deliver('pull_request', closed)).toContain('handled: look');
    expect(await plane.waiting()).toContain('pull_request.look');
  });
});
