import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  brokenBodies,
  everyAddress,
  oddBodies,
  oddIds,
  oddQueries,
  strangers,
  validBody,
} from '../src/fuzz.js';
import { startPlane, untilPhase, type Plane } from '../src/plane.js';
import { type Answered, ask, type Asking, converse, json } from '../src/raw.http.js';
import { faultOf } from '../src/refusal.js';

const yaml = { 'content-type': 'application/yaml' };
const spec = (more: object = {}, name = 'x') => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name },
  spec: { goal: 'Nothing', agent: { adapter: 'command', command: ['true'] }, ...more },
});

describe('bad input', () => {
  let plane: Plane;
  let worker: string;
  let kept: { jobId: string; principals: number };
  const slow: Promise<string>[] = [];

  const send = (asking: Asking, token = plane.adminToken): Promise<Answered> =>
    ask(plane.url, { ...asking, headers: { authorization: `Bearer ${token}`, ...asking.headers } });
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = json) =>
    send({ method: 'POST', path: `/api/v1${path}`, headers, body });
  const submit = (body: string | Uint8Array, headers: Record<string, string> = json) =>
    post('/jobs', body, headers);
  const count = async (): Promise<number> => {
    let n = 0;
    for await (const _ of plane.admin.pages('principals.list')) n += 1;
    return n;
  };

  beforeAll(async () => {
    plane = await startPlane({ GATEHOUSE_RATE_LIMIT: '0' });
    // Begun first, so that its time runs while all else is tried.
    slow.push(converse(plane.url, 'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: '));
    worker = (await plane.enrol('some-worker', ['worker'])).secret;
    const job = await plane.admin.call('jobs.create', {
      body: spec() as never,
      idempotencyKey: randomUUID(),
    });
    kept = { jobId: job.id, principals: await count() };
  });
  afterAll(() => plane?.stop());

  it.each<[string, number, () => Promise<Answered>]>([
    ['JSON 100 000 deep', 400, () => submit('['.repeat(100_000))],
    [
      'JSON 100 000 deep in a field',
      400,
      () => submit(`{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`),
    ],
    ['YAML 100 000 deep', 400, () => submit('['.repeat(100_000), yaml)],
    ['YAML of 100 000 dashes', 400, () => submit('- '.repeat(100_000), yaml)],
    [
      'a billion laughs',
      400,
      () =>
        submit(
          `a: &a [x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}`,
          yaml,
        ),
    ],
    ['a merge key', 422, () => submit('<<: {kind: Job}\nkind: Job', yaml)],
    ['a tag of code', 400, () => submit('!!js/function "x"', yaml)],
    ['two documents', 400, () => submit('a: 1\n---\nb: 1', yaml)],
    ['__proto__', 400, () => submit('{"__proto__":{"admin":true}}')],
    ['__proto__ in YAML', 400, () => submit('__proto__: {a: 1}', yaml)],
    ['a key twice', 400, () => submit('{"kind":"Job","kind":"Job"}')],
    ['a key twice, once escaped', 400, () => submit('{"kind":"Job","\\u006bind":"Job"}')],
    ['NaN', 400, () => submit('{"a":NaN}')],
    ['.nan in YAML', 400, () => submit('a: .nan', yaml)],
    ['2^53 + 1', 400, () => submit('{"a":9007199254740993}')],
    ['a lone surrogate', 422, () => submit(JSON.stringify(spec()).replace('Nothing', '\\ud800'))],
    ['a NUL in a text', 422, () => submit(JSON.stringify(spec()).replace('Nothing', '\\u0000'))],
    [
      'a NUL in a label',
      422,
      () => submit(JSON.stringify(spec()).replace('"name":"x"', '"name":"x","labels":{"a\\u0000":"b"}')),
    ],
    ['a raw NUL', 400, () => submit('{"a":"\0"}')],
    ['bytes that are no UTF-8', 400, () => submit(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    ['UTF-16', 415, () => submit('{}', { 'content-type': 'application/json; charset=utf-16' })],
    ['1 MiB + 1', 413, () => submit(`"${'x'.repeat(1024 * 1024 - 1)}"`)],
    ['10 MiB + 1', 413, () => submit(Buffer.alloc(10 * 1024 * 1024 + 1, 0x20))],
    [
      'a gzip bomb',
      415,
      () => submit(gzipSync(Buffer.alloc(50_000_000)), { ...json, 'content-encoding': 'gzip' }),
    ],
    ['text as text/plain', 415, () => submit('{}', { 'content-type': 'text/plain' })],
    ['a form', 415, () => submit('a=b', { 'content-type': 'application/x-www-form-urlencoded' })],
    ['no type at all', 415, () => submit('{}', {})],
    ['no body', 400, () => submit('')],
    ['an artifact of a wrong type', 415, () => post('/artifacts', 'x', json)],
    [
      'an artifact in gzip',
      415,
      () => post('/artifacts', 'x', { 'content-type': 'text/x-patch', 'content-encoding': 'gzip' }),
    ],
    [
      'an artifact of 64 MiB + 1',
      413,
      () =>
        post('/artifacts', Buffer.alloc(64 * 1024 * 1024 + 1), {
          'content-type': 'application/octet-stream',
        }),
    ],
    ['a forged cursor', 422, () => send({ path: '/api/v1/jobs?cursor=eyJpZCI6MX0' })],
    ['a cursor of another list', 422, () => send({ path: `/api/v1/jobs?cursor=${strangers['ses']}` })],
    ['a task cursor of another list', 422, () => send({ path: `/api/v1/tasks?cursor=${strangers['ses']}` })],
    [
      '5000 parameters',
      422,
      () =>
        send({
          path: `/api/v1/jobs?${Array.from({ length: 5_000 }, (_, i) => `p${i}`).join('&')}`.slice(0, 15_000),
        }),
    ],
    ['a year without a number', 422, () => send({ path: '/api/v1/jobs?createdAfter=0000-01-01T00:00:00Z' })],
    ['a token in the address, beside a good one', 422, () => send({ path: '/api/v1/me?token=gh_x' })],
    [
      'a huge Idempotency-Key',
      422,
      () => submit(JSON.stringify(spec()), { ...json, 'idempotency-key': 'k'.repeat(10_000) }),
    ],
    [
      'an empty Idempotency-Key',
      422,
      () => submit(JSON.stringify(spec()), { ...json, 'idempotency-key': '' }),
    ],
    [
      'an Idempotency-Key beyond ASCII',
      422,
      () => submit(JSON.stringify(spec()), { ...json, 'idempotency-key': 'é' }),
    ],
    ['an encoded way out of the API', 404, () => send({ path: '/api/v1/%2e%2e/%2e%2e/etc/passwd' })],
    [
      'an encoded way out of the panel',
      404,
      () => send({ path: '/panel/assets/..%2f..%2f..%2fpackage.json' }),
    ],
    ['a way out of the docs', 404, () => send({ path: '/docs/static/..%2f..%2f..%2fpackage.json' })],
    ['two slashes', 404, () => send({ path: '//api/v1/me' })],
    ['OPTIONS', 405, () => send({ method: 'OPTIONS', path: '/api/v1/jobs' })],
    ['PUT where there is none', 405, () => send({ method: 'PUT', path: '/api/v1/jobs' })],
    ['TRACE', 405, () => send({ method: 'TRACE', path: '/api/v1/jobs' })],
    [
      'a header of 1 MiB',
      431,
      () => send({ path: '/api/v1/me', headers: { 'x-big': 'x'.repeat(1024 * 1024) } }),
    ],
  ])('%s gets %i', async (_, status, asked) => {
    const answered = await asked();
    expect([faultOf(answered), answered.status]).toEqual(['', status]);
  });

  it('names each field that is wrong', async () => {
    const { json: body } = await submit(JSON.stringify(spec({ goal: 1, nobody: 2 })));
    expect(body?.['errors']).toEqual(
      expect.arrayContaining([
        { path: 'spec.goal', message: expect.any(String) },
        { path: 'spec.nobody', message: 'no such field' },
      ]),
    );
  });

  it.each(['job_x', '-1', '1.5', '', 'NaN', '99999999999999999999', '1\u00a0'])(
    'refuses %j as Last-Event-ID',
    async (id) => {
      const { sessionId } = await plane.admin.call('jobs.get', { params: { id: kept.jobId } });
      const headers = { accept: 'text/event-stream', 'last-event-id': id };
      expect(faultOf(await send({ path: `/api/v1/sessions/${sessionId}/events`, headers }))).toBe('');
    },
  );

  it.each(everyAddress)('$name bears whatever is sent to it', async ({ name, prefix, route, strange }) => {
    const token = prefix === '/worker/v1' ? worker : plane.adminToken;
    const faults: string[] = [];
    const type = route.accepts?.[0] ?? 'application/json';
    const look = async (what: string, mustRefuse: boolean, asking: Asking): Promise<void> => {
      const answered = await send({ method: route.method, ...asking }, token);
      const fault = answered.status < 400 && !mustRefuse ? '' : faultOf(answered);
      if (fault !== '') faults.push(`${what.slice(0, 200)} → ${fault}`);
    };
    const path = strange;
    const body = route.body && JSON.stringify(validBody(route));
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': type };
    const filled = { headers, body };
    if (route.path.includes('{id}'))
      for (const id of oddIds)
        await look(`id ${id}`, true, {
          ...filled,
          path: prefix + route.path.replace('{id}', id).replace(/\{.*\}/, 'x'),
        });
    for (const query of oddQueries(route))
      await look(`?${query}`, false, { ...filled, path: `${path}?${query}` });
    if (route.body) {
      // A login costs its address one of few tries a minute: the rest of that table is for the one on access.
      const bodies = name === 'login.create' ? [] : oddBodies(route);
      for (const odd of brokenBodies(route)) await look(odd, true, { path, headers: json, body: odd });
      for (const odd of bodies) await look(odd, false, { path, headers: json, body: odd });
    }
    expect(faults).toEqual([]);
  });

  it('answers HEAD as GET, without a body', async () => {
    const head = await send({ method: 'HEAD', path: '/api/v1/jobs' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('answers pipelined requests in order, and ends what is no HTTP', async () => {
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`;
    const both = await converse(
      plane.url,
      get('/health') + get('/nothing') + get('/health', 'connection: close\r\n'),
    );
    expect([...both.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
    ]);
    for (const bytes of [
      'hello\r\n\r\n',
      Buffer.alloc(300, 0x16),
      'POST /api/v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /api/v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -1\r\n\r\n',
      'GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.com\r\nconnection: close\r\n\r\n',
      'GET http://evil.com/health HTTP/1.1\r\nhost: evil.com\r\nconnection: close\r\n\r\n',
      'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n',
    ])
      expect(await converse(plane.url, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('lets a caller break off in the middle of a body', async () => {
    const begin = `POST /api/v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${plane.adminToken}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"a":`;
    expect(await converse(plane.url, begin, false)).not.toMatch(/^HTTP\/1\.1 (?:2|5)/);
  });

  it('makes one job of twenty requests with one key, and refuses the key for another body', async () => {
    const headers = { ...json, 'idempotency-key': randomUUID() };
    const body = JSON.stringify(spec({}, 'once'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(body, headers)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { items } = await plane.admin.call('jobs.list', { query: { name: 'once' } });
    expect(items).toHaveLength(1);

    const other = await submit(JSON.stringify(spec({}, 'another')), headers);
    expect([other.status, other.json?.['code']]).toEqual([422, 'idempotency.mismatch']);
    const stranger = await plane.enrol('stranger', ['requester']);
    const theirs = await send({ method: 'POST', path: '/api/v1/jobs', headers, body }, stranger.secret);
    expect(theirs.status).toBe(201);
    expect(theirs.json?.['id']).not.toBe(items[0]!.id);
  });

  it('ends a request whose headers never come', async () => {
    for (const text of await Promise.all(slow))
      expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*request\.timed_out/);
  });

  it('has lost nothing by all this', async () => {
    expect(await untilPhase(plane.admin, kept.jobId, 'stored')).toMatchObject({
      phase: expect.stringMatching(/stored|noop/),
    });
    expect(await count()).toBeGreaterThanOrEqual(kept.principals);
    expect(await plane.admin.call('ledger.verify', { query: {} })).toMatchObject({ ok: true });
    const { items } = await plane.admin.call('tasks.list', { query: { state: 'dead' } });
    expect(items).toEqual([]);
  });
});
