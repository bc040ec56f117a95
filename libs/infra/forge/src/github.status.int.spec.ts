import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CheckRun } from './forge.js';
import type { Credentials } from './github.credentials.js';
import {
  commentJson,
  repo,
  repositoryJson,
  ScriptedForge,
  userJson,
  writerOf,
  type Reply,
} from './github.fixture.js';

const lost: Reply = { status: 201, json: {}, cut: 'half' };

describe('what is said beside a pull request', () => {
  const forge = new ScriptedForge();
  const open = (over?: Partial<Credentials>) => writerOf(forge, over);
  const writes = () => forge.calls.filter((call) => !call.startsWith('GET '));
  beforeAll(() => forge.listen());
  beforeEach(() => {
    forge.reset();
    forge.on('GET /repos/acme/widgets', { json: repositoryJson });
  });
  afterAll(() => forge.close());

  describe('a comment', () => {
    const comments = '/repos/acme/widgets/issues/7/comments';
    const mark = '<!-- gatehouse:status:ses_1 -->';
    const upsert = (body = 'B') => open().upsertComment(repo, 7, 'status:ses_1', body);

    it('is made once and edited in place', async () => {
      const there: ReturnType<typeof commentJson>[] = [];
      forge
        .on(`GET ${comments}`, () => ({ json: there }))
        .on(`POST ${comments}`, ({ body }) => {
          there.push(commentJson({ body: body['body'] }));
          return { status: 201, json: there[0] };
        })
        .on('PATCH /repos/acme/widgets/issues/comments/9', { json: commentJson() });
      await upsert();
      expect(there[0]?.body).toBe(`${mark}\nB`);
      await upsert();
      await upsert('C');
      expect(writes()).toEqual([`POST ${comments}`, 'PATCH /repos/acme/widgets/issues/comments/9']);
    });

    it('is not taken for one that somebody else marked', async () => {
      const other = { ...userJson, id: 6, login: 'mallory' };
      forge
        .on(`GET ${comments}`, {
          json: [
            commentJson({ id: 1, body: `${mark}\nB`, user: other }),
            commentJson({ id: 2, body: `> ${mark}` }),
          ],
        })
        .on(`POST ${comments}`, { status: 201, json: commentJson({ id: 3 }) });
      expect(await upsert()).toMatchObject({ id: 3 });
    });

    it('is found where the answer was lost, and made anew where it was deleted', async () => {
      forge
        .on(`GET ${comments}`, { json: [] }, { json: [commentJson({ id: 4, body: `${mark}\nB` })] })
        .on(`POST ${comments}`, { ...lost, json: commentJson() });
      expect(await upsert()).toMatchObject({ id: 4 });
      // Found now, and gone when it is edited.
      forge
        .on('PATCH /repos/acme/widgets/issues/comments/4', { status: 404, json: {} })
        .on(`POST ${comments}`, { status: 201, json: commentJson({ id: 5 }) });
      expect(await upsert('C')).toMatchObject({ id: 5 });
    });

    it('is found on the last page that an issue can have', async () => {
      forge.on(`GET ${comments}`, ({ query }) => ({
        json:
          query.get('page') !== '25'
            ? Array.from({ length: 100 }, (_, i) => commentJson({ id: i + 100 }))
            : [commentJson({ id: 8, body: `${mark}\nB` })],
      }));
      expect(await upsert()).toMatchObject({ id: 8 });
      expect(writes()).toEqual([]);
    });
  });

  it('is looked for later where the answer is lost and it does not show yet', async () => {
    const comments = '/repos/acme/widgets/issues/7/comments';
    const runs = '/repos/acme/widgets/check-runs';
    const sha = 'd'.repeat(40);
    forge
      .on(`GET ${comments}`, { json: [] })
      .on(`POST ${comments}`, { status: 502 })
      .on(`GET /repos/acme/widgets/commits/${sha}/check-runs`, { json: { check_runs: [] } })
      .on(`POST ${runs}`, lost);
    const run = { name: 'g', headSha: sha, externalId: 'c', title: 't', summary: 's', annotations: [] };
    const later = { code: 'forge.unavailable', details: { retryAfterMs: 20_000 } };
    await expect(open().upsertComment(repo, 7, 'm', 'B')).rejects.toMatchObject(later);
    await expect(
      open().upsertCheckRun(repo, { ...run, status: 'completed', conclusion: 'success' }),
    ).rejects.toMatchObject(later);
    expect(writes()).toEqual([`POST ${comments}`, `POST ${runs}`]);
  });

  describe('a check run', () => {
    const runs = '/repos/acme/widgets/check-runs';
    const sha = 'd'.repeat(40);
    const run: CheckRun = {
      name: 'gatehouse',
      headSha: sha,
      externalId: 'cnd_1',
      status: 'completed',
      conclusion: 'success',
      title: 'Passed',
      summary: 'All gates',
      annotations: Array.from({ length: 60 }, () => ({
        path: 'a',
        startLine: 1,
        endLine: 2,
        level: 'warning' as const,
        title: 't',
        message: 'm',
      })),
    };

    it('is made once, found by what we call it, and edited', async () => {
      const there: object[] = [{ id: 1, external_id: 'cnd_0', html_url: 'https://x' }];
      forge
        .on(`GET /repos/acme/widgets/commits/${sha}/check-runs`, () => ({ json: { check_runs: there } }))
        .on(`POST ${runs}`, () => {
          there.push({ id: 2, external_id: 'cnd_1', html_url: null });
          return { ...lost, json: { id: 2 } };
        })
        .on(`PATCH ${runs}/2`, { json: { id: 2, html_url: 'https://x/2' } });
      expect(await open().upsertCheckRun(repo, run)).toEqual({ id: 2, url: '' });
      expect(await open().upsertCheckRun(repo, run)).toEqual({ id: 2, url: 'https://x/2' });
      expect(writes()).toEqual([`POST ${runs}`, `PATCH ${runs}/2`]);
      const { body } = forge.asked.find(({ method }) => method === 'POST') ?? {};
      expect(body).toMatchObject({
        name: 'gatehouse',
        head_sha: sha,
        external_id: 'cnd_1',
        conclusion: 'success',
      });
      expect((body as { output: { annotations: unknown[] } }).output.annotations).toHaveLength(50);
      expect((body as { output: { annotations: unknown[] } }).output.annotations[0]).toEqual({
        path: 'a',
        start_line: 1,
        end_line: 2,
        annotation_level: 'warning',
        title: 't',
        message: 'm',
      });
    });
  });

  it('adds labels, and asks nothing for none', async () => {
    forge.on('POST /repos/acme/widgets/issues/7/labels', { json: [{ name: 'a' }] });
    await open().addLabels(repo, 7, ['a']);
    await open().addLabels(repo, 7, []);
    expect(forge.asked.map(({ body }) => body)).toEqual([{ labels: ['a'] }]);
  });

  describe('before anything is written', () => {
    const rules = '/repos/acme/widgets/rules/branches/gatehouse%2Fx';
    const plan = { branch: 'gatehouse/x', target: 'main' };
    const faults = async (over: Partial<Credentials> = {}) =>
      (await open(over).preflight(repo, plan))
        .filter(({ ok }) => !ok)
        .map(({ check, fix }) => [check, fix.length > 9]);
    beforeEach(() => {
      forge
        .on('GET /repos/acme/widgets/branches/main', { json: { name: 'main' } })
        .on(`GET ${rules}`, { json: [] });
    });

    it('lists nothing where all is well', async () => {
      expect(await faults()).toEqual([]);
      expect((await open().preflight(repo, plan)).map(({ check }) => check)).toEqual([
        'forge.installation',
        'forge.permissions',
        'forge.archived',
        'forge.drafts',
        'forge.target',
        'forge.rules',
        'forge.clock',
      ]);
    });

    it('names each thing that is missing, with what to do', async () => {
      forge
        .on('GET /repos/acme/widgets', {
          json: { ...repositoryJson, archived: true },
          headers: { date: new Date(Date.now() - 600_000).toUTCString() },
        })
        .on('GET /repos/acme/widgets/branches/main', { status: 404, json: {}, headers: { date: '' } })
        .on(`GET ${rules}`, {
          json: [{ type: 'required_signatures' }, { type: 'deletion' }],
          headers: { date: '' },
        });
      expect(
        await faults({ permissions: () => Promise.resolve({ contents: 'read', metadata: 'read' }) }),
      ).toEqual([
        ['forge.permissions', true],
        ['forge.archived', true],
        ['forge.target', true],
        ['forge.rules', true],
        ['forge.clock', true],
      ]);
    });

    it('says that a repository cannot be seen, and throws where the forge does not answer', async () => {
      forge.on('GET /repos/acme/widgets', { status: 404, json: {} });
      expect(await faults()).toEqual([['forge.installation', true]]);
      forge.on('GET /repos/acme/widgets', { status: 502 });
      await expect(faults()).rejects.toMatchObject({ code: 'forge.unavailable' });
    });
  });
});
