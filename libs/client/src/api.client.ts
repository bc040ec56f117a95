import { probes, routes, type Route, type RouteName } from '@gatehouse/contracts';
import type { z } from 'zod';
import { downloadOf, type Download } from './download.js';
import { followStream, type EventStream, type FollowOptions } from './event.stream.js';
import {
  addressOf,
  bodyOf,
  readAnswer,
  trimBase,
  type Answer,
  type CallArguments,
  type InputOf,
  type LooseInput,
} from './route.request.js';
import { createTransport, type Outgoing } from './transport.js';

export interface ClientOptions {
  /** Where Gatehouse is, e.g. `http://127.0.0.1:7070`; empty in a browser on the same origin. */
  readonly baseUrl: string;
  /** Bearer token; absent in the panel, which has a cookie. */
  readonly token?: string | undefined;
  readonly fetch?: typeof fetch;
  /** Milliseconds for one try; 30 s where absent. */
  readonly timeoutMs?: number;
}

type Table = typeof routes;
type NamesWhere<Condition> = {
  [N in RouteName]: Table[N] extends Condition ? N : never;
}[RouteName];

/** Addresses that answer with bytes instead of JSON. */
export type DownloadName = NamesWhere<{ answers: { 200: null } }>;
/** Addresses that answer pages of `items` with a `next` cursor. */
export type PagedName = {
  [N in RouteName]: Answer<Table[N]> extends { items: unknown[]; next: string | null } ? N : never;
}[RouteName];
type ItemOf<N extends PagedName> = Answer<Table[N]> extends { items: (infer I)[] } ? I : never;

export interface PagesOptions {
  /** Stop after this many items. */
  readonly max?: number;
}

export interface Client {
  readonly baseUrl: string;
  /** One call by the name of its route. Throws `ApiProblem`, or the reason of `signal`. */
  call<N extends RouteName>(name: N, ...input: CallArguments<Table[N]>): Promise<Answer<Table[N]>>;
  /** One call whose answer is bytes. */
  download<N extends DownloadName>(name: N, ...input: CallArguments<Table[N]>): Promise<Download>;
  /** Every item of a list, page by page. */
  pages<N extends PagedName>(
    name: N,
    input?: InputOf<Table[N]>,
    options?: PagesOptions,
  ): AsyncIterable<ItemOf<N>>;
  /** Events of a session as they happen, from the beginning or after `lastEventId`, each exactly once. */
  followEvents(sessionId: string, options?: FollowOptions): EventStream;
  /** `/health` or `/ready`; a `ready` that says no is an answer here, not a problem. */
  probe<P extends keyof typeof probes>(name: P, options?: { timeoutMs?: number }): Promise<ProbeAnswer<P>>;
}

export type ProbeAnswer<P extends keyof typeof probes> = z.output<(typeof probes)[P]['answers'][200]>;

const defaultTimeoutMs = 30_000;
/** An upload may be 64 MiB over a slow line. */
const uploadTimeoutMs = 300_000;
const idleMs = 60_000;

const isRepeatable = (r: Route, input: LooseInput): boolean =>
  r.method === 'GET' || r.repeatable === true || (r.creates === true && input.idempotencyKey !== undefined);

/** Typed client of the API under `/api/v1`, for Node 20 and browsers. */
export const createClient = (options: ClientOptions): Client => {
  const root = trimBase(options.baseUrl);
  const api = `${root}/api/v1`;
  // Looked up at each call, and called bare: a browser's fetch refuses any other `this`.
  const fetcher: typeof fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
  const transport = createTransport(fetcher);
  const credential: Record<string, string> = options.token
    ? { authorization: `Bearer ${options.token}` }
    : {};

  const outgoing = (prefix: string, r: Route, input: LooseInput): Outgoing => {
    const { body, mediaType } = bodyOf(r, input);
    const usual = r.accepts && !r.body ? uploadTimeoutMs : (options.timeoutMs ?? defaultTimeoutMs);
    return {
      method: r.method,
      url: addressOf(prefix, r, input),
      headers: {
        ...credential,
        accept: r.produces?.[0] ?? 'application/json',
        ...(mediaType ? { 'content-type': mediaType } : {}),
        ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
        ...input.headers,
      },
      body,
      signal: input.signal,
      timeoutMs: input.timeoutMs ?? usual,
      repeatable: isRepeatable(r, input),
    };
  };

  const call = async (name: RouteName, input: LooseInput = {}): Promise<unknown> => {
    const r: Route = routes[name];
    return transport.exchange(outgoing(api, r, input), (response) => readAnswer(r, response));
  };

  async function* pages(name: PagedName, input: LooseInput = {}, { max = Infinity }: PagesOptions = {}) {
    let cursor: string | undefined;
    for (let count = 0; ;) {
      const query = { ...input.query, ...(cursor === undefined ? {} : { cursor }) };
      const page = (await call(name, { ...input, query })) as { items: unknown[]; next: string | null };
      for (const item of page.items) {
        if (count++ >= max) return;
        yield item;
      }
      if (page.next === null || count >= max) return;
      cursor = page.next;
    }
  }

  const client = {
    baseUrl: root,
    call,
    pages,
    download: async (name: DownloadName, input: LooseInput = {}) => {
      const { response, end } = await transport.open(outgoing(api, routes[name], input));
      return downloadOf(response, end, root, idleMs);
    },
    followEvents: (sessionId: string, follow: FollowOptions = {}) =>
      followStream(
        (lastEventId, signal) =>
          transport.open({
            ...outgoing(api, routes['sessions.events'], { params: { id: sessionId }, signal }),
            headers: { ...credential, accept: 'text/event-stream', 'last-event-id': String(lastEventId) },
          }),
        root,
        follow,
      ),
    probe: (name: keyof typeof probes, { timeoutMs = 5_000 } = {}) => {
      const r: Route = probes[name];
      // 503 with a report is what a probe is for, so it must not become a problem on the way.
      const lenient: typeof fetch = async (...args) => {
        const response = await fetcher(...args);
        return response.status === 503 ? new Response(response.body, { status: 200 }) : response;
      };
      return createTransport(lenient).exchange(outgoing(root, r, { timeoutMs }), (response) =>
        readAnswer(r, response),
      );
    },
  };
  return client as unknown as Client;
};
