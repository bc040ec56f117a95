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

    it('is one again where an answer came so late that it was said twice', async () => {
      const other = { ...userJson, id: 6, login: 'mallory' };
      const twice = [3, 9, 3, 12].map((id) => commentJson({ id, body: `${mark}\nB` }));
      forge
        .on(`GET ${comments}`, { json: [...twice, commentJson({ id: 1, body: `${mark}\nB`, user: other })] })
        .on('DELETE /repos/acme/widgets/issues/comments/9', { status: 204 })
        // Somebody was faster.
        .on('DELETE /repos/acme/widgets/issues/comments/12', { status: 404, json: {} });
      expect(await upsert()).toMatchObject({ id: 3 });
      expect(writes()).toEqual([9, 12].map((id) => `DELETE /repos/acme/widgets/issues/comments/${id}`));
    });

    it('is found though anybody may fill a page with more than is read at once', async () => {
      const long = 'x'.repeat(1 << 20);
      forge.on(`GET ${comments}`, ({ query }) => {
        const size = Number(query.get('per_page'));
        if (size === 100) return { json: Array.from({ length: 9 }, () => commentJson({ body: long })) };
        const [from, last] = [(Number(query.get('page')) - 1) * size, 14];
        const rows = Array.from({ length: Math.min(size, last - from) }, (_, i) =>
          commentJson({ id: from + i + 1, body: from + i + 1 === last ? `${mark}\nB` : 'x' }),
        );
        return { json: rows };
      });
      expect(await upsert()).toMatchObject({ id: 14 });
      expect(writes()).toEqual([]);
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

  describe('a check run that is there already', () => {
    const sha = 'd'.repeat(40);
    const at = '/repos/acme/widgets/check-runs';
    const run: CheckRun = {
      ...{ name: 'g', headSha: sha, externalId: 'c', status: 'completed', conclusion: 'failure' },
      ...{ title: 't', summary: 's' },
      annotations: [{ path: 'a', startLine: 1, endLine: 1, level: 'notice', title: 't', message: 'm' }],
    };
    const seen = (id: number, over: object = {}) => ({
      ...{ id, external_id: 'c', html_url: null, status: 'completed', conclusion: 'failure' },
      output: { title: 't', summary: 's', annotations_count: 1, ...over },
    });
    const upsert = async (...there: object[]) => {
      forge.on(`GET /repos/acme/widgets/commits/${sha}/check-runs`, { json: { check_runs: there } });
      for (const id of [1, 2]) forge.on(`PATCH ${at}/${id}`, { json: { id } });
      const { id } = await open().upsertCheckRun(repo, run);
      const edits = forge.asked.filter(({ method }) => method !== 'GET');
      return [id, ...edits.map(({ method, path, body }) => [method, path.split('/').at(-1), body['output']])];
    };
    const annotated = (edit: unknown) => 'annotations' in ((edit as [string, string, object])[2] ?? {});

    it('is left as it is where it says the same, and told its annotations once', async () => {
      expect(await upsert(seen(1))).toEqual([1]);
      const [, edit] = await upsert(seen(1, { title: 'old' }));
      expect(annotated(edit)).toBe(false);
      forge.asked.length = 0;
      const [, whole] = await upsert(seen(1, { annotations_count: 0 }));
      expect(annotated(whole)).toBe(true);
    });

    it('is one again where it was made twice: the newest, which the forge counts', async () => {
      const nothing = { title: 'Told twice', summary: expect.any(String) };
      expect(await upsert(seen(2), seen(1))).toEqual([2, ['PATCH', '1', nothing]]);
      expect(forge.asked.at(-1)?.body).toMatchObject({ status: 'completed', conclusion: 'neutral' });
      forge.asked.length = 0;
      expect(await upsert(seen(1, { title: 'Told twice' }), seen(2))).toEqual([2]);
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
