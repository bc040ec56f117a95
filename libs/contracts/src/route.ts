import type { z } from 'zod';
import type { Permission } from './principal.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One address of the API as data: the OpenAPI document, the client and the server's guard all read it. */
export interface Route {
  readonly method: Method;
  /** Path with `{name}` for parameters, without the prefix. */
  readonly path: string;
  readonly summary: string;
  /** The permission the caller needs; `public` needs none; `lease` needs the token of that lease. */
  readonly access: Permission | 'public' | 'lease';
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Media types of the body; `application/json` where absent. */
  readonly accepts?: readonly string[];
  /** Creates something: takes an `Idempotency-Key`. */
  readonly creates?: true;
  /** Not a GET, and asking twice does no more than asking once. */
  readonly repeatable?: true;
  /** Status → schema of the answer's body; null where it has none or is not JSON. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Media type of the answer; `application/json` where absent. */
  readonly produces?: readonly string[];
}

export const route = <const R extends Route>(r: R): R => r;

export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.input<R['body']> : undefined;
export type QueryOf<R extends Route> = R['query'] extends z.ZodObject ? z.input<R['query']> : undefined;
export type ParamsOf<R extends Route> = R['params'] extends z.ZodObject ? z.input<R['params']> : undefined;
type Success = 200 | 201 | 202;
type Bodies<A> = {
  [S in keyof A]: S extends Success ? (A[S] extends z.ZodType ? z.output<A[S]> : undefined) : never;
}[keyof A];
export type AnswerOf<R extends Route> = Bodies<R['answers']>;
