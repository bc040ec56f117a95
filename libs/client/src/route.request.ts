import type { BodyOf, ParamsOf, QueryOf, Route } from '@gatehouse/contracts';
import type { z } from 'zod';
import { ApiProblem } from './api.problem.js';
import type { Bytes } from './transport.js';

/** What every call may be told. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one try. */
  readonly timeoutMs?: number;
}

type Optional<T> = object extends T ? true : false;
type Part<K extends string, T> = [T] extends [undefined]
  ? { readonly [P in K]?: undefined }
  : Optional<T> extends true
    ? { readonly [P in K]?: T | undefined }
    : { readonly [P in K]: T };
type RawBody<R extends Route> = R extends { body: z.ZodType }
  ? Part<'body', BodyOf<R>>
  : R extends { accepts: readonly string[] }
    ? { readonly body: Bytes; readonly mediaType?: R['accepts'][number] }
    : { readonly body?: undefined };
type Key<R extends Route> = R extends { creates: true }
  ? { readonly idempotencyKey?: string | undefined }
  : { readonly idempotencyKey?: undefined };

/** Params, query, body and key of one address, as its route declares them. */
export type InputOf<R extends Route> = Part<'params', ParamsOf<R>> &
  Part<'query', QueryOf<R>> &
  RawBody<R> &
  Key<R> &
  CallOptions;

/** Arguments after the route's name: none needed where every part is optional. */
export type CallArguments<R extends Route> =
  Optional<InputOf<R>> extends true ? [input?: InputOf<R>] : [input: InputOf<R>];

type Body<R extends Route, S> = S extends 204
  ? undefined
  : S extends 200 | 201 | 202
    ? R['answers'][S] extends z.ZodType
      ? z.output<R['answers'][S]>
      : undefined
    : never;

/** What a call resolves to; undefined beside it where the server may answer 204. */
export type Answer<R extends Route> = { [S in keyof R['answers']]: Body<R, S> }[keyof R['answers']];

/** The parts of an input, without their types: what is needed to build the request. */
export interface LooseInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly mediaType?: string;
  readonly idempotencyKey?: string | undefined;
}

export const trimBase = (baseUrl: string): string => {
  const base = baseUrl.replace(/\/+$/, '');
  if (/^[a-z]+:\/\/[^/]*@/i.test(base)) {
    throw new TypeError('The address of Gatehouse holds a user name or password. Pass a token instead.');
  }
  return base;
};

export const addressOf = (prefix: string, r: Route, input: LooseInput): string => {
  const path = r.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input.params?.[name];
    // An empty or dotted segment would silently name another address.
    if (value === undefined || /^\.{0,2}$/.test(String(value))) {
      throw new TypeError(`${r.method} ${r.path} needs "${name}". Give it in params.`);
    }
    // sha256:… and lane:… stay readable; a colon is legal in a path segment.
    return encodeURIComponent(String(value)).replace(/%3A/g, ':');
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return prefix + path + (text ? `?${text}` : '');
};

export const bodyOf = (r: Route, input: LooseInput): { body?: Bytes; mediaType?: string } => {
  if (r.body) {
    return { body: JSON.stringify(input.body ?? {}), mediaType: 'application/json' };
  }
  if (!r.accepts) return {};
  const mediaType = input.mediaType ?? r.accepts[0] ?? 'application/octet-stream';
  return { body: input.body as Bytes, mediaType };
};

/** Reads an answer: fields that this version does not know pass, anything else that differs is an error. */
export const readAnswer = async (r: Route, response: Response): Promise<unknown> => {
  const schema = r.answers[response.status];
  if (response.status === 204 || schema === null) return undefined;
  const text = await response.text();
  const unreadable = (why: string, cause?: unknown) =>
    new ApiProblem(
      'unreadable',
      `${r.method} ${r.path} gave an answer that this version cannot read (${why}). Use a client of the server's version.`,
      { status: response.status, cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable('not JSON', cause);
  }
  if (schema === undefined) throw unreadable(`status ${response.status}`);
  const parsed = schema.safeParse(value);
  const grave = parsed.error?.issues.find((issue) => issue.code !== 'unrecognized_keys');
  if (grave)
    throw unreadable(`${grave.path.map(String).join('.') || 'body'}: ${grave.message}`, parsed.error);
  // The value itself, not the parsed copy: zod would drop what a newer server added.
  return value;
};
