import type { ForgeComment, ForgeIssue } from '@gatehouse/forge';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HearingService } from './hearing.service.js';
import { ignoredReasons } from '../intent.js';
import { heard, named, people, said } from '../forge.fixture.js';
import { TriggerFixture } from '../trigger.fixture.js';

let plane: TriggerFixture;
const maria = { id: 21, login: 'maria', type: 'user' } as const;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

beforeAll(async () => {
  plane = await TriggerFixture.start();
  people['maria'] = 'write';
  await plane.trigger('fix', { on: { command: 'run' } });
});
afterAll(() => plane?.stop());

let id = 700;
/** A comment as the forge shows it, to whoever asks for one and for all. */
const comment = (body: string, more: Partial<ForgeComment> = {}): ForgeComment => {
  id += 1;
  const at = more.createdAt ?? minutesAgo(5);
  const one: ForgeComment = {
    ...{ kind: 'issue', id, number: id, author: maria, body, path: null, line: null, commit: null },
    ...{ url: 'https://github.com/x', createdAt: at, updatedAt: at, ...more },
  };
  heard.comments.push(one);
  said.set(id, { ...one });
  const issue: ForgeIssue = {
    ...{ number: id, title: 'T', body: 'B', state: 'open', author: maria, labels: [], isPull: false },
    ...{ url: 'https://github.com/x', createdAt: minutesAgo(9), updatedAt: minutesAgo(5) },
  };
  heard.issues.set(id, issue);
  return one;
};

const payloadOf = ({ id: number, body, createdAt }: ForgeComment) => ({
  ...{ action: 'created', repository: { id: 186853002, name: 'widgets', owner: { login: 'acme' } } },
  sender: { id: maria.id, login: maria.login, type: 'User' },
  issue: {
    ...{ number, title: 'T', body: 'B', state: 'open', updated_at: 'now' },
    user: { id: maria.id, login: maria.login, type: 'User' },
  },
  comment: { id: number, body, created_at: createdAt.toISOString() },
});

beforeEach(async () => {
  Object.assign(heard, { comments: [], reviews: [], pulls: [] });
  await plane.query(`UPDATE repositories SET heard_until = now() - interval '1 hour', heard_at = NULL`);
});

describe('what was said at the forge and no delivery told of', () => {
  it('is heard, and makes its job once, whoever tells of it and however often', async () => {
    const one = comment('/gatehouse run');
    expect(await plane.hear()).toEqual([expect.stringContaining('made a job')]);
    expect(await plane.hear()).toEqual([]);
    await plane.query(`UPDATE repositories SET heard_until = now() - interval '1 hour'`);
    expect(await plane.hear()).toEqual([]);
    expect(await plane.deliver('issue_comment', payloadOf(one))).toContain(ignoredReasons.done);
    expect(await plane.jobs()).toHaveLength(1);
  });

  it('is not heard again where a delivery told of it', async () => {
    const one = comment('/gatehouse status');
    await plane.deliver('issue_comment', payloadOf(one));
    expect(await plane.hear()).toEqual([]);
  });

  it('has its effect once where both are handled at the same moment', async () => {
    const before = (await plane.jobs()).length;
    const words = comment('/gatehouse run');
    const delivered = await plane.receive('issue_comment', payloadOf(words));
    const ids = [delivered, ...(await plane.listen())];
    expect(ids).toHaveLength(2);
    for (const one of ids) await plane.run('engine', 'webhook.handle', one);
    await Promise.allSettled(ids.map((one) => plane.run('api', 'webhook.wish', one)));
    // Who came second was refused by the database, and is handled again as every task is.
    for (const one of ids) await plane.run('api', 'webhook.wish', one);
    const came = await Promise.all(ids.map((one) => plane.came(one)));
    expect(came.filter((line) => line.startsWith('handled'))).toHaveLength(1);
    expect(came.join()).toContain(ignoredReasons.done);
    expect(await plane.jobs()).toHaveLength(before + 1);
  });

  it.each([
    ['no word to us', () => comment('looks good')],
    ['a bot’s', () => comment('/gatehouse run', { author: { id: 5, login: 'x[bot]', type: 'bot' } })],
    [
      'an account’s that is gone',
      () => comment('/gatehouse run', { author: { id: 0, login: 'ghost', type: 'other' } }),
    ],
    [
      'edited since: whoever may write to the repository may have put the words into its author’s mouth',
      () => comment('/gatehouse run', { updatedAt: minutesAgo(4) }),
    ],
    ['older than the time before', () => comment('/gatehouse run', { createdAt: minutesAgo(90) })],
    [
      'so young that its delivery may be on its way',
      () => comment('/gatehouse run', { createdAt: new Date() }),
    ],
  ])('is left alone where it is %s', async (_what, say) => {
    say();
    expect(await plane.hear()).toEqual([]);
  });

  it('is heard though the forge hides what something beside it was said about', async () => {
    const hidden = comment('/gatehouse status');
    heard.issues.delete(hidden.number);
    comment('/gatehouse status');
    expect(await plane.hear()).toHaveLength(1);
  });

  it('is asked for from where a list was cut off that was too long', async () => {
    const at = minutesAgo(30);
    for (let count = 0; count < 1000; count += 1) comment('hm', { createdAt: at });
    const until = async () => {
      const [row] = await plane.query<{ at: Date }>(
        'SELECT heard_until AS at FROM repositories WHERE id = $1',
        [plane.repositoryId],
      );
      return row!.at.getTime();
    };
    await plane.hear();
    expect(await until()).toBe(at.getTime());
    // Where all of it is of one moment there is no getting on otherwise.
    await plane.hear();
    expect(await until()).toBeGreaterThan(minutesAgo(5).getTime());
  });

  it('counts from when somebody first listened', async () => {
    await plane.query(`UPDATE repositories SET heard_until = NULL`);
    comment('/gatehouse run');
    expect(await plane.hear()).toEqual([]);
    const [row] = await plane.query<{ heard: boolean }>(
      'SELECT heard_until IS NOT NULL AS heard FROM repositories',
    );
    expect(row?.heard).toBe(true);
  });

  it('makes the number of the repository known, by which deliveries find it whatever it is called by then', async () => {
    const id = await plane.repository('acme/gears', null);
    named['acme/gears'] = { id: 4242, owner: 'acme', name: 'gears' };
    await plane.query(`UPDATE repositories SET heard_until = now() - interval '1 hour' WHERE id = $1`, [id]);
    await plane.run('api', 'forge.hear', id);
    const branch = { ref: 'refs/heads/main', sender: { id: 21, login: 'maria', type: 'User' } };
    const renamed = { id: 4242, name: 'cogs', owner: { login: 'other' } };
    expect(await plane.deliver('push', { ...branch, repository: renamed })).toContain('acme/gears');
  });

  it('is heard where the repository went to, never where another has its name', async () => {
    const rows = () =>
      plane.query<{ name: string; source: string; error: string | null }>(
        'SELECT name, source, mirror_error AS error FROM repositories WHERE id = $1',
        [plane.repositoryId],
      );
    const [before] = await rows();
    const known = named['acme/widgets']!;
    // Somebody took the name, and ours is not to be seen.
    named['acme/widgets'] = { ...known, id: 99 };
    comment('/gatehouse status');
    expect(await plane.hear()).toEqual([]);
    expect(await rows()).toEqual([{ ...before, error: expect.stringContaining('its number is 99') }]);
    named['other/cogs'] = { ...known, owner: 'other', name: 'cogs' };
    expect(await plane.hear()).toHaveLength(1);
    expect(await rows()).toMatchObject([{ source: expect.stringMatching(/\/other\/cogs$/), error: null }]);
    named['acme/widgets'] = known;
    delete named['other/cogs'];
    await plane.query('UPDATE repositories SET source = $2, name = $3 WHERE id = $1', [
      ...[plane.repositoryId, before!.source, before!.name],
    ]);
  });

  it('is asked of repositories that listen, one task each, and not before its time', async () => {
    const hearing = plane.app.get(HearingService);
    await hearing.poll();
    await hearing.poll();
    expect((await plane.waiting()).filter((type) => type === 'forge.hear')).toHaveLength(1);
    await plane.query(`DELETE FROM tasks WHERE type = 'forge.hear'`);
    await plane.query(`UPDATE repositories SET heard_at = now()`);
    await hearing.poll();
    expect(await plane.waiting()).not.toContain('forge.hear');
  });
});
