import { idPrefixes, routes, workerRoutes, type IdKind, type Route } from '@gatehouse/contracts';

/** An id that is well-formed and nobody's. */
export const strangers: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(idPrefixes).map((prefix) => [prefix, `${prefix}_01ARZ3NDEKTSV4RRFFQ69G5FAV`]),
);

/** Values of every odd kind, as JSON text: some of it has no value in JavaScript. */
const oddValues = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '9007199254740993',
  '1e400',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"../../etc/passwd"',
  '"%00"',
  `"${'x'.repeat(70_000)}"`,
  '[]',
  '[null]',
  '{}',
  '{"a":{"b":[]}}',
  '{"$ne":1}',
  '"\'; DROP TABLE jobs; --"',
];

/** What stands for a path parameter: every line is sent as it is. */
export const oddIds = [
  '0',
  'null',
  '%00',
  '%ff',
  '%',
  '%2e%2e',
  '%2e%2e%2f%2e%2e',
  '..%2f..%2fme',
  '%252e%252e',
  'job_01ARZ3NDEKTSV4RRFFQ69G5FAV%00',
  'job_01ARZ3NDEKTSV4RRFFQ69G5FAv',
  'x'.repeat(3_000),
  '%F0%9F%92%A5',
  "'%20OR%201=1--",
  '*',
  'constructor',
  '__proto__',
];

type Json = Readonly<Record<string, unknown>>;

/** Schema of a route's body with its references at hand. */
class BodySchema {
  readonly #whole: Json;

  constructor(route: Route) {
    this.#whole = route.body!.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as Json;
  }

  sample(): unknown {
    return this.of(this.#whole, 0);
  }

  /** A value that the schema takes, with its required parts alone; ids are nobody's. */
  private of(given: Json, depth: number): unknown {
    const schema = this.resolved(given);
    if (schema['const'] !== undefined) return schema['const'];
    if (schema['default'] !== undefined) return schema['default'];
    const choices = schema['enum'] as unknown[] | undefined;
    if (choices) return choices[0];
    const union = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
    if (union) return this.of(union[0]!, depth);
    switch (schema['type']) {
      case 'object': {
        const required = new Set((schema['required'] ?? []) as string[]);
        return Object.fromEntries(
          Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
            .filter(([name]) => required.has(name))
            .map(([name, inner]) => [name, this.of(inner, depth + 1)]),
        );
      }
      case 'array':
        return depth > 8 ? [] : [this.of((schema['items'] ?? {}) as Json, depth + 1)];
      case 'integer':
      case 'number':
        return Math.max(1, Number(schema['minimum'] ?? 1));
      case 'boolean':
        return true;
      default:
        return textFor(String(schema['pattern'] ?? ''));
    }
  }

  private resolved(schema: Json): Json {
    const name = /^#\/\$defs\/(.+)$/.exec(String(schema['$ref'] ?? ''))?.[1];
    return name === undefined ? schema : (this.#whole['$defs'] as Record<string, Json>)[name]!;
  }
}

const textFor = (pattern: string): string => {
  const prefix = /^\^([a-z]{3})_/.exec(pattern)?.[1] ?? '';
  if (strangers[prefix] !== undefined) return strangers[prefix];
  if (prefix === 'cnd') return `cnd_${'0'.repeat(64)}`;
  if (pattern.startsWith('^sha256:')) return `sha256:${'0'.repeat(64)}`;
  return /\[0-9a-f\]\{(?:40|64)\}/.test(pattern) ? '0'.repeat(64) : 'x';
};

export const validBody = (route: Route): Record<string, unknown> =>
  (route.body === undefined ? {} : new BodySchema(route).sample()) as Record<string, unknown>;

/** Every place in a value, as JSON text with a hole in it. */
const withHoles = (
  value: unknown,
  around: (inner: string) => string = (inner) => inner,
): ((text: string) => string)[] => {
  if (value === null || typeof value !== 'object') return [around];
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const rebuilt = (name: string, inner: string): string => {
    const parts = entries.map(([key, kept]) => {
      const text = key === name ? inner : JSON.stringify(kept);
      return isList ? text : `${JSON.stringify(key)}:${text}`;
    });
    return isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  };
  return [
    around,
    ...entries.flatMap(([name, inner]) => withHoles(inner, (text) => around(rebuilt(name, text)))),
  ];
};

/** Bodies that no route takes, whatever it is. */
export const brokenBodies = (route: Route): string[] => [
  ...['[]', '"x"', '1', 'null', '{', '{}x', 'NaN', '{"a":1,"a":2}', '{"__proto__":{"admin":true}}'],
  JSON.stringify({ ...validBody(route), nobody_knows_this: 1 }),
];

/** A good body with each part in turn made odd; a few of these are still good. */
export const oddBodies = (route: Route): string[] =>
  withHoles(validBody(route)).flatMap((fill) => oddValues.map(fill));

/** Queries with one part made odd. The first few are of parts that no route knows. */
export const oddQueries = ({ query }: Route): string[] => {
  const names = query === undefined ? [] : Object.keys(query.shape);
  const odd = [
    '',
    '-1',
    '1e3',
    '0x10',
    'NaN',
    '99999999999999999999',
    '%00',
    '%ff',
    '%ed%a0%80',
    'x'.repeat(5_000),
  ];
  return names.flatMap((name) => [
    ...odd.map((value) => `${name}=${value}`),
    ...[`${name}=1&${name}=2`, `${name}[]=1`, `nobody_knows_this=1`, '__proto__[x]=1', '__proto__=1'],
  ]);
};

export interface Address {
  readonly name: string;
  readonly prefix: '/api/v1' | '/worker/v1';
  readonly route: Route;
  /** Its full path, about things that are nobody's. */
  readonly strange: string;
}

const nobodysBytes = `sha256:${'0'.repeat(64)}`;
const nobodys: Readonly<Record<string, string>> = {
  candidates: `cnd_${'0'.repeat(64)}`,
  artifacts: nobodysBytes,
  ledger: 'lane:nobody',
  policies: strangers[idPrefixes.policy]!,
  repositories: strangers[idPrefixes.repository]!,
};

const strangeId = (path: string): string => {
  const noun = path.split('/')[1] ?? '';
  return nobodys[noun] ?? strangers[idPrefixes[noun.replace(/s$/, '') as IdKind]] ?? 'nobody';
};

const addressesOf = (prefix: Address['prefix'], table: Readonly<Record<string, Route>>): Address[] =>
  Object.entries(table).map(([name, route]) => ({
    name,
    prefix,
    route,
    strange: prefix + route.path.replace('{id}', strangeId(route.path)).replace('{artifact}', nobodysBytes),
  }));

/** Every address of the contracts. */
export const everyAddress: readonly Address[] = [
  ...addressesOf('/api/v1', routes),
  ...addressesOf('/worker/v1', workerRoutes),
];
