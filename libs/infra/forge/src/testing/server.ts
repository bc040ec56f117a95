import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { refused, ok, type Answer } from './answer.js';
import type { Call } from './call.js';
import type { FaultDeed, Faults } from './faults.js';
import { badLogin, gitRequest, serveGit, type Reply } from './git.door.js';
import type { RateLimits } from './rate.limits.js';
import { route } from './router.js';
import { identify } from './tokens.js';
import type { Caller } from './world.types.js';
import type { World } from './world.js';

/** One call that came in, and what became of it. */
export interface Received {
  at: Date;
  method: string;
  /** Below the API's root, or the whole path of a git request. */
  path: string;
  query: string;
  git: 'push' | 'fetch' | null;
  /** `app`, `installation:ID`, a login, `anonymous`, or `refused` for a bad token. */
  who: string;
  body: unknown;
  /** Null: no answer was sent, by a fault. */
  status: number | null;
  fault: FaultDeed | null;
}

export interface Door {
  world: World;
  faults: Faults;
  limits: RateLimits;
  requests: Received[];
}

const apiRoot = '/api/v3';
const versions = ['2022-11-28'];
const largestBody = 256 * 1024 * 1024;

export function serve(door: Door): Server {
  return createServer((request, response) => {
    answerTo(door, request, response).catch((error: unknown) => {
      // A fault of the stand-in itself must be seen, not taken for one of GitHub's.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      response.writeHead(599, { 'Content-Type': 'text/plain' });
      response.end(`the stand-in broke: ${message}`);
    });
  });
}

async function answerTo(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const url = new URL(request.url ?? '/', door.world.urls.web);
  const method = request.method ?? 'GET';
  const caller = identify(door.world, request.headers.authorization);
  const git = gitRequest(method, url, request.headers, body);
  // A large push first asks with an empty packet whether it may.
  const carries = git && git.tail !== 'info/refs' && body.length > 4 ? git.service : null;
  const rest = url.pathname.startsWith(`${apiRoot}/`) ? url.pathname.slice(apiRoot.length) : url.pathname;
  const received: Received = {
    at: new Date(),
    method,
    path: rest,
    query: url.search,
    git: carries,
    who: nameOf(caller),
    body: git ? null : parsedBody(body, request.headers['content-type']),
    status: null,
    fault: null,
  };
  door.requests.push(received);
  const work = async (): Promise<Reply> => {
    if (git) {
      const reply = 'kind' in caller ? await serveGit(door.world, caller, git) : badLogin(caller);
      // On a connection used before, libcurl repeats by itself what was cut; a fault must reach git.
      return { ...reply, headers: { ...reply.headers, Connection: 'close' } };
    }
    return rested(door, request, received, caller, url);
  };
  const deed = door.faults.take(received);
  received.fault = deed;
  await perform(deed, work, received, response);
}

/** Does the work and answers, or goes wrong as planned. */
async function perform(
  deed: FaultDeed | null,
  work: () => Promise<Reply>,
  received: Received,
  response: ServerResponse,
): Promise<void> {
  if (deed === 'cut before') return void response.socket?.destroy();
  if (typeof deed === 'object' && deed !== null && 'status' in deed) {
    const body = deed.body ?? { message: `Fault ${deed.status}`, status: String(deed.status) };
    const raw = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { 'Content-Type': 'application/json; charset=utf-8', ...deed.headers };
    return send(received, response, { status: deed.status, headers, body: Buffer.from(raw) });
  }
  if (typeof deed === 'object' && deed !== null)
    await (typeof deed.delay === 'number'
      ? new Promise((resolve) => setTimeout(resolve, deed.delay as number))
      : deed.delay);
  const reply = await work();
  if (deed === 'do it, then cut the answer') return void response.socket?.destroy();
  if (deed === 'garbage')
    return send(received, response, { ...reply, body: Buffer.from('<html>{"number": 1, "state": "op') });
  if (deed !== 'half answer') return send(received, response, reply);
  response.writeHead(reply.status, { ...reply.headers, 'Content-Length': reply.body.length });
  response.write(reply.body.subarray(0, Math.floor(reply.body.length / 2)), () => response.socket?.destroy());
}

function send(received: Received, response: ServerResponse, reply: Reply): void {
  received.status = reply.status;
  const length = reply.status === 204 ? {} : { 'Content-Length': reply.body.length };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  response.end(reply.body);
}

async function rested(
  door: Door,
  request: IncomingMessage,
  received: Received,
  caller: Caller | Answer,
  url: URL,
): Promise<Reply> {
  const { world, limits } = door;
  const version = request.headers['x-github-api-version'];
  const free = received.path === '/rate_limit';
  const taken = free ? { headers: limits.headers(received.who), exceeded: false } : limits.take(received.who);
  const judged = (): Answer | Promise<Answer> => {
    if (request.headers['user-agent'] === undefined)
      return refused(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      );
    if (!('kind' in caller)) return caller;
    if (taken.exceeded) return refused(403, `API rate limit exceeded for ${received.who}.`);
    if (version !== undefined && !versions.includes(String(version)))
      return refused(400, `"${String(version)}" is not a supported API version.`);
    if (received.body === undefined) return refused(400, 'Problems parsing JSON');
    if (free) return ok(limits.shape(received.who));
    const call: Call = {
      world,
      method: received.method,
      path: received.path,
      params: {},
      query: url.searchParams,
      body: (received.body ?? {}) as Record<string, unknown>,
      caller,
    };
    return route(call);
  };
  const answer = await judged();
  return {
    status: answer.status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      Date: world.now().toUTCString(),
      Server: 'GitHub.com',
      'X-GitHub-Media-Type': 'github.v3; format=json',
      'X-GitHub-Request-Id': randomBytes(10).toString('hex').toUpperCase(),
      'X-GitHub-Api-Version-Selected': '2022-11-28',
      ...taken.headers,
      ...answer.headers,
    },
    body: answer.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(answer.body)),
  };
}

function nameOf(caller: Caller | Answer): string {
  if (!('kind' in caller)) return 'refused';
  if (caller.kind === 'installation') return `installation:${caller.installation.id}`;
  return caller.kind === 'user' ? caller.token.account.login : caller.kind;
}

/** Null: there was none; undefined: it was no JSON. */
function parsedBody(body: Buffer, type = ''): unknown {
  if (body.length === 0) return null;
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body.toString()));
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new Error(`A body of more than ${largestBody} bytes came in.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
