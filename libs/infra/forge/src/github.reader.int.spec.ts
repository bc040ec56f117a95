import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ForgeTokens } from './forge.js';
import { createForgeReader } from './forge.reader.js';
import { commentJson, pullJson, repo, repositoryJson, ScriptedForge, userJson } from './github.fixture.js';

const at = (day: number) => `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`;

describe('reading at GitHub', () => {
  const forge = new ScriptedForge();
  const fetched: boolean[] = [];
  const tokens: ForgeTokens = {
    readToken: (_repo, { fresh = false } = {}) => {
      fetched.push(fresh);
      return Promise.resolve({ token: fresh ? 'new' : 'old', expiresAt: null });
    },
  };
  const open = () => createForgeReader({ apiUrl: forge.url }, tokens);
  beforeAll(() => forge.listen());
  beforeEach(() => {
    forge.reset();
    fetched.length = 0;
  });
  afterAll(() => forge.close());

  it.each([
    [{ permission: 'write', role_name: 'maintain' }, 'maintain'],
    [{ permission: 'read', role_name: 'triage' }, 'triage'],
    [{ permission: 'admin' }, 'admin'],
    [{ permission: 'write', role_name: 'release-captain' }, 'write'],
    [{ permission: 'owner-of-all', role_name: 'god' }, 'none'],
    [{ permission: 'none', role_name: '' }, 'none'],
  ])('%j is %s', async (json, permission) => {
    forge.on('GET /repos/acme/widgets/collaborators/ann/permission', { json });
    expect(await open().permissionOf(repo, 'ann')).toBe(permission);
  });

  it('permits nothing to whom the forge does not know, and says where it sees no repository', async () => {
    forge.on('GET /repos/acme/widgets', { json: repositoryJson });
    expect(await open().permissionOf(repo, 'nobody')).toBe('none');
    forge.reset();
    await expect(open().permissionOf(repo, 'nobody')).rejects.toMatchObject({ code: 'forge.not_found' });
    await expect(open().permissionOf(repo, '../../x')).rejects.toMatchObject({ code: 'forge.invalid' });
  });

  it('reads issues, also of accounts that are gone and with odd labels', async () => {
    const issue = {
      number: 3,
      title: 'T',
      body: null,
      state: 'open',
      user: null,
      labels: ['plain', { name: 'gatehouse:run' }, { name: null }],
      html_url: 'https://github.com/acme/widgets/issues/3',
      created_at: at(1),
      updated_at: at(2),
    };
    forge.on('GET /repos/acme/widgets/issues/3', { json: issue }, { json: { ...issue, pull_request: {} } });
    expect(await open().issue(repo, 3)).toMatchObject({
      body: '',
      author: { id: 0, login: 'ghost' },
      labels: ['plain', 'gatehouse:run', ''],
      isPull: false,
      updatedAt: new Date(at(2)),
    });
    expect(await open().issue(repo, 3)).toMatchObject({ isPull: true });
  });

  it('refuses an address that is none of the web', async () => {
    const json = pullJson({ html_url: 'javascript:alert(1)' });
    forge.on('GET /repos/acme/widgets/pulls/7', { json });
    await expect(open().pull(repo, 7)).rejects.toMatchObject({ code: 'forge.unavailable' });
  });

  it('reads pull requests back to an instant and no further', async () => {
    forge.on('GET /repos/acme/widgets/pulls', ({ query }) => ({
      json:
        query.get('page') === '1'
          ? Array.from({ length: 100 }, (_, i) => pullJson({ number: i + 1, updated_at: at(20) }))
          : Array.from({ length: 100 }, (_, i) =>
              pullJson({ number: i + 101, updated_at: at(i < 50 ? 10 : 9) }),
            ),
    }));
    const found = await open().pullsUpdatedSince(repo, new Date(at(10)));
    expect(found).toHaveLength(150);
    expect(forge.calls).toHaveLength(2);
  });

  it('reads no more than ten pages of whatever is sent', async () => {
    forge.on('GET /repos/acme/widgets/pulls', {
      json: Array.from({ length: 100 }, () => pullJson({ updated_at: at(20) })),
    });
    expect(await open().pullsUpdatedSince(repo, new Date(at(1)))).toHaveLength(1000);
    expect(forge.calls).toHaveLength(10);
  });

  it('reads reviews; a state that is new permits nothing', async () => {
    const review = { id: 1, user: userJson, body: 'b', commit_id: 'a'.repeat(40), submitted_at: at(3) };
    forge.on('GET /repos/acme/widgets/pulls/7/reviews', {
      json: [
        { ...review, state: 'APPROVED' },
        { ...review, state: 'CHANGES_REQUESTED', commit_id: null },
        { ...review, state: 'ENDORSED', submitted_at: undefined },
        review,
        { ...review, state: null },
        { ...review, state: 'constructor' },
      ],
    });
    expect((await open().reviews(repo, 7)).map(({ state }) => state)).toEqual([
      'approved',
      'changes_requested',
      ...Array<string>(4).fill('commented'),
    ]);
  });

  it('reads what was said, under and at lines, in the order of its changes', async () => {
    forge
      .on('GET /repos/acme/widgets/issues/comments', { json: [commentJson({ id: 1, updated_at: at(5) })] })
      .on('GET /repos/acme/widgets/pulls/comments', {
        json: [
          {
            ...commentJson({ id: 2, updated_at: at(4) }),
            issue_url: undefined,
            pull_request_url: 'https://api.github.com/repos/acme/widgets/pulls/7',
            path: 'src/a.ts',
            line: null,
            commit_id: 'a'.repeat(40),
          },
        ],
      });
    const said = await open().commentsSince(repo, new Date(at(1)));
    expect(said.map(({ kind, id, number, path, line }) => [kind, id, number, path, line])).toEqual([
      ['review', 2, 7, 'src/a.ts', null],
      ['issue', 1, 7, null, null],
    ]);
    expect(forge.asked[0]?.query.get('since')).toBe('2026-01-01T00:00:00.000Z');
  });

  it('reads one comment of either kind, and one review', async () => {
    const line = { path: 'src/a.ts', line: 3, commit_id: 'a'.repeat(40) };
    const pull_request_url = 'https://api.github.com/repos/acme/widgets/pulls/7';
    forge
      .on('GET /repos/acme/widgets/issues/comments/31', { json: commentJson({ id: 31, body: 'x' }) })
      .on('GET /repos/acme/widgets/pulls/comments/31', {
        json: { ...commentJson({ id: 31, body: 'y' }), issue_url: undefined, pull_request_url, ...line },
      })
      .on('GET /repos/acme/widgets/pulls/7/reviews/31', {
        json: { id: 31, user: userJson, body: 'z', state: 'APPROVED', commit_id: 'b'.repeat(40) },
      });
    expect(await open().comment(repo, 'issue', 31)).toMatchObject({
      id: 31,
      body: 'x',
      number: 7,
      path: null,
    });
    expect(await open().comment(repo, 'review', 31)).toMatchObject({ id: 31, body: 'y', number: 7, line: 3 });
    expect(await open().review(repo, 7, 31)).toMatchObject({ state: 'approved', commit: 'b'.repeat(40) });
    await expect(open().comment(repo, 'issue', 32)).rejects.toMatchObject({ code: 'forge.not_found' });
  });

  it('asks for another token where the one it has was revoked', async () => {
    forge.on('GET /repos/acme/widgets', ({ authorization }) =>
      authorization === 'Bearer new' ? { json: repositoryJson } : { status: 401, json: {} },
    );
    expect(await open().repository(repo)).toMatchObject({ id: 77 });
    expect(fetched).toEqual([false, true]);
  });
});
