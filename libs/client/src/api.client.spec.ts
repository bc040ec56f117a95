import { GatehouseError, type JobSpecInput } from '@gatehouse/contracts';
import { describe, expect, it, jest } from '@jest/globals';
import { createClient } from './api.client.js';
import { ApiProblem } from './api.problem.js';
import { fakePlane, problemResponse, sampleArtifact, sampleIds, sampleJob } from './testing.js';

const baseUrl = 'http://plane.test/';
const problemFrom = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error = await call.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof ApiProblem)) throw new Error(`expected an ApiProblem, got ${String(error)}`);
  return error;
};

describe('call', () => {
  it('builds the address from params and query and sends the token', async () => {
    const plane = fakePlane({
      'promotions.list': () => ({ items: [], next: null }),
      'jobs.get': () => sampleJob(),
    });
    const client = createClient({ baseUrl, token: 'secret', fetch: plane.fetch });
    await client.call('promotions.list', { query: { limit: 3, repository: 'a/b c&d', state: undefined } });
    const job = await client.call('jobs.get', { params: { id: sampleIds.job } });
    expect(plane.requests.map(({ name, params, query }) => ({ name, params, query }))).toEqual([
      { name: 'promotions.list', params: {}, query: { limit: '3', repository: 'a/b c&d' } },
      { name: 'jobs.get', params: { id: sampleIds.job }, query: {} },
    ]);
    expect(plane.requests[0]?.headers.get('authorization')).toBe('Bearer secret');
    expect(job.phase).toBe('running');
  });

  it('refuses to call an address whose parameter is empty or would climb', async () => {
    const client = createClient({ baseUrl, fetch: fakePlane({}).fetch });
    for (const id of ['', '.', '..']) {
      await expect(client.call('jobs.get', { params: { id } })).rejects.toThrow('needs "id"');
    }
  });

  it('refuses an address that holds a credential', () => {
    expect(() => createClient({ baseUrl: 'http://user:pw@plane.test' })).toThrow('Pass a token');
  });

  it('keeps fields that this version does not know, in lenient and strict objects alike', async () => {
    const job = sampleJob();
    const newer = { ...job, mood: 'good', spec: { ...job.spec, later: 1 } };
    const client = createClient({ baseUrl, fetch: async () => new Response(JSON.stringify(newer)) });
    expect(await client.call('jobs.get', { params: { id: sampleIds.job } })).toEqual(newer);
  });

  it.each([
    ['text', 'hello'],
    ['another shape', '{"id":1}'],
  ])('says so when the answer is %s', async (_, body) => {
    const client = createClient({ baseUrl, fetch: async () => new Response(body) });
    const problem = await problemFrom(client.call('jobs.get', { params: { id: sampleIds.job } }));
    expect([problem.kind, problem.fault]).toEqual(['unreadable', 'bug']);
  });

  it('answers undefined where there is no content', async () => {
    const plane = fakePlane({ 'login.end': () => [204, undefined] });
    expect(await createClient({ baseUrl, fetch: plane.fetch }).call('login.end')).toBeUndefined();
  });

  it('turns a problem document into an ApiProblem', async () => {
    const plane = fakePlane({
      'jobs.get': () => {
        throw new GatehouseError('job.not_found', 'There is no such job. List them with gatehouse job list.');
      },
    });
    const client = createClient({ baseUrl, fetch: plane.fetch });
    const problem = await problemFrom(client.call('jobs.get', { params: { id: sampleIds.job } }));
    expect(problem).toMatchObject({ kind: 'refused', status: 404, code: 'job.not_found', fault: 'caller' });
    expect(problem.message).toBe('There is no such job. List them with gatehouse job list.');
  });

  it('judges a code of a newer server by its status', async () => {
    const body = JSON.stringify({
      type: 'x',
      title: 't',
      status: 409,
      code: 'future.code',
      detail: 'Later.',
    });
    const client = createClient({ baseUrl, fetch: async () => new Response(body, { status: 409 }) });
    const problem = await problemFrom(client.call('me.get'));
    expect([problem.message, problem.fault]).toEqual(['Later.', 'conflict']);
  });

  it('says that an answer is not from Gatehouse', async () => {
    const client = createClient({ baseUrl, fetch: async () => new Response('<html>', { status: 502 }) });
    const problem = await problemFrom(client.call('me.get'));
    expect([problem.kind, problem.status, problem.problem]).toEqual(['refused', 502, undefined]);
  });

  it('names the cause when nobody answers', async () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const client = createClient({
      baseUrl,
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause })),
    });
    const problem = await problemFrom(client.call('me.get'));
    expect([problem.kind, problem.fault, problem.status]).toEqual(['connection', 'outage', 0]);
    expect(problem.message).toContain('http://plane.test cannot be reached (ECONNREFUSED)');
  });

  it('ends a call that takes too long, and one that the caller aborts, each in its way', async () => {
    const hang: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
      });
    const client = createClient({ baseUrl, fetch: hang, timeoutMs: 20 });
    expect((await problemFrom(client.call('me.get'))).kind).toBe('timeout');
    const abort = new AbortController();
    const call = client.call('me.get', { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
  });
});

describe('trying again', () => {
  const busyOnce = () => {
    let calls = 0;
    return {
      handler: (body: unknown) => () =>
        calls++ === 0
          ? problemResponse('request.rate_limited', 'Slow down.', { headers: { 'retry-after': '0' } })
          : body,
      calls: () => calls,
    };
  };
  const spec: JobSpecInput = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'x' },
    spec: { goal: 'x', agent: { adapter: 'command', command: ['true'] } },
  };

  it('repeats a GET and a POST with a key', async () => {
    const get = busyOnce();
    const post = busyOnce();
    const plane = fakePlane({
      'jobs.get': get.handler(sampleJob()),
      'jobs.create': post.handler(sampleJob()),
    });
    const client = createClient({ baseUrl, fetch: plane.fetch });
    await client.call('jobs.get', { params: { id: sampleIds.job } });
    await client.call('jobs.create', { body: spec, idempotencyKey: 'k1' });
    expect([get.calls(), post.calls()]).toEqual([2, 2]);
    expect(plane.requests.slice(2).map(({ headers }) => headers.get('idempotency-key'))).toEqual([
      'k1',
      'k1',
    ]);
  });

  it('repeats a POST that does no more the second time', async () => {
    const post = busyOnce();
    const digest = 'a'.repeat(64);
    const said = {
      ...{
        candidateId: sampleIds.candidate,
        verdictId: sampleIds.verdict,
        agrees: true,
        tree: sampleIds.tree,
      },
      ...{ gateSet: 'same', staticDigest: digest, recomputedDigest: digest, answers: 40 },
      ...{ differences: [], withdrawn: false },
    };
    const plane = fakePlane({ 'candidates.verify': post.handler(said) });
    const client = createClient({ baseUrl, fetch: plane.fetch });
    const answer = await client.call('candidates.verify', { params: { id: sampleIds.candidate } });
    expect([answer, post.calls()]).toEqual([said, 2]);
  });

  it('never repeats a POST without a key', async () => {
    const post = busyOnce();
    const plane = fakePlane({ 'jobs.create': post.handler(sampleJob()) });
    const problem = await problemFrom(
      createClient({ baseUrl, fetch: plane.fetch }).call('jobs.create', { body: spec }),
    );
    expect([problem.status, post.calls()]).toEqual([429, 1]);
  });

  it('does not wait longer than half a minute for anyone', async () => {
    const fetch = jest.fn(async () =>
      problemResponse('queue.unavailable', 'Down.', { headers: { 'retry-after': '3600' } }),
    );
    const problem = await problemFrom(createClient({ baseUrl, fetch }).call('me.get'));
    expect([problem.retryAfterMs, fetch.mock.calls.length]).toEqual([3_600_000, 1]);
  });
});

describe('bytes', () => {
  it('uploads them as they are', async () => {
    const plane = fakePlane({ 'artifacts.create': () => sampleArtifact() });
    const client = createClient({ baseUrl, fetch: plane.fetch });
    await client.call('artifacts.create', {
      body: new TextEncoder().encode('diff'),
      mediaType: 'text/x-patch',
    });
    expect(plane.requests[0]?.body).toBe('diff');
    expect(plane.requests[0]?.headers.get('content-type')).toBe('text/x-patch');
  });

  it('downloads up to a bound', async () => {
    const plane = fakePlane({ 'artifacts.content': () => new Response('0123456789') });
    const client = createClient({ baseUrl, fetch: plane.fetch });
    const get = () => client.download('artifacts.content', { params: { id: sampleIds.artifact } });
    expect(new TextDecoder().decode(await (await get()).bytes(10))).toBe('0123456789');
    await expect((await get()).bytes(9)).rejects.toThrow('larger than 9 bytes');
    expect(plane.requests[0]?.params['id']).toBe(sampleIds.artifact);
  });
});

describe('pages', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const plane = () =>
    fakePlane({
      'jobs.list': ({ query }) => {
        const at = Number(query['cursor'] ?? 0);
        const items = names.slice(at, at + 2).map((name) => sampleJob({ name }));
        return { items, next: at + 2 < names.length ? String(at + 2) : null };
      },
    });
  const collect = async (max?: number) => {
    const fake = plane();
    const seen: string[] = [];
    const client = createClient({ baseUrl, fetch: fake.fetch });
    for await (const job of client.pages(
      'jobs.list',
      { query: { limit: 2 } },
      max === undefined ? {} : { max },
    )) {
      seen.push(job.name);
    }
    return { seen, calls: fake.requests.length };
  };

  it('gives every item once', async () => expect(await collect()).toEqual({ seen: names, calls: 3 }));
  it('stops at a maximum without asking for more', async () =>
    expect(await collect(2)).toEqual({ seen: ['a', 'b'], calls: 1 }));
});

describe('probe', () => {
  it('takes a 503 of /ready for an answer', async () => {
    const report = { ok: false, checks: [] };
    const client = createClient({
      baseUrl,
      fetch: async () => new Response(JSON.stringify(report), { status: 503 }),
    });
    expect(await client.probe('ready')).toEqual(report);
  });
});
