import {
  GatehouseError,
  routes,
  workerRoutes,
  type ErrorCode,
  type Problem,
  type Route,
  errorCodes,
} from '@gatehouse/contracts';

export interface FakeRequest {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
}

/** Answers a body (with the route's first success status), `[status, body]`, or a whole Response. */
export type FakeHandler = (request: FakeRequest) => unknown;

export interface FakePlane {
  readonly fetch: typeof fetch;
  /** Every request that reached a route, oldest first. */
  readonly requests: FakeRequest[];
}

const tables: [string, Record<string, Route>][] = [
  ['/api/v1', routes],
  ['/worker/v1', workerRoutes],
];

const match = (
  method: string,
  path: string,
): { name: string; route: Route; params: Record<string, string> } | undefined => {
  for (const [prefix, table] of tables) {
    for (const [name, route] of Object.entries(table)) {
      const pattern = new RegExp(`^${prefix}${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
      const found = route.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const params = Object.fromEntries(
        Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
      );
      return { name, route, params };
    }
  }
  return undefined;
};

export const problemResponse = (
  code: ErrorCode,
  detail: string,
  more: Partial<Problem> & { headers?: Record<string, string> } = {},
): Response => {
  const { headers, ...fields } = more;
  const { status, title } = errorCodes[code];
  return new Response(JSON.stringify({ type: `/docs#${code}`, title, status, code, detail, ...fields }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
};

const json = (status: number, body: unknown): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });

const answer = (name: string, route: Route, given: unknown): Response => {
  if (given instanceof Response) return given;
  const [status, body] =
    Array.isArray(given) && typeof given[0] === 'number'
      ? [given[0], given[1] as unknown]
      : [Number(Object.keys(route.answers)[0]), given];
  const schema = route.answers[status];
  if (schema === undefined) throw new Error(`${name} never answers ${status}; mend the fake`);
  const parsed = schema?.safeParse(body);
  // A fake that lies proves nothing.
  if (parsed && !parsed.success)
    throw new Error(`the fake's answer to ${name} is not valid: ${parsed.error.message}`);
  return json(status, body);
};

const readBody = async (route: Route, init: RequestInit): Promise<unknown> => {
  const text =
    init.body === undefined || init.body === null ? undefined : await new Response(init.body).text();
  return route.body && text !== undefined ? (JSON.parse(text) as unknown) : text;
};

const invalid = (route: Route, request: FakeRequest): Response | undefined => {
  const parts = [
    [route.params, request.params],
    [route.query, request.query],
    [route.body, request.body],
  ] as const;
  for (const [schema, value] of parts) {
    const error = schema?.safeParse(value).error;
    if (!error) continue;
    const errors = error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
    return problemResponse('request.invalid', 'Some values are not valid. See errors.', { errors });
  }
  return undefined;
};

/**
 * A plane for tests, behind a `fetch`: requests are found and checked by the routes table, and so are the answers
 * of the handlers. A handler may throw a GatehouseError, which becomes its problem document.
 */
export const fakePlane = (handlers: Readonly<Record<string, FakeHandler>>): FakePlane => {
  const requests: FakeRequest[] = [];
  const serve = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : String(input), 'http://fake');
    const found = match(init.method ?? 'GET', url.pathname);
    if (!found) return problemResponse('request.not_found', `There is nothing at ${url.pathname}.`);
    const { name, route, params } = found;
    const request: FakeRequest = {
      name,
      params,
      query: Object.fromEntries(url.searchParams),
      body: await readBody(route, init),
      headers: new Headers(init.headers),
      signal: init.signal ?? undefined,
    };
    requests.push(request);
    const refusal = invalid(route, request);
    if (refusal) return refusal;
    const handler = handlers[name];
    if (!handler) throw new Error(`the fake has no answer for ${name}`);
    try {
      return answer(name, route, await handler(request));
    } catch (error) {
      if (error instanceof GatehouseError) return problemResponse(error.code, error.message);
      throw error;
    }
  };
  return { fetch: serve as typeof fetch, requests };
};

/** An open event stream: text goes in by `send`, `end` closes it. */
export const fakeStream = (): {
  response: Response;
  send: (text: string) => void;
  end: () => void;
  fail: () => void;
} => {
  let control: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => void (control = controller) });
  return {
    response: new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
    send: (text) => control.enqueue(new TextEncoder().encode(text)),
    end: () => control.close(),
    fail: () => control.error(new TypeError('terminated')),
  };
};
