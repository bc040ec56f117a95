import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, type ApiProblem } from './index.js';
import { sampleArtifact, sampleEvent, sampleGrant, sampleIds, sampleJob } from './testing.js';
import { createWorkerClient } from './worker.js';

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;
const servers: Server[] = [];

/** A real server on a free port; `nth` counts its requests. */
const serve = async (handler: Handler): Promise<string> => {
  let nth = 0;
  const server = createServer((request, response) => handler(request, response, nth++));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const body = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
const json = (response: ServerResponse, status: number, value: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const caught = (call: Promise<unknown>): Promise<ApiProblem> =>
  call.then(
    () => Promise.reject(new Error('expected a problem')),
    (error: ApiProblem) => error,
  );
const frame = (seq: number) => `id: ${seq}\ndata: ${JSON.stringify(sampleEvent(seq))}\n\n`;

describe('over a real line', () => {
  it('calls, and keeps Unicode whole', async () => {
    const baseUrl = await serve((_, response) => json(response, 200, sampleJob({ reason: 'grüße 🙂' })));
    const job = await createClient({ baseUrl }).call('jobs.get', { params: { id: sampleIds.job } });
    expect(job.reason).toBe('grüße 🙂');
  });

  it('names what is wrong with the line', async () => {
    const closed = await serve(() => undefined);
    const server = servers.pop();
    await new Promise((done) => server?.close(done));
    expect((await caught(createClient({ baseUrl: closed }).call('me.get'))).message).toContain(
      'ECONNREFUSED',
    );
    const cut = await serve((request) => void request.socket.destroy());
    expect((await caught(createClient({ baseUrl: cut }).call('me.get'))).kind).toBe('connection');
    const half = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await caught(createClient({ baseUrl: half }).call('me.get'))).kind).toBe('connection');
    const silent = await serve((_, response) => void response.writeHead(200).write('{'));
    expect((await caught(createClient({ baseUrl: silent, timeoutMs: 50 }).call('me.get'))).kind).toBe(
      'timeout',
    );
  });

  it('does not carry a token to another place', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      json(response, 200, {});
    });
    const baseUrl = await serve((_, response) => void response.writeHead(307, { location: other }).end());
    const problem = await caught(createClient({ baseUrl, token: 'secret' }).call('me.get'));
    expect([problem.kind, seen]).toEqual(['connection', []]);
  });

  it('uploads 8 MiB as bytes, as a Blob and as a stream, whole', async () => {
    const sizes: number[] = [];
    const baseUrl = await serve((request, response) => {
      void body(request).then((bytes) => {
        sizes.push(bytes.length);
        json(response, 201, sampleArtifact());
      });
    });
    const bytes = new Uint8Array(8 * 1024 * 1024).fill(7);
    const client = createWorkerClient({ baseUrl, token: 't' }).lease(sampleGrant().lease);
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start: (c) => {
          for (let at = 0; at < bytes.length; at += 65_536) c.enqueue(bytes.subarray(at, at + 65_536));
          c.close();
        },
      });
    for (const form of [bytes, new Blob([bytes]), stream]) await client.upload(sampleIds.artifact, form);
    expect(sizes).toEqual([bytes.length, bytes.length, bytes.length]);
  });

  it('downloads bit by bit, and tells a cut download from a whole one', async () => {
    const baseUrl = await serve((_, response, nth) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.write(Buffer.alloc(100_000, 1));
      setTimeout(() => (nth === 0 ? response.end(Buffer.alloc(100_000, 2)) : response.destroy()), 10);
    });
    const lease = createWorkerClient({ baseUrl, token: 't' }).lease(sampleGrant().lease);
    expect(await (await lease.workspace()).bytes(1_000_000)).toHaveLength(200_000);
    await expect((await lease.workspace()).bytes(1_000_000)).rejects.toMatchObject({ kind: 'connection' });
  });

  it('lets go of a download that is not wanted', async () => {
    let closed: () => void;
    const gone = new Promise<void>((done) => (closed = done));
    const baseUrl = await serve((_, response) => {
      response.once('close', () => closed());
      response.writeHead(200).write(Buffer.alloc(1_000));
    });
    const lease = createWorkerClient({ baseUrl, token: 't' }).lease(sampleGrant().lease);
    await (await lease.workspace()).cancel();
    await gone;
  });

  it('follows events over broken lines and a restart, each exactly once, and lets go of the line', async () => {
    const asked: (string | undefined)[] = [];
    let open = 0;
    const handler: Handler = (request, response, nth) => {
      asked.push(request.headers['last-event-id'] as string | undefined);
      open += 1;
      response.once('close', () => (open -= 1));
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 20\n\n');
      const last = Number(request.headers['last-event-id'] ?? 0);
      response.write(
        [last, last + 1, last + 2]
          .filter((seq) => seq > 0)
          .map(frame)
          .join(''),
      );
      if (nth < 3) setTimeout(() => response.socket?.destroy(), 15);
    };
    const baseUrl = await serve(handler);
    const seen: number[] = [];
    for await (const event of createClient({ baseUrl }).followEvents(sampleIds.session)) {
      seen.push(event.seq);
      if (event.seq === 8) break;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(asked).toEqual(['0', '2', '4', '6']);
    for (let waited = 0; open > 0 && waited < 6_000; waited++)
      await new Promise((done) => setTimeout(done, 10));
    expect(open).toBe(0);
  });

  it('ends a long poll when its caller aborts, and the server sees it', async () => {
    let closed: () => void;
    const gone = new Promise<void>((done) => (closed = done));
    const abort = new AbortController();
    const baseUrl = await serve((request, response) => {
      response.once('close', () => closed());
      void body(request).then(() => abort.abort(new Error('drained')));
    });
    const worker = createWorkerClient({ baseUrl, token: 't' });
    await expect(worker.claim({ workerId: sampleIds.worker }, { signal: abort.signal })).rejects.toThrow(
      'drained',
    );
    await gone;
  });
});
