import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import { inspect } from 'node:util';
import { accessOf, clientOf, repositoryJson, ScriptedForge, token, type Reply } from './github.fixture.js';
import { Repository } from './github.schema.js';
import { RateBudget } from './rate.budget.js';

const route = 'GET /repos/{owner}/{repo}';
const place = { owner: 'acme', repo: 'widgets' };
const path = 'GET /repos/acme/widgets';

describe('asking GitHub', () => {
  const forge = new ScriptedForge();
  const elsewhere = new ScriptedForge();
  beforeAll(() => Promise.all([forge.listen(), elsewhere.listen()]));
  beforeEach(() => {
    forge.reset();
    elsewhere.reset();
  });
  afterAll(() => Promise.all([forge.close(), elsewhere.close()]));

  const ask = (access = accessOf(), timeoutMs?: number) =>
    clientOf(forge, timeoutMs).call(access, route, place, Repository);
  const fault = async (reply: Reply, timeoutMs?: number): Promise<GatehouseError> => {
    forge.on(path, reply);
    const error: unknown = await ask(accessOf(), timeoutMs).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(GatehouseError);
    // Whatever is printed of an error, its causes and details too, the token is not in it.
    expect(inspect(error, { depth: 10 })).not.toContain(token);
    return error as GatehouseError;
  };

  it('answers what it needs, as plain values', async () => {
    forge.on(path, { json: { ...repositoryJson, more: 1 } });
    expect(await ask()).toEqual({
      id: 77,
      owner: 'acme',
      name: 'widgets',
      defaultBranch: 'main',
      private: true,
      archived: false,
    });
    expect(forge.asked[0]?.authorization).toBe(`Bearer ${token}`);
  });

  it.each([
    [400, 'forge.invalid'],
    [401, 'forge.unauthorized'],
    [403, 'forge.forbidden'],
    [404, 'forge.not_found'],
    [409, 'forge.conflict'],
    [410, 'forge.not_found'],
    [412, 'forge.conflict'],
    [418, 'forge.invalid'],
    [422, 'forge.invalid'],
    [429, 'forge.rate_limited'],
    [451, 'forge.not_found'],
    [500, 'forge.unavailable'],
    [502, 'forge.unavailable'],
    [503, 'forge.unavailable'],
  ])('%i is %s, whatever the body is', async (status, code) => {
    for (const reply of [
      { json: { message: `it said ${token}`, errors: [{ message: `${token}!` }, `and ${token}`] } },
      { text: '<html>proxy</html>', headers: { 'content-type': 'text/html' } },
      { text: '{"mess', headers: { 'content-type': 'application/json' } },
      { text: 'null' },
      { text: '"text"' },
      { json: { message: 5, errors: { a: 1 } } },
      { text: 'x', headers: { 'content-type': ';;;' } },
    ])
      expect(await fault({ status, ...reply })).toMatchObject({
        code,
        message: expect.stringMatching(
          /^GitHub answered \d+ to GET \/repos\/\{owner\}\/\{repo\}: .+\. .+\.$/s,
        ),
      });
  });

  it.each([
    ['secondary limit', 403, { 'retry-after': '30' }, 30_000],
    ['429', 429, { 'retry-after': '7' }, 7_000],
    [
      'a spent hour by the clock of the forge',
      403,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1000090',
        date: new Date(1_000_000_000).toUTCString(),
      },
      90_000,
    ],
    ['429 that does not say how long', 429, {}, 60_000],
  ])('%s is obeyed', async (_what, status, headers, retryAfterMs) => {
    const budget = new RateBudget();
    forge.on(path, { status, headers, json: { message: 'slow' } }, { json: repositoryJson });
    await expect(ask(accessOf(budget))).rejects.toMatchObject({
      code: 'forge.rate_limited',
      details: { retryAfterMs },
    });
    // The next request does not leave this process.
    await expect(ask(accessOf(budget))).rejects.toMatchObject({ code: 'forge.rate_limited' });
    expect(forge.asked).toHaveLength(1);
  });

  it('rests when an answer says that it was the last one of the hour', async () => {
    const budget = new RateBudget();
    const reset = String(Math.floor(Date.now() / 1000) + 600);
    forge.on(path, {
      json: repositoryJson,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    });
    await ask(accessOf(budget));
    await expect(ask(accessOf(budget))).rejects.toMatchObject({ code: 'forge.rate_limited' });
    expect(forge.asked).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['a cut answer', { json: repositoryJson, cut: 'half' }],
    ['a cut connection', { cut: 'before' }],
    ['half a JSON', { text: '{"id": 7' }],
    [
      'another content type',
      { text: JSON.stringify(repositoryJson), headers: { 'content-type': 'text/html' } },
    ],
    ['another shape', { json: { ...repositoryJson, id: 'seventy' } }],
    ['null', { text: 'null' }],
    ['nothing', { text: '' }],
    ['no content', { status: 204 }],
    ['9 MiB', { json: { ...repositoryJson, more: 'x'.repeat(9 << 20) } }],
    ['an endless circle', { status: 302, headers: { location: '/repos/acme/widgets' } }],
    ['a redirect to nowhere', { status: 302 }],
    ['a number that is none', { text: JSON.stringify(repositoryJson).replace('77', '99999999999999999999') }],
  ])('%s is an outage, with a sentence', async (_what, reply) => {
    expect(await fault(reply)).toMatchObject({
      code: 'forge.unavailable',
      message: expect.stringMatching(/^GitHub.+\.$/s),
    });
  });

  it('does not wait for a forge that says nothing', async () => {
    const never = new Promise<Reply>(() => undefined);
    forge.on(path, () => never);
    await expect(ask(accessOf(), 50)).rejects.toMatchObject({
      code: 'forge.unavailable',
      message: expect.stringContaining('did not answer in time'),
    });
  });

  it('cannot be asked where nobody listens', async () => {
    const nobody = new ScriptedForge();
    await nobody.listen();
    await nobody.close();
    await expect(clientOf(nobody).call(accessOf(), route, place, Repository)).rejects.toMatchObject({
      code: 'forge.unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('follows a renamed repository on the host, and takes the credential nowhere else', async () => {
    forge.on(path, { status: 301, headers: { location: '/repositories/77' } });
    forge.on('GET /repositories/77', { json: { ...repositoryJson, name: 'gadgets' } });
    expect(await ask()).toMatchObject({ id: 77, name: 'gadgets' });

    elsewhere.on('GET /repositories/77', { json: repositoryJson });
    expect(
      await fault({ status: 301, headers: { location: `${elsewhere.url}/repositories/77` } }),
    ).toMatchObject({ code: 'forge.unavailable', message: expect.stringContaining('another host') });
    expect(elsewhere.asked).toEqual([]);
  });

  it('fetches another credential once where the first is refused', async () => {
    forge.on(path, ({ authorization }) =>
      authorization === 'Bearer second'
        ? { json: repositoryJson }
        : { status: 401, json: { message: 'Bad' } },
    );
    expect(await ask(accessOf(new RateBudget(), 'first', 'second'))).toMatchObject({ id: 77 });
    expect(forge.asked).toHaveLength(2);
    await expect(ask(accessOf(new RateBudget(), 'first', 'third'))).rejects.toMatchObject({
      code: 'forge.unauthorized',
    });
    expect(forge.asked).toHaveLength(4);
  });

  it('writes nothing to the terminal, deprecations included', async () => {
    forge.on(path, {
      json: repositoryJson,
      headers: { deprecation: 'true', link: '<https://x>; rel="deprecation"', sunset: 'soon' },
    });
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(await ask()).toMatchObject({ id: 77 });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
