import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pullJson, repo, repositoryJson, ScriptedForge, writerOf, type Reply } from './github.fixture.js';

const pulls = '/repos/acme/widgets/pulls';
const wanted = { head: 'gatehouse/x', base: 'main', title: 'T', body: 'B' };
const lost: Reply = { status: 201, json: pullJson(), cut: 'half' };

describe('writing at GitHub', () => {
  const forge = new ScriptedForge();
  const open = () => writerOf(forge);
  const writes = () => forge.calls.filter((call) => !call.startsWith('GET '));
  beforeAll(() => forge.listen());
  beforeEach(() => {
    forge.reset();
    forge.on('GET /repos/acme/widgets', { json: repositoryJson }).on(`GET ${pulls}`, { json: [] });
  });
  afterAll(() => forge.close());

  describe('a draft pull request', () => {
    it('is looked for by head, then made as a draft', async () => {
      forge.on(`POST ${pulls}`, { status: 201, json: pullJson() });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({
        ok: true,
        already: false,
        pull: { number: 7, draft: true, state: 'open', head: { ref: 'gatehouse/x', sha: 'a'.repeat(40) } },
      });
      expect(Object.fromEntries(forge.asked[1]?.query ?? [])).toMatchObject({
        head: 'acme:gatehouse/x',
        state: 'all',
      });
      expect(forge.asked[2]?.body).toEqual({ ...wanted, draft: true, maintainer_can_modify: false });
    });

    it.each([
      ['open', pullJson(), 'open'],
      ['closed', pullJson({ state: 'closed' }), 'closed'],
      ['merged', pullJson({ state: 'closed', merged_at: '2026-01-02T03:04:05Z' }), 'merged'],
    ])('is not made where there is one that is %s', async (_what, json, state) => {
      forge.on(`GET ${pulls}`, { json: [json] });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({
        ok: true,
        already: true,
        pull: { state, mergedCommit: state === 'merged' ? 'c'.repeat(40) : null },
      });
      expect(writes()).toEqual([]);
    });

    it('is told from a fork’s and from another branch’s', async () => {
      const { head } = pullJson();
      forge
        .on(`GET ${pulls}`, {
          json: [
            pullJson({ number: 1, head: { ...head, repo: { ...repositoryJson, id: 78 } } }),
            pullJson({ number: 2, head: { ...head, repo: null } }),
            pullJson({ number: 3, head: { ...head, ref: 'gatehouse/x2' } }),
          ],
        })
        .on(`POST ${pulls}`, { status: 201, json: pullJson() });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({
        already: false,
        pull: { number: 7 },
      });
    });

    it.each<[string, Reply]>([
      ['the answer is cut', lost],
      ['the connection is cut', { cut: 'before' }],
      ['the gateway gives up', { status: 502 }],
      [
        'somebody was faster',
        { status: 422, json: { message: 'A pull request already exists for acme:gatehouse/x.' } },
      ],
    ])('is found, not made twice, where %s after the effect', async (_what, reply) => {
      let made = 0;
      forge
        .on(`POST ${pulls}`, () => {
          made++;
          return reply;
        })
        .on(`GET ${pulls}`, () => ({ json: made > 0 ? [pullJson()] : [] }));
      const writer = open();
      const first = await writer.createDraftPull(repo, wanted);
      const second = await writer.createDraftPull(repo, wanted);
      for (const answer of [first, second])
        expect(answer).toMatchObject({ ok: true, already: true, pull: { number: 7, draft: true } });
      expect(made).toBe(1);
    });

    it.each<[string, Reply]>([
      ['the answer is lost', lost],
      [
        'it is there already',
        { status: 422, json: { message: 'A pull request already exists for acme:gatehouse/x.' } },
      ],
    ])('is looked for later where %s and the list does not show it yet', async (_what, reply) => {
      forge.on(`POST ${pulls}`, reply).on(`GET ${pulls}`, { json: [] }, { json: [] }, { json: [pullJson()] });
      const writer = open();
      await expect(writer.createDraftPull(repo, wanted)).rejects.toMatchObject({
        code: 'forge.unavailable',
        details: { retryAfterMs: 20_000 },
      });
      expect(await writer.createDraftPull(repo, wanted)).toMatchObject({ ok: true, already: true });
      expect(writes()).toEqual([`POST ${pulls}`]);
    });

    it.each([
      ['another branch', { number: 3, draft: false, head: { ...pullJson().head, ref: 'feature' } }],
      ['another base', { number: 3, draft: false, base: { ...pullJson().base, ref: 'release' } }],
      ['a fork', { number: 3, head: { ...pullJson().head, repo: { ...repositoryJson, id: 78 } } }],
    ])('is looked up, and nothing closed, where the answer tells of %s', async (_what, other) => {
      let made = 0;
      forge
        .on(`POST ${pulls}`, () => {
          made++;
          return { status: 201, json: pullJson(other) };
        })
        .on(`GET ${pulls}`, () => ({ json: made > 0 ? [pullJson()] : [] }));
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({ ok: true, pull: { number: 7 } });
      expect(writes()).toEqual([`POST ${pulls}`]);
    });

    it.each<[string, Reply]>([
      ['a page', { text: '<html>', headers: { 'content-type': 'text/html' } }],
      ['nothing', { text: '' }],
      ['half of it', { json: { number: 7 } }],
    ])('is looked up where the forge says that all is well, and shows %s', async (_what, reply) => {
      let made = 0;
      forge
        .on(`POST ${pulls}`, () => {
          made++;
          return reply;
        })
        .on(`GET ${pulls}`, () => ({ json: made > 0 ? [pullJson()] : [] }));
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({ ok: true, already: true });
      expect(made).toBe(1);
    });

    it('is an outage where nothing was made, and can be asked for again', async () => {
      forge.on(`POST ${pulls}`, { status: 503 }, { status: 201, json: pullJson() });
      const writer = open();
      await expect(writer.createDraftPull(repo, wanted)).rejects.toMatchObject({ code: 'forge.unavailable' });
      expect(await writer.createDraftPull(repo, wanted)).toMatchObject({ ok: true, already: false });
    });

    it.each<[string, Reply[]]>([
      ['said so', [{ status: 201, json: pullJson({ draft: false }) }]],
      ['knows no drafts', [{ status: 201, json: pullJson({ draft: undefined }) }]],
      ['made it and lost the answer', [{ ...lost, json: pullJson({ draft: false }) }]],
    ])('is closed at once where the forge made it ready and %s', async (_what, replies) => {
      let made = false;
      forge
        .on(`POST ${pulls}`, () => {
          made = true;
          return replies[0] as Reply;
        })
        .on(`GET ${pulls}`, () => ({ json: made ? [pullJson({ draft: false })] : [] }))
        .on('GET /repos/acme/widgets/issues/7/events', { json: [{ event: 'labeled' }] })
        .on(`PATCH ${pulls}/7`, { json: pullJson({ draft: false, state: 'closed' }) });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({
        ok: false,
        reason: 'drafts_unsupported',
      });
      expect(forge.asked.at(-1)).toMatchObject({ method: 'PATCH', body: { state: 'closed' } });
    });

    it('closed because it was none stands against nothing, and is not made once more', async () => {
      forge
        .on(`GET ${pulls}`, { json: [pullJson({ draft: false, state: 'closed' })] })
        .on('GET /repos/acme/widgets/issues/7/events', { json: [{ event: 'closed' }] });
      expect(await open().findPull(repo, wanted.head)).toBeNull();
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({
        ok: false,
        reason: 'drafts_unsupported',
      });
      // One that a person made ready, or closed as a draft, is theirs.
      forge.on('GET /repos/acme/widgets/issues/7/events', { json: [{ event: 'ready_for_review' }] });
      expect(await open().findPull(repo, wanted.head)).toMatchObject({ state: 'closed' });
      forge.on(`GET ${pulls}`, { json: [pullJson({ state: 'closed' })] });
      expect(await open().findPull(repo, wanted.head)).toMatchObject({ state: 'closed' });
      expect(writes()).toEqual([]);
    });

    it('is left open where a person made it ready', async () => {
      forge
        .on(`GET ${pulls}`, { json: [pullJson({ draft: false })] })
        .on('GET /repos/acme/widgets/issues/7/events', { json: [{ event: 'ready_for_review' }] });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({ ok: true, already: true });
      // Nor where the forge does not tell who did.
      forge.on('GET /repos/acme/widgets/issues/7/events', { status: 404, json: {} });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({ ok: true, already: true });
      expect(writes()).toEqual([]);
    });

    it.each([
      ['drafts_unsupported', { message: 'Draft pull requests are not supported in this repository.' }],
      [
        'no_commits',
        { message: 'Validation Failed', errors: [{ message: 'No commits between main and gatehouse/x' }] },
      ],
      ['head_not_found', { message: 'Validation Failed', errors: [{ field: 'head', code: 'invalid' }] }],
      ['base_not_found', { message: 'Validation Failed', errors: [{ field: 'base', code: 'invalid' }] }],
      ['refused', { message: 'Validation Failed', errors: [{ field: 'title', code: 'too_long' }] }],
    ])('answers %s', async (reason, json) => {
      forge.on(`POST ${pulls}`, { status: 422, json });
      expect(await open().createDraftPull(repo, wanted)).toMatchObject({ ok: false, reason });
    });

    it('is not repeated after a refusal of who we are', async () => {
      forge.on(`POST ${pulls}`, { status: 403, json: { message: 'Resource not accessible by integration' } });
      await expect(open().createDraftPull(repo, wanted)).rejects.toMatchObject({ code: 'forge.forbidden' });
      expect(writes()).toEqual([`POST ${pulls}`]);
    });

    it('is updated, and looked at where the answer was lost', async () => {
      forge.on(`PATCH ${pulls}/7`, lost).on(`GET ${pulls}/7`, { json: pullJson({ title: 'New' }) });
      expect(await open().updatePull(repo, 7, { title: 'New' })).toMatchObject({ title: 'New' });
      await expect(open().updatePull(repo, 7, { title: 'Newer' })).rejects.toMatchObject({
        code: 'forge.unavailable',
      });
    });

    it('is not taken for another that the forge answers with', async () => {
      forge
        .on(`PATCH ${pulls}/7`, { json: pullJson({ number: 8, title: 'New' }) })
        .on(`GET ${pulls}/7`, { json: pullJson({ number: 8, title: 'New' }) });
      const other = { code: 'forge.unavailable', message: expect.stringContaining('8') };
      await expect(open().updatePull(repo, 7, { title: 'New' })).rejects.toMatchObject(other);
      await expect(open().reader.pull(repo, 7)).rejects.toMatchObject(other);
    });
  });
});
