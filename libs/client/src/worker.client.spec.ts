import { GatehouseError } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { LeaseFenced, LeaseGone, LeaseLost } from './api.problem.js';
import {
  fakePlane,
  problemResponse,
  sampleArtifact,
  sampleGrant,
  sampleIds,
  type FakeHandler,
} from './testing.js';
import { createWorkerClient } from './worker.client.js';

const workerWith = (handlers: Record<string, FakeHandler>) => {
  const plane = fakePlane(handlers);
  const client = createWorkerClient({
    baseUrl: 'http://plane.test',
    token: 'worker-token',
    fetch: plane.fetch,
  });
  return { plane, client, lease: client.lease(sampleGrant().lease) };
};
const none = () => [204, undefined];

describe('the worker client', () => {
  it('registers and claims with its own token, and takes 204 for no work', async () => {
    let claims = 0;
    const { client, plane } = workerWith({
      'worker.register': () => ({ workerId: sampleIds.worker, pollMs: 20_000 }),
      'worker.claim': () => (claims++ === 0 ? none() : sampleGrant()),
    });
    const { workerId } = await client.register({
      name: 'w1',
      zone: 'agent',
      sandboxes: [],
      version: '0.1.0',
    });
    expect(await client.claim({ workerId, waitMs: 0 })).toBeUndefined();
    expect((await client.claim({ workerId }))?.lease.generation).toBe(7);
    expect(plane.requests.map(({ headers }) => headers.get('authorization'))).toEqual(
      Array(3).fill('Bearer worker-token'),
    );
  });

  it('fills token and generation into every call of a lease', async () => {
    const { lease, plane } = workerWith({
      'lease.heartbeat': () => ({
        ttlMs: 1,
        heartbeatMs: 1,
        fenceMs: 1,
        cancel: false,
        drain: false,
        reason: null,
      }),
      'lease.start': none,
      'lease.events': none,
      'lease.output': none,
      'lease.workspace': () => new Response('pack'),
      'lease.artifact': () => new Response('bytes'),
      'lease.upload': () => sampleArtifact(),
      'lease.complete': none,
    });
    await lease.heartbeat();
    await lease.start({ kind: 'process_sandbox', detail: 'uid 1' });
    await lease.events([{ type: 'agent.note', payload: { a: 1 }, key: 'k' }]);
    await lease.output({ stream: 'stderr', offset: 4, bytes: new Uint8Array([65]), last: true });
    expect(await (await lease.workspace()).bytes(4)).toHaveLength(4);
    expect(await (await lease.artifact(sampleIds.artifact)).bytes(5)).toHaveLength(5);
    await lease.upload(sampleIds.artifact, 'abc');
    await lease.complete({ outcome: 'noop', report: null });
    const fences = plane.requests.map(({ query, body }) =>
      Number(query['generation'] ?? (body as { generation?: number }).generation),
    );
    expect(fences).toEqual(Array(8).fill(7));
    expect(new Set(plane.requests.map(({ headers }) => headers.get('authorization')))).toEqual(
      new Set(['Bearer lease-token']),
    );
    expect(plane.requests[3]?.query).toEqual({
      generation: '7',
      stream: 'stderr',
      offset: '4',
      last: 'true',
    });
  });

  it.each([
    ['lease.fenced', LeaseFenced],
    ['lease.gone', LeaseGone],
  ] as const)('throws its own class for %s, on streams too, and never tries again', async (code, kind) => {
    const lost = () => {
      throw new GatehouseError(code, 'The lease is over. Stop.');
    };
    const { lease, plane } = workerWith({ 'lease.complete': lost, 'lease.workspace': lost });
    for (const call of [
      lease.complete({ outcome: 'noop', report: null }, { reconnectForMs: 60_000 }),
      lease.workspace(),
    ]) {
      const error = await call.then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(kind);
      expect(error).toBeInstanceOf(LeaseLost);
    }
    expect(plane.requests).toHaveLength(2);
  });

  it('keeps trying to hand in a result while the plane is away, as long as it is told to', async () => {
    let calls = 0;
    const { plane } = workerWith({ 'lease.complete': none });
    const flaky: typeof fetch = (url, init) =>
      calls++ < 2 ? Promise.reject(new TypeError('fetch failed')) : plane.fetch(url, init);
    const client = createWorkerClient({ baseUrl: 'http://plane.test', token: 't', fetch: flaky });
    const lease = client.lease(sampleGrant().lease);
    await lease.complete({ outcome: 'noop', report: null }, { reconnectForMs: 60_000 });
    expect(calls).toBe(3);
    calls = 0;
    await expect(lease.complete({ outcome: 'noop', report: null })).rejects.toMatchObject({
      kind: 'connection',
    });
  });

  it('sends a heartbeat and a claim once only', async () => {
    const busy = () => problemResponse('database.unavailable', 'Down.', { headers: { 'retry-after': '0' } });
    const { client, lease, plane } = workerWith({ 'lease.heartbeat': busy, 'worker.claim': busy });
    await expect(lease.heartbeat({ reconnectForMs: 60_000 })).rejects.toMatchObject({ status: 503 });
    await expect(client.claim({ workerId: sampleIds.worker })).rejects.toMatchObject({ status: 503 });
    expect(plane.requests).toHaveLength(2);
  });

  it('ends a download whose line breaks with a problem, not with fewer bytes', async () => {
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (c) => (pulls++ === 0 ? c.enqueue(new Uint8Array(3)) : c.error(new TypeError('terminated'))),
    });
    const { lease } = workerWith({ 'lease.workspace': () => new Response(body) });
    await expect((await lease.workspace()).bytes(100)).rejects.toMatchObject({ kind: 'connection' });
  });
});
