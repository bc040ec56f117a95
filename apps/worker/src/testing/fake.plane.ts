import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  errorCodes,
  workerRoutes,
  type CompleteAttempt,
  type ErrorCode,
  type LeaseGrant,
  type Route,
  type WorkerRouteName,
} from '@gatehouse/contracts';
import { packTree, type GitRunner } from '@gatehouse/git';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const makeId = (prefix: string): string =>
  `${prefix}_0${[...randomBytes(25)].map((byte) => alphabet[byte % 32]).join('')}`;

class Refusal extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
  ) {
    super(detail);
  }
}

/** One lease as the plane sees it. */
export interface PlaneLease {
  readonly grant: LeaseGrant;
  readonly bareDir: string | null;
  readonly output: Record<
    'stdout' | 'stderr',
    { bytes: Buffer; sealed: boolean; truncated: boolean; calls: number }
  >;
  readonly heartbeats: number[];
  started: { kind: string; detail: string; image: unknown } | undefined;
  completion: CompleteAttempt | undefined;
  cancel: string | undefined;
  expiresAt: number;
  /** Set once another generation was granted. */
  superseded: boolean;
  readonly ended: Promise<CompleteAttempt>;
  settle(completion: CompleteAttempt): void;
}

/**
 * The worker protocol over real HTTP, for tests: bodies are held against the contracts, leases end by time and are
 * fenced as the real ones are. What it stores is in memory.
 */
export class FakePlane {
  readonly token = randomBytes(16).toString('hex');
  readonly leases = new Map<string, PlaneLease>();
  readonly artifacts = new Map<string, Buffer>();
  readonly registrations: unknown[] = [];
  readonly refusals: { route: string; code: string }[] = [];
  readonly calls: Record<string, number> = {};
  /** Answers 503 to everything, or to one route, for outages. */
  down: boolean | WorkerRouteName = false;
  /** Swallows requests without an answer, for networks that drop packets. */
  silent = false;
  drain = false;
  /** Breaks the line in the middle of this many packs. */
  cutPacks = 0;
  private readonly queue: PlaneLease[] = [];
  private readonly waiters: (() => void)[] = [];
  private workerId = '';
  private server: Server | undefined;

  constructor(private readonly git: GitRunner) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
  }

  async start(port = 0): Promise<this> {
    this.server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Forgets its workers, as a plane does whose database was replaced. */
  forgetWorkers(): void {
    this.workerId = '';
  }

  offer(grant: LeaseGrant, bareDir: string | null): PlaneLease {
    let settle!: (completion: CompleteAttempt) => void;
    const ended = new Promise<CompleteAttempt>((resolve) => (settle = resolve));
    const empty = () => ({ bytes: Buffer.alloc(0), sealed: false, truncated: false, calls: 0 });
    const lease: PlaneLease = {
      grant,
      bareDir,
      output: { stdout: empty(), stderr: empty() },
      heartbeats: [],
      started: undefined,
      completion: undefined,
      cancel: undefined,
      expiresAt: Number.POSITIVE_INFINITY,
      superseded: false,
      ended,
      settle,
    };
    this.leases.set(grant.lease.id, lease);
    this.queue.push(lease);
    this.waiters.shift()?.();
    return lease;
  }

  store(bytes: Buffer): string {
    const id = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.artifacts.set(id, bytes);
    return id;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.silent) return;
    const url = new URL(request.url ?? '', 'http://x');
    const found = match(request.method ?? '', url.pathname);
    const name = found?.name ?? url.pathname;
    this.calls[name] = (this.calls[name] ?? 0) + 1;
    try {
      if (this.down === true || this.down === name)
        throw new Refusal('database.unavailable', 'The plane is down, as asked.');
      if (found === undefined) throw new Refusal('request.not_found', 'There is nothing here.');
      await this.answer(found.name, found.params, url, Buffer.concat(chunks), request, response);
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'internal.unexpected';
      this.refusals.push({ route: name, code });
      const { status, title } = errorCodes[code];
      const detail = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ type: 'about:blank', title, status, code, detail }));
    }
  }

  private async answer(
    name: WorkerRouteName,
    params: Record<string, string>,
    url: URL,
    bytes: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const route: Route = workerRoutes[name];
    const parsed = route.body?.safeParse(JSON.parse(bytes.toString('utf8')));
    const query = route.query?.safeParse(Object.fromEntries(url.searchParams));
    if (parsed?.success === false) throw new Refusal('request.invalid', parsed.error.message);
    if (query?.success === false) throw new Refusal('request.invalid', query.error.message);
    const body = (parsed?.data ?? query?.data ?? {}) as Record<string, unknown>;
    const bearer = request.headers.authorization?.replace('Bearer ', '');
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const empty = () => response.writeHead(204).end();
    if (name === 'worker.register' || name === 'worker.claim') {
      if (bearer !== this.token) throw new Refusal('auth.invalid', 'This is not the token of a worker.');
      if (name === 'worker.register') {
        this.registrations.push(body);
        // One name of one principal is one worker, as in a real plane: a claim under way keeps its id.
        if (this.workerId === '') this.workerId = makeId('wrk');
        return json(200, { workerId: this.workerId, pollMs: 500 });
      }
      if (body['workerId'] !== this.workerId) throw new Refusal('worker.not_found', 'Register first.');
      const lease = await this.claim(Number(body['waitMs']), request);
      return lease === undefined ? void empty() : json(200, lease.grant);
    }
    const lease = this.held(params['id'] ?? '', bearer, Number(body['generation']), name, body);
    if (name === 'lease.heartbeat') {
      lease.heartbeats.push(Date.now());
      lease.expiresAt = Date.now() + lease.grant.lease.ttlMs;
      const { ttlMs, heartbeatMs, fenceMs } = lease.grant.lease;
      const reason = lease.cancel ?? null;
      return json(200, { ttlMs, heartbeatMs, fenceMs, cancel: reason !== null, drain: this.drain, reason });
    }
    if (name === 'lease.start')
      lease.started = { kind: String(body['kind']), detail: String(body['detail']), image: body['image'] };
    if (name === 'lease.output') this.output(lease, body, bytes);
    if (name === 'lease.workspace') return this.workspace(lease, response);
    if (name === 'lease.artifact') {
      const stored = this.artifacts.get(params['artifact'] ?? '');
      if (stored === undefined) throw new Refusal('artifact.not_found', 'No such artifact.');
      return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(stored);
    }
    if (name === 'lease.upload') {
      const id = this.store(bytes);
      if (id !== params['artifact']) throw new Refusal('artifact.digest_mismatch', `These bytes are ${id}.`);
      return json(201, {
        id,
        size: bytes.length,
        mediaType: 'application/octet-stream',
        kind: 'patch',
        createdAt: new Date().toISOString(),
      });
    }
    if (name === 'lease.complete') {
      lease.completion = body as CompleteAttempt;
      lease.settle(lease.completion);
    }
    empty();
  }

  private held(
    id: string,
    bearer: string | undefined,
    generation: number,
    name: string,
    body: unknown,
  ): PlaneLease {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Refusal('lease.not_found', 'No such lease.');
    if (bearer !== lease.grant.lease.token)
      throw new Refusal('auth.invalid', 'This is not the token of this lease.');
    if (lease.superseded || generation !== lease.grant.lease.generation)
      throw new Refusal('lease.fenced', 'A newer generation has it.');
    const same = name === 'lease.complete' && JSON.stringify(lease.completion) === JSON.stringify(body);
    if (lease.completion !== undefined && !same) throw new Refusal('lease.gone', 'It was completed.');
    if (Date.now() > lease.expiresAt) throw new Refusal('lease.gone', 'It ended.');
    return lease;
  }

  private async claim(waitMs: number, request: IncomingMessage): Promise<PlaneLease | undefined> {
    const closed = new Promise<void>((resolve) => request.socket.once('close', () => resolve()));
    if (this.queue.length === 0 && !this.drain) {
      const asked = new Promise<void>((resolve) => this.waiters.push(resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
      await Promise.race([asked, late, closed]);
      clearTimeout(timer);
    }
    if (request.socket.destroyed || this.drain) return undefined;
    const lease = this.queue.shift();
    if (lease !== undefined) lease.expiresAt = Date.now() + lease.grant.lease.ttlMs;
    return lease;
  }

  private output(lease: PlaneLease, body: Record<string, unknown>, bytes: Buffer): void {
    if (bytes.length > 256 * 1024) throw new Refusal('request.too_large', 'At most 256 KiB.');
    const stream = lease.output[body['stream'] as 'stdout' | 'stderr'];
    stream.calls += 1;
    const offset = Number(body['offset']);
    if (offset > stream.bytes.length)
      throw new Refusal('request.invalid', `Bytes before ${offset} are missing.`);
    if (offset === stream.bytes.length) stream.bytes = Buffer.concat([stream.bytes, bytes]);
    if (body['last'] === 'true') stream.sealed = true;
    if (body['truncated'] === 'true') stream.truncated = true;
  }

  private async workspace(lease: PlaneLease, response: ServerResponse): Promise<void> {
    const { base } = lease.grant;
    if (base === null || lease.bareDir === null)
      throw new Refusal('request.not_found', 'This lease has no base.');
    const pack = packTree(this.git, lease.bareDir, base.commit);
    response.writeHead(200, { 'content-type': 'application/x-git-packed-objects' });
    if (this.cutPacks > 0) {
      this.cutPacks -= 1;
      pack.done.catch(() => undefined);
      pack.stdout.once('data', (chunk: Buffer) =>
        response.write(chunk.subarray(0, chunk.length - 25), () => response.destroy()),
      );
      return;
    }
    for await (const chunk of pack.stdout)
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
    await pack.done;
    response.end();
  }
}

const match = (
  method: string,
  path: string,
): { name: WorkerRouteName; params: Record<string, string> } | undefined => {
  for (const [name, route] of Object.entries(workerRoutes)) {
    const pattern = new RegExp(`^/worker/v1${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const found = pattern.exec(path);
    if (route.method === method && found !== null) {
      const params = Object.fromEntries(
        Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
      );
      return { name: name as WorkerRouteName, params };
    }
  }
  return undefined;
};
