import { GatehouseError } from '@gatehouse/contracts';
import { Octokit } from '@octokit/core';
import type { Endpoints } from '@octokit/types';
import { z } from 'zod';
import { faultOf, waitOf, type Refusal } from './github.fault.js';
import { makeFetch } from './github.transport.js';
import type { RateBudget } from './rate.budget.js';

/** With what a request is made, and on whose account. */
export interface Access {
  readonly token: string;
  readonly budget: RateBudget;
}

/** Fetches the access; `fresh` where the last one was refused. */
export type AccessSource = (fresh: boolean) => Promise<Access>;

export interface ClientOptions {
  readonly apiUrl: string;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const Answered = z.object({
  message: z.string().catch(''),
  errors: z
    .array(
      z
        .union([
          z.string().transform((message) => ({ field: '', code: '', message })),
          z.object({
            field: z.string().catch(''),
            code: z.string().catch(''),
            message: z.string().catch(''),
          }),
        ])
        .catch({ field: '', code: '', message: '' }),
    )
    .catch([]),
});

interface Thrown {
  readonly status?: unknown;
  readonly cause?: unknown;
  readonly response?: { readonly data?: unknown; readonly headers?: Readonly<Record<string, unknown>> };
}

const headerOf =
  (headers: Readonly<Record<string, unknown>> = {}) =>
  (name: string): string | undefined => {
    const value = headers[name];
    return value === undefined ? undefined : String(value);
  };

const isTooLong = (error: unknown): boolean =>
  error instanceof GatehouseError && error.details?.['tooLong'] === true;

/** Anybody may say long things: a page of a hundred that is more than we read comes in ten of ten. */
const inParts = async <T>(page: number, read: (page: number, size: number) => Promise<T[]>): Promise<T[]> => {
  const all: T[] = [];
  for (let part = (page - 1) * 10 + 1; part <= page * 10; part++) {
    const rows = await read(part, 10);
    all.push(...rows);
    if (rows.length < 10) break;
  }
  return all;
};

/** REST of GitHub: asks within its time and our limits, and gives back what the schema says or one of `forge.*`. */
export class GithubClient {
  readonly #octokit: Octokit;
  readonly #now: () => number;
  #skewMs = 0;

  constructor({ apiUrl, timeoutMs = 10_000, now = Date.now }: ClientOptions) {
    this.#now = now;
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    this.#octokit = new Octokit({
      baseUrl: apiUrl,
      userAgent: 'gatehouse',
      log,
      request: { fetch: makeFetch({ timeoutMs }), log },
    });
  }

  /** The forge's clock less ours, as its last answer showed it. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** Ours. */
  get now(): number {
    return this.#now();
  }

  /** What the forge's clock shows now, as far as its answers said. */
  get forgeNow(): number {
    return this.#now() + this.#skewMs;
  }

  /** Throws `forge.*`. A credential that is refused is fetched anew, once: a refused request did nothing. */
  async call<R extends keyof Endpoints, S extends z.ZodType>(
    access: AccessSource,
    route: R,
    parameters: Endpoints[R]['parameters'],
    schema: S,
  ): Promise<z.output<S>> {
    const first = await access(false);
    try {
      return await this.#send(first, route, parameters, schema);
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.unauthorized') throw error;
      const second = await access(true);
      if (second.token === first.token) throw error;
      return this.#send(second, route, parameters, schema);
    }
  }

  /** Pages of a hundred until `enough` says so, the list ends or there are `most`. */
  async pages<R extends keyof Endpoints, S extends z.ZodType>(
    access: AccessSource,
    route: R,
    parameters: Endpoints[R]['parameters'],
    row: S,
    {
      enough = () => false,
      most = 10,
    }: { enough?: (rows: readonly z.output<S>[]) => boolean; most?: number } = {},
  ): Promise<z.output<S>[]> {
    const read = (page: number, size: number): Promise<z.output<S>[]> =>
      this.call(access, route, { ...parameters, per_page: size, page }, z.array(row));
    const all: z.output<S>[] = [];
    for (let page = 1; page <= most; page++) {
      const rows = await read(page, 100).catch((error: unknown) => {
        if (isTooLong(error)) return inParts(page, read);
        throw error;
      });
      all.push(...rows);
      if (rows.length < 100 || enough(rows)) break;
    }
    return all;
  }

  async #send<S extends z.ZodType>(
    { token, budget }: Access,
    route: keyof Endpoints,
    parameters: object,
    schema: S,
  ): Promise<z.output<S>> {
    budget.take(!route.startsWith('GET ') && !route.endsWith('/access_tokens'));
    let data: unknown;
    try {
      const response = await this.#octokit.request(route as string, {
        ...parameters,
        headers: { authorization: `Bearer ${token}`, 'x-github-api-version': '2022-11-28' },
      });
      data = response.data;
      this.#learn(headerOf(response.headers), budget);
    } catch (error) {
      throw this.#fault(error as Thrown, route, token, budget);
    }
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join('.') || 'the answer itself';
    throw new GatehouseError(
      'forge.unavailable',
      `GitHub's answer to ${route} is not what it documents (${where}). Check GATEHOUSE_GITHUB_API_URL, and the version where it is an Enterprise Server.`,
    );
  }

  #learn(header: Refusal['header'], budget: RateBudget): void {
    const date = Date.parse(header('date') ?? '');
    if (!Number.isNaN(date)) this.#skewMs = date - this.#now();
    const wait = waitOf(header, this.#now());
    if (wait !== undefined) budget.rest(wait);
  }

  #fault(error: Thrown, route: string, token: string, budget: RateBudget): GatehouseError {
    if (error instanceof GatehouseError) return error;
    if (error.cause instanceof GatehouseError) return error.cause;
    const { response, status } = error;
    if (typeof status !== 'number' || response === undefined)
      return new GatehouseError(
        'forge.unavailable',
        `GitHub's answer to ${route} could not be read. This is tried again by itself.`,
      );
    const header = headerOf(response.headers);
    this.#learn(header, budget);
    // The other side knows the token, and could say it back to whoever reads our messages.
    const hide = (text: string): string => text.replaceAll(token, '<token>');
    const { message, errors } = Answered.parse(response.data ?? {});
    const fault = faultOf(route, {
      status,
      header,
      message: hide(message),
      errors: errors.map((entry) => ({ ...entry, message: hide(entry.message) })),
    });
    if (fault.code === 'forge.rate_limited') budget.rest(Number(fault.details?.['retryAfterMs']));
    return fault;
  }
}
