import { ApiProblem, connectionProblem, problemOf, timeoutProblem } from './api.problem.js';

/** A body that can be sent again when a call is tried again; a stream is therefore given as its maker. */
export type Bytes = Uint8Array | Blob | string | (() => ReadableStream<Uint8Array>);

export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one try: for all of it, or to the first byte where the answer is a stream. */
  readonly timeoutMs: number;
  /** Repeating the call is harmless: it is tried again on 429, 503 and a first request still running. */
  readonly repeatable: boolean;
  /** A repeatable call is also tried again this long after the line broke, in milliseconds. */
  readonly reconnectForMs?: number | undefined;
}

export interface Transport {
  /** One call with its answer read in full. Throws `ApiProblem`, or the caller's own abort reason. */
  exchange<T>(out: Outgoing, read: (response: Response) => Promise<T>): Promise<T>;
  /** One call whose answer is a stream; `end` lets go of the line. */
  open(out: Outgoing): Promise<{ response: Response; end: () => void }>;
}

const maxTries = 5;
const longestWaitMs = 30_000;
const backOffMs = (n: number): number => Math.min(250 * 2 ** n, 5_000) * (0.5 + Math.random() / 2);

export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });

const isBusy = (problem: ApiProblem): boolean =>
  problem.status === 429 || problem.status === 503 || problem.code === 'idempotency.in_progress';

const isBroken = (problem: ApiProblem): boolean =>
  problem.kind === 'connection' || problem.kind === 'timeout' || problem.status === 502;

const originOf = (url: string): string => /^[a-z]+:\/\/[^/]+/i.exec(url)?.[0] ?? 'The server';

/** One try: fetch under a deadline; anything but a success becomes a problem. */
const attempt = async <T>(
  fetcher: typeof fetch,
  out: Outgoing,
  use: (response: Response, settle: () => void, end: () => void) => Promise<T>,
): Promise<T> => {
  const where = originOf(out.url);
  out.signal?.throwIfAborted();
  const line = new AbortController();
  const timedOut = timeoutProblem(where, out.timeoutMs);
  const timer = setTimeout(() => line.abort(timedOut), out.timeoutMs);
  const stop = () => line.abort(out.signal?.reason);
  out.signal?.addEventListener('abort', stop, { once: true });
  const settle = () => clearTimeout(timer);
  const end = () => {
    settle();
    out.signal?.removeEventListener('abort', stop);
    line.abort();
  };
  try {
    const body = typeof out.body === 'function' ? out.body() : out.body;
    const init = {
      method: out.method,
      headers: { ...out.headers },
      signal: line.signal,
      // A token must not follow a redirect to another place.
      redirect: 'error',
      ...(body === undefined ? {} : { body, ...(typeof out.body === 'function' ? { duplex: 'half' } : {}) }),
    };
    const response = await fetcher(out.url, init as RequestInit);
    if (!response.ok) throw await problemOf(response, where);
    return await use(response, settle, end);
  } catch (error) {
    end();
    if (out.signal?.aborted) throw out.signal.reason;
    if (line.signal.reason === timedOut) throw timedOut;
    throw error instanceof ApiProblem ? error : connectionProblem(where, error);
  }
};

const persist = async <T>(out: Outgoing, run: () => Promise<T>): Promise<T> => {
  const started = Date.now();
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ApiProblem) || !out.repeatable) throw error;
      const wait = Math.max(error.retryAfterMs ?? 0, backOffMs(tries - 1));
      const spent = Date.now() - started + wait;
      const again = isBusy(error)
        ? tries < maxTries && wait <= longestWaitMs
        : isBroken(error) && spent <= (out.reconnectForMs ?? 0);
      if (!again) throw error;
      await sleep(wait, out.signal);
    }
  }
};

export const createTransport = (fetcher: typeof fetch): Transport => ({
  exchange: (out, read) =>
    persist(out, () =>
      attempt(fetcher, out, async (response, _settle, end) => {
        const answer = await read(response);
        end();
        return answer;
      }),
    ),
  open: (out) =>
    persist(out, () =>
      attempt(fetcher, out, async (response, settle, end) => {
        settle();
        return { response, end };
      }),
    ),
});
