import { z } from 'zod';
import { eventPayloads, KnownEvent } from './event.js';
import { Problem } from './problem.js';
import type { Route } from './route.js';
import { hooks, probes, routes } from './routes.js';
import { workerRoutes } from './worker.routes.js';

type Json = Record<string, unknown>;

/** Schemas with an id become components; everything else is written in place. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output', components: Json): Json => {
  const json = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    reused: 'inline',
    // zod leaves the default out where text is read into a number; callers want to know it all the same.
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === 'default') jsonSchema.default = def.defaultValue as never;
    },
  }) as Json;
  const { $defs, $schema: _drop, ...rest } = json as { $defs?: Json; $schema?: string };
  for (const [id, def] of Object.entries($defs ?? {}))
    components[componentName(id, io)] ??= strip(def as Json, io);
  const id = (schema.meta() as { id?: string } | undefined)?.id;
  if (id === undefined) return strip(rest, io);
  components[componentName(id, io)] ??= strip(rest, io);
  return { $ref: `#/components/schemas/${componentName(id, io)}` };
};

/** Input and output of one schema differ where defaults fill in: the input has its own component then. */
const componentName = (id: string, io: 'input' | 'output'): string => (io === 'input' ? `${id}Input` : id);

const strip = (value: Json, io: 'input' | 'output'): Json => {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node)
        .filter(([key]) => key !== 'id' || typeof (node as Json)['id'] !== 'string')
        .map(([key, child]) =>
          key === '$ref' && typeof child === 'string'
            ? [
                key,
                child.replace(
                  /^#\/\$defs\/(.*)$/,
                  (_, id: string) => `#/components/schemas/${componentName(id, io)}`,
                ),
              ]
            : [key, walk(child)],
        ),
    );
  };
  return walk(value) as Json;
};

const parameters = (object: z.ZodObject | undefined, where: 'path' | 'query', components: Json): Json[] => {
  if (!object) return [];
  const json = schemaOf(object, 'input', components) as { properties?: Json; required?: string[] };
  return Object.entries(json.properties ?? {}).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || (json.required ?? []).includes(name),
    schema,
  }));
};

const operation = (name: string, r: Route, components: Json): Json => {
  const content = (types: readonly string[], schema: Json) =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  const answers = Object.entries(r.answers).map(([status, schema]) => [
    status,
    {
      description: Number(status) < 400 ? 'Done' : 'Not ready',
      ...(schema
        ? { content: content(r.produces ?? ['application/json'], schemaOf(schema, 'output', components)) }
        : r.produces
          ? { content: content(r.produces, { type: 'string', contentMediaType: r.produces[0] }) }
          : {}),
    },
  ]);
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same key and body within 7 days give the first answer again',
    schema: { type: 'string', minLength: 1, maxLength: 200 },
  };
  return {
    operationId: name,
    summary: r.summary,
    tags: [name.split('.')[0]],
    ...(r.access === 'public' ? { security: [] } : {}),
    'x-access': r.access,
    parameters: [
      ...parameters(r.params, 'path', components),
      ...parameters(r.query, 'query', components),
      ...(r.creates ? [key] : []),
    ],
    ...(r.body
      ? {
          requestBody: {
            required: true,
            content: content(r.accepts ?? ['application/json'], schemaOf(r.body, 'input', components)),
          },
        }
      : r.accepts
        ? {
            requestBody: {
              required: true,
              content: content(r.accepts, { type: 'string', contentMediaType: 'application/octet-stream' }),
            },
          }
        : {}),
    responses: {
      ...Object.fromEntries(answers),
      default: {
        description: 'A problem document',
        content: { 'application/problem+json': { schema: schemaOf(Problem, 'output', components) } },
      },
    },
  };
};

/** Pages answer with `LedgerEvent`, so that types of a later version pass; the document says what today's hold. */
const describeEvents = (components: Json): void => {
  schemaOf(KnownEvent, 'output', components);
  const ref = (type: string) => `#/components/schemas/LedgerEvent.${type}`;
  const types = Object.keys(eventPayloads);
  components['KnownEvent'] = {
    description: 'An event of the ledger by its type; `LedgerEvent` with the payload spelt out',
    oneOf: types.map((type) => ({ $ref: ref(type) })),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(types.map((type) => [type, ref(type)])),
    },
  };
  const page = components['EventPage'] as { properties: { items: Json } };
  page.properties.items = {
    ...page.properties.items,
    items: { anyOf: ['KnownEvent', 'LedgerEvent'].map((name) => ({ $ref: `#/components/schemas/${name}` })) },
  };
};

/** The OpenAPI 3.1 document of everything that is served; kept in git as openapi.json. */
export const openapiDocument = (version: string): Json => {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  const add = (prefix: string, table: Record<string, Route>) => {
    for (const [name, r] of Object.entries(table)) {
      (paths[prefix + r.path] ??= {})[r.method.toLowerCase()] = operation(name, r, components);
    }
  };
  add('', probes);
  add('', hooks);
  add('/api/v1', routes);
  add('/worker/v1', workerRoutes);
  describeEvents(components);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version,
      description: 'Governed control plane for autonomous coding agents.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }, { panel: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        panel: { type: 'apiKey', in: 'cookie', name: 'gatehouse' },
      },
    },
  };
};
