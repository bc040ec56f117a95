import { hooks, probes, routes, workerRoutes, type Route } from '@gatehouse/contracts';
import type { Readable } from 'node:stream';
import type { z } from 'zod';

const tables = [
  ['', probes],
  ['', hooks],
  ['/api/v1', routes],
  ['/worker/v1', workerRoutes],
] as const;

/** Every address this process serves, by the name that the contracts give it. */
export type Served = typeof probes & typeof hooks & typeof routes & typeof workerRoutes;
export type ServedName = keyof Served;

export interface ServedRoute {
  readonly name: ServedName;
  readonly route: Route;
  /** Full path with `{name}` for parameters. */
  readonly path: string;
}

export const served: ReadonlyMap<ServedName, ServedRoute> = new Map(
  tables.flatMap(([prefix, table]) =>
    Object.entries(table as Record<string, Route>).map(([key, route]) => {
      const name = key as ServedName;
      return [name, { name, route, path: prefix + route.path }] as const;
    }),
  ),
);

type Output<R, K extends string> = R extends { readonly [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;
type BodyOutput<R> = R extends { readonly body: infer S extends z.ZodType }
  ? z.output<S>
  : R extends { readonly accepts: readonly string[] }
    ? Readable
    : undefined;

/** What a handler gets of a request: read by the schemas of its route. A body without a schema is its raw bytes. */
export interface In<N extends ServedName> {
  readonly params: Output<Served[N], 'params'>;
  readonly query: Output<Served[N], 'query'>;
  readonly body: BodyOutput<Served[N]>;
}

const patterns = [...served.values()].map(({ path, route }) => ({
  method: route.method,
  pattern: new RegExp(
    `^${path
      .split(/\{[a-z]+\}/i)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^/]+')}/?$`,
  ),
}));

/** The methods that an address answers; empty where there is no such address. */
export const methodsAt = (path: string): string[] => [
  ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
];
