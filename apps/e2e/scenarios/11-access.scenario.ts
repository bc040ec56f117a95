import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Role, type Job, type Permission } from '@gatehouse/contracts';
import { approvalIn, readJob } from '../src/examples.js';
import { everyAddress, validBody } from '../src/fuzz.js';
import { untilPhase, type Enrolled, type Plane } from '../src/plane.js';
import { ask, bearer, json, type Answered, type Asking } from '../src/raw.http.js';
import { faultOf } from '../src/refusal.js';
import { mayOf } from '../src/role.table.js';

export const access = (started: () => Plane): void => {
  let plane: Plane;
  const who = new Map<string, Enrolled>();
  const secretOf = (name: string): string => who.get(name)!.secret;

  const send = (asking: Asking): Promise<Answered> => ask(plane.url, asking);
  const api = (name: string, path: string, more: Partial<Asking> = {}) =>
    send({ ...more, path: `/api/v1${path}`, headers: { ...bearer(secretOf(name)), ...more.headers } });
  const jobBody = (name: string) => ({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name },
    spec: { goal: 'Wait', agent: { adapter: 'command', command: ['sleep', '60'] } },
  });

  beforeAll(async () => {
    plane = started();
    for (const role of Role.options)
      who.set(role, await plane.enrol(`a-${role}`, [role], role === 'worker' ? 'worker' : 'user'));
    who.set('machine', await plane.enrol('an-agent', ['approver', 'admin', 'agent'], 'agent'));
    who.set('host', await plane.enrol('a-host', ['approver', 'admin', 'worker'], 'worker'));
    who.set('both', await plane.enrol('both', ['requester', 'approver']));
  });

  const closed = everyAddress.filter(({ route }) => route.access !== 'public');
  const filled = ({ route, strange }: (typeof everyAddress)[number]): Asking => {
    const type = route.accepts?.[0] ?? 'application/json';
    if (route.body)
      return { method: route.method, path: strange, headers: json, body: JSON.stringify(validBody(route)) };
    return { method: route.method, path: strange, headers: route.accepts ? { 'content-type': type } : {} };
  };

  it.each(closed)('$name is closed to strangers', async (address) => {
    const asking = filled(address);
    const tries: Asking[] = [
      asking,
      ...[
        'Bearer',
        'Bearer ',
        'Bearer nobody',
        'Basic YTpi',
        `Token ${secretOf('admin')}`,
        `Bearer ${secretOf('admin')}x`,
      ].map((authorization) => ({ ...asking, headers: { ...asking.headers, authorization } })),
      { ...asking, headers: { ...asking.headers, cookie: 'gatehouse=nobody', origin: plane.url } },
      // A token is no cookie, and an address is no place for either.
      {
        ...asking,
        headers: { ...asking.headers, cookie: `gatehouse=${secretOf('admin')}`, origin: plane.url },
      },
      ...['token', 'access_token', 'authorization'].map((name) => ({
        ...asking,
        path: `${asking.path}?${name}=${secretOf('admin')}`,
      })),
    ];
    for (const one of tries) {
      const answered = await send(one);
      expect([one.headers, one.path, faultOf(answered), answered.status]).toEqual([
        one.headers,
        one.path,
        '',
        401,
      ]);
    }
  });

  it.each(Role.options)('the role %s opens what it grants, and nothing else', async (role) => {
    const wrong: string[] = [];
    for (const address of closed) {
      const { access } = address.route;
      // Signing out and login codes are everybody's, and would change who we are here.
      if (access === 'lease' || access === 'self:read') continue;
      const asking = filled(address);
      const { status } = await send({ ...asking, headers: { ...asking.headers, ...bearer(secretOf(role)) } });
      const isOpen = status !== 403 && status !== 401;
      const may = mayOf[role].includes(access satisfies Permission | 'public');
      if (isOpen !== may) wrong.push(`${address.name} → ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('lets no agent and no worker approve, whatever roles it was given', async () => {
    for (const name of ['machine', 'host'])
      for (const path of [
        '/promotions/prm_01ARZ3NDEKTSV4RRFFQ69G5FAV/approvals',
        '/policies',
        '/principals',
        '/tokens',
      ]) {
        const answered = await api(name, path, { method: 'POST', headers: json, body: '{}' });
        expect([name, path, answered.status, answered.json?.['code']]).toEqual([
          name,
          path,
          403,
          'auth.forbidden',
        ]);
      }
  });

  it('lets nobody approve what they asked for themselves', async () => {
    const target = await plane.repository('closed', { 'README.md': 'A target.\n' });
    await plane.admin.call('policies.store', { body: approvalIn('closed'), idempotencyKey: randomUUID() });
    const body = JSON.stringify(readJob('change-a-file.yaml', { repository: 'closed' }));
    const submitted = await api('both', '/jobs', { method: 'POST', headers: json, body });
    const job = submitted.json as unknown as Job;
    await untilPhase(plane.admin, job.id, 'awaiting_approval');
    const { items } = await plane.admin.call('promotions.list', { query: { sessionId: job.sessionId } });
    const path = `/promotions/${items[0]!.id}/approvals`;
    const approve = { method: 'POST', headers: json, body: '{"answer":"approve"}' };
    expect((await api('both', path, approve)).json).toMatchObject({ status: 403, code: 'approval.own_work' });
    expect(target.git('for-each-ref', 'refs/heads/gatehouse')).toBe('');
    // A veto is anybody's who may answer at all, and nobody's twice.
    expect((await api('approver', path, { ...approve, body: '{"answer":"reject"}' })).status).toBe(201);
    expect((await api('admin', path, approve)).status).toBe(409);
    expect(await untilPhase(plane.admin, job.id, 'refused')).toMatchObject({ phase: 'refused' });
  });

  describe('a credential that ends', () => {
    /** A stream that is open: its first bytes, and what it says at its end. */
    const openStream = async (secret: string, sessionId: string): Promise<{ ended: Promise<unknown> }> => {
      const response = await fetch(`${plane.url}/api/v1/sessions/${sessionId}/events`, {
        headers: { ...bearer(secret), accept: 'text/event-stream' },
      });
      expect(response.status).toBe(200);
      return { ended: response.text() };
    };

    it.each(['token', 'principal'] as const)(
      'is refused at once when its %s is, and its open streams end',
      async (what) => {
        const mine = await plane.enrol(`ends-with-${what}`, ['requester']);
        const submitted = await send({
          method: 'POST',
          path: '/api/v1/jobs',
          headers: { ...json, ...bearer(mine.secret) },
          body: JSON.stringify(jobBody('long')),
        });
        const job = submitted.json as unknown as Job;
        const mineEnds = await openStream(mine.secret, job.sessionId);
        const other = await openStream(secretOf('viewer'), job.sessionId);
        let hasOtherEnded = false;
        void other.ended.finally(() => (hasOtherEnded = true));
        if (what === 'token') await plane.admin.call('tokens.revoke', { params: { id: mine.tokenId } });
        else
          await plane.admin.call('principals.change', { params: { id: mine.id }, body: { disabled: true } });
        const answered = await send({ path: '/api/v1/me', headers: bearer(mine.secret) });
        expect([answered.status, answered.json?.['code']]).toEqual([401, 'auth.invalid']);
        await mineEnds.ended;
        expect(hasOtherEnded).toBe(false);
        const login = await send({
          method: 'POST',
          path: '/api/v1/login',
          headers: { ...json, origin: plane.url },
          body: JSON.stringify({ token: mine.secret }),
        });
        expect(login.status).toBe(401);
        await plane.admin.call('jobs.cancel', { params: { id: job.id }, body: {} });
        await untilPhase(plane.admin, job.id, 'cancelled');
      },
    );
  });

  describe('the panel', () => {
    const login = (body: object, headers: Record<string, string> = { origin: plane.url }) =>
      send({
        method: 'POST',
        path: '/api/v1/login',
        headers: { ...json, ...headers },
        body: JSON.stringify(body),
      });
    const cookieIn = ({ headers }: Answered): string => headers['set-cookie']?.[0]?.split(';')[0] ?? '';

    it('is entered once by each link, and its cookie is out of reach for scripts and strangers', async () => {
      const link = new URL(await plane.panelLink());
      expect([link.origin, link.pathname, link.search]).toEqual([plane.url, '/panel', '']);
      const code = new URLSearchParams(link.hash.slice(1)).get('code');
      expect(code).toMatch(/^gh_.{40,}/);
      const both = await Promise.all([login({ code }), login({ code })]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
      const entered = both.find(({ status }) => status === 200)!;
      expect(entered.headers['set-cookie']?.[0]).toMatch(/^gatehouse=[^;]+; .*HttpOnly.*SameSite=Strict/i);
      expect(entered.text).not.toContain(cookieIn(entered).split('=')[1]!);
      expect((await login({ code })).status).toBe(401);

      const cookie = cookieIn(entered);
      const write = (headers: Record<string, string>) =>
        send({ method: 'POST', path: '/api/v1/login-codes', headers: { cookie, ...headers } });
      expect((await send({ path: '/api/v1/me', headers: { cookie } })).status).toBe(200);
      for (const headers of [
        {},
        { origin: 'http://evil.com' },
        { origin: 'null' },
        { origin: plane.url, 'sec-fetch-site': 'cross-site' },
        { origin: plane.url.replace(/\d+$/, '1') },
        { origin: `${plane.url}.evil.com` },
      ] as Record<string, string>[])
        expect([headers, (await write(headers)).status]).toEqual([headers, 403]);
      const made = await write({ origin: plane.url });
      expect(made.status).toBe(201);
      const minutes =
        (Date.parse(String(made.json?.['expiresAt'])) - Date.parse(made.headers.date!)) / 60_000;
      expect(Math.round(minutes)).toBe(10);
      // The panel's secret is good as a cookie only.
      expect((await send({ path: '/api/v1/me', headers: bearer(cookie.split('=')[1]!) })).status).toBe(401);
      expect(
        (await send({ method: 'POST', path: '/api/v1/logout', headers: { cookie, origin: plane.url } }))
          .status,
      ).toBe(204);
      expect((await send({ path: '/api/v1/me', headers: { cookie } })).status).toBe(401);
      expect((await login({ code: made.json?.['code'] }, { origin: 'http://evil.com' })).status).toBe(403);
    });

    it('keeps the admin token in a file of the owner alone', () => {
      const file = join(plane.data, 'credentials', 'admin.token');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8').trim()).toBe(plane.adminToken);
    });

    it.each(['/panel/', '/panel/jobs', '/docs', '/docs/static/index.html', '/openapi.json', '/health'])(
      '%s tells browsers what it may do',
      async (path) => {
        const { status, headers } = await send({ path });
        expect(status).toBeLessThan(path.startsWith('/panel') ? 500 : 400);
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'same-origin',
          'x-frame-options': 'SAMEORIGIN',
          'cross-origin-resource-policy': 'same-origin',
        });
        expect(headers).not.toHaveProperty('strict-transport-security');
        const policy = String(headers['content-security-policy']);
        expect(policy).toMatch(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
        expect(policy).not.toMatch(/script-src[^;]*unsafe/);
      },
    );
  });

  it.each([
    ['127.0.0.1', 200],
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['[::1]:7070', 200],
    ['evil.com', 421],
    ['localhost.evil.com', 421],
    ['127.0.0.1.evil.com', 421],
    ['localhost.', 421],
    ['127.0.0.1:80:80', 421],
    ['127.0.0.1:x', 421],
    ['[::2]', 421],
    ['::1', 421],
    ['0.0.0.0', 421],
    ['2130706433', 421],
    ['127.1', 421],
    ['user@localhost', 421],
    ['localhost, evil.com', 421],
  ])('for the host %j it answers %i', async (host, status) => {
    for (const path of ['/health', '/api/v1/me', '/panel/', '/docs', '/metrics', '/nothing']) {
      const answered = await send({ path, headers: { host, ...bearer(secretOf('viewer')) } });
      expect([path, answered.status === 421 ? 421 : 200]).toEqual([path, status]);
    }
  });

  it('slows down whoever guesses codes, and who asks too much, and says for how long', async () => {
    const guess = () =>
      send({
        method: 'POST',
        path: '/api/v1/login',
        headers: { ...json, origin: plane.url },
        body: '{"code":"gh_guess"}',
      });
    const answers = await Promise.all(Array.from({ length: 40 }, guess));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThan(0);
    expect(faultOf(refused[0]!)).toBe('');

    let last: Answered | undefined;
    for (let i = 0; i < 50 && last?.status !== 429; i += 1)
      [last] = (await Promise.all(Array.from({ length: 100 }, () => api('viewer', '/me')))).slice(-1);
    expect([last?.status, last?.json?.['code']]).toEqual([429, 'request.rate_limited']);
    expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
    // Others have a count of their own.
    expect((await api('requester', '/me')).status).toBe(200);
  });
};
