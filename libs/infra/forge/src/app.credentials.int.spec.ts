import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, verify } from 'node:crypto';
import { AppCredentials, readPermissions } from './app.credentials.js';
import { readAppKey } from './app.jwt.js';
import { clientOf, repo, ScriptedForge, type Asked } from './github.fixture.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const installation = 'GET /repos/acme/widgets/installation';
const minting = 'POST /app/installations/42/access_tokens';
const granted = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
  metadata: 'read',
};

/** The claims of a JWT, after its signature was checked as GitHub does. */
const claimsOf = ({ authorization = '' }: Asked): { iat: number; exp: number; iss: string } => {
  const [head = '', claims = '', signature = ''] = authorization.replace('Bearer ', '').split('.');
  const signed = Buffer.from(`${head}.${claims}`);
  if (!verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))) throw new Error('forged');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iat: number; exp: number; iss: string };
};

describe('a GitHub App', () => {
  const forge = new ScriptedForge();
  const open = () => new AppCredentials(clientOf(forge), '1234', privateKey);
  beforeAll(() => forge.listen());
  beforeEach(() => {
    forge.reset();
    let minted = 0;
    forge
      .on(installation, { json: { id: 42, suspended_at: null, permissions: granted } })
      .on(minting, () => ({ status: 201, json: { token: `ghs_${++minted}`, expires_at: inAnHour() } }));
  });
  afterAll(() => forge.close());

  it('mints a token that reads one repository and can do nothing else', async () => {
    const { token, expiresAt } = await open().read(repo);
    expect(token).toBe('ghs_1');
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const [, mint] = forge.asked;
    expect(mint?.body).toEqual({ repositories: ['widgets'], permissions: readPermissions });
    expect(new Set(Object.values(readPermissions))).toEqual(new Set(['read']));
    const { iss, iat, exp } = claimsOf(mint as Asked);
    expect(iss).toBe('1234');
    expect(exp - iat).toBeLessThanOrEqual(600);
  });

  it('asks for what it may write, of one repository, and for no more than was granted', async () => {
    await open().write(repo);
    expect(forge.asked[1]?.body).toEqual({ repositories: ['widgets'], permissions: granted });
    forge.reset();
    forge
      .on(installation, {
        json: { id: 42, permissions: { contents: 'read', metadata: 'read', actions: 'write' } },
      })
      .on(minting, { status: 201, json: { token: 't', expires_at: inAnHour() } });
    await open().write(repo);
    expect(forge.asked[1]?.body).toEqual({ repositories: ['widgets'], permissions: { metadata: 'read' } });
  });

  it('asks for the one with its number, wherever it went, and by its name where the number leads nowhere', async () => {
    const ours = { ...repo, id: 77 };
    const byNumber = 'GET /repositories/77/installation';
    forge.on(byNumber, { json: { id: 42, permissions: granted } });
    await open().write(ours);
    await open().read(ours);
    const bodies = forge.asked.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(bodies).toEqual([
      { repository_ids: [77], permissions: granted },
      { repository_ids: [77], permissions: readPermissions },
    ]);
    expect(forge.calls).not.toContain(installation);
    forge.on(byNumber, { status: 404, json: {} });
    expect(await open().write(ours)).toMatchObject({ token: 'ghs_3' });
    forge.on(byNumber, { status: 502 });
    await expect(open().write(ours)).rejects.toMatchObject({ code: 'forge.unavailable' });
  });

  it('keeps a token while it lasts, one for all who ask at once, and reading apart from writing', async () => {
    const app = open();
    const all = await Promise.all([app.read(repo), app.read(repo), app.read(repo)]);
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['ghs_1']));
    expect((await app.write(repo)).token).toBe('ghs_2');
    expect((await app.read(repo)).token).toBe('ghs_1');
    expect((await app.read(repo, true)).token).toBe('ghs_3');
    expect(forge.calls.filter((call) => call === minting)).toHaveLength(3);
  });

  it('mints another where the one at hand ends soon', async () => {
    let minted = 0;
    forge.on(minting, () => ({
      status: 201,
      json: { token: `short_${++minted}`, expires_at: new Date(Date.now() + 9 * 60_000).toISOString() },
    }));
    const app = open();
    expect((await app.read(repo)).token).toBe('short_1');
    expect((await app.read(repo)).token).toBe('short_2');
  });

  it.each([7_200_000, -7_200_000])('works with a clock that is wrong by %i ms', async (offMs) => {
    const forgeNow = () => Date.now() + offMs;
    const headers = () => ({ date: new Date(forgeNow()).toUTCString() });
    forge.on(installation, (asked) => {
      const { iat, exp } = claimsOf(asked);
      const now = forgeNow() / 1000;
      return iat > now + 5 || exp < now || exp > now + 600
        ? { status: 401, headers: headers(), json: { message: "'Expiration time' claim ('exp') is too far" } }
        : { headers: headers(), json: { id: 42, permissions: granted } };
    });
    const expires = new Date(forgeNow() + 3_600_000).toISOString();
    forge.on(minting, () => ({ status: 201, headers: headers(), json: { token: 't', expires_at: expires } }));
    const app = open();
    const { expiresAt } = await app.read(repo);
    // Whoever gets it looks at our clock.
    expect(Math.abs(expiresAt.getTime() - Date.now() - 3_600_000)).toBeLessThan(60_000);
    // Once it knows the clock, it errs no more, and keeps the token for as long as that clock says.
    expect((await app.read(repo)).token).toBe('t');
    expect(forge.calls).toEqual([installation, installation, minting]);
  });

  it.each<[string, string, object, string, RegExp]>([
    ['is not installed', installation, { status: 404, json: {} }, 'forge.not_found', /Install it there/],
    [
      'is suspended',
      installation,
      { json: { id: 42, suspended_at: '2026-01-02T03:04:05Z', permissions: granted } },
      'forge.forbidden',
      /suspended since 2026-01-02T03:04:05.000Z\. Unsuspend it/,
    ],
    [
      'has another key',
      installation,
      { status: 401, json: {} },
      'forge.unauthorized',
      /key is one of the App/,
    ],
    [
      'is suspended while it asks',
      minting,
      { status: 403, json: { message: 'This installation has been suspended' } },
      'forge.forbidden',
      /unsuspend it/,
    ],
    [
      'was not granted enough',
      minting,
      { status: 422, json: { message: 'The permissions requested are not granted to this installation.' } },
      'forge.forbidden',
      /needs contents \(read\), issues \(read\)/,
    ],
    [
      'is answered nonsense',
      minting,
      { status: 201, json: { token: 5 } },
      'forge.unavailable',
      /not what it/,
    ],
  ])('says so where it %s', async (_what, route, reply, code, words) => {
    forge.on(route, reply);
    const app = open();
    await expect(app.read(repo)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    // Nothing of that is kept: once it is mended, it works.
    forge
      .on(installation, { json: { id: 42, permissions: granted } })
      .on(minting, { status: 201, json: { token: 'later', expires_at: inAnHour() } });
    expect((await app.read(repo, true)).token).toBe('later');
  });

  it('is known by the name it writes under', async () => {
    forge.on('GET /app', { json: { id: 1234, slug: 'gatehouse-acme', name: 'Gatehouse Acme' } });
    const app = open();
    expect([await app.login(), await app.login()]).toEqual(['gatehouse-acme[bot]', 'gatehouse-acme[bot]']);
    expect(forge.calls).toEqual(['GET /app']);
  });

  it.each([
    { owner: '..', name: 'x' },
    { owner: 'acme', name: '..' },
    { owner: 'acme', name: 'a/b' },
    { owner: 'a%2fb', name: 'x' },
    { owner: '', name: 'x' },
  ])('asks for no name that would lead elsewhere: %j', async (odd) => {
    await expect(open().read(odd)).rejects.toMatchObject({ code: 'forge.invalid' });
    expect(forge.asked).toEqual([]);
  });
});

describe('the key of an App', () => {
  it.each(['pkcs1', 'pkcs8'] as const)('is read as %s', (type) => {
    const pem = privateKey.export({ type, format: 'pem' }).toString();
    expect(readAppKey(pem, 'key.pem').equals(privateKey)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['half a key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().slice(0, 400)],
    [
      'another kind of key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
  ])('is refused where it is %s, and not quoted', (_what, pem) => {
    expect(() => readAppKey(String(pem), '/etc/key.pem')).toThrow(
      expect.objectContaining({
        code: 'forge.unauthorized',
        cause: undefined,
        message: expect.stringMatching(/^\/etc\/key\.pem holds no RSA private key/),
      }),
    );
  });
});
