import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openapiDocument } from './openapi.js';
import { hooks, probes, routes } from './routes.js';
import { workerRoutes } from './worker.routes.js';

type Node = Record<string, unknown>;
const here = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')) as { version: string };
const document = openapiDocument(version) as {
  openapi: string;
  paths: Record<string, Record<string, Node>>;
  components: { schemas: Record<string, Node> };
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

const walk = (node: unknown, visit: (node: Node, path: string) => void, path = '#'): void => {
  if (node === null || typeof node !== 'object') return;
  if (!Array.isArray(node)) visit(node as Node, path);
  for (const [key, child] of Object.entries(node)) walk(child, visit, `${path}/${key}`);
};

const resolve = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (node, key) => (node as Node | undefined)?.[key.replace(/~1/g, '/').replace(/~0/g, '~')],
      document,
    );

describe('the OpenAPI document', () => {
  it('is the one kept in git; else run node libs/contracts/scripts/print-openapi.mjs', () => {
    expect(readFileSync(join(here, 'openapi.json'), 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  it('has every route of every table under its prefix', () => {
    const expected = [
      ...Object.entries({ ...probes, ...hooks }).map(([name, r]) => `${name} ${r.method} ${r.path}`),
      ...Object.entries(routes).map(([name, r]) => `${name} ${r.method} /api/v1${r.path}`),
      ...Object.entries(workerRoutes).map(([name, r]) => `${name} ${r.method} /worker/v1${r.path}`),
    ];
    const found = operations.map(
      ({ path, method, operation }) => `${String(operation['operationId'])} ${method.toUpperCase()} ${path}`,
    );
    expect(found.sort()).toEqual(expected.sort());
    expect(new Set(operations.map(({ operation }) => operation['operationId'])).size).toBe(operations.length);
  });

  it('resolves every $ref', () => {
    const broken: string[] = [];
    let count = 0;
    walk(document, (node, path) => {
      const ref = node['$ref'];
      if (typeof ref !== 'string') return;
      count += 1;
      if (!ref.startsWith('#/') || resolve(ref) === undefined) broken.push(`${path} → ${ref}`);
    });
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  it('uses every component', () => {
    const used = new Set<string>();
    walk(document, (node) => {
      if (typeof node['$ref'] === 'string') used.add(node['$ref']);
    });
    const unused = Object.keys(document.components.schemas).filter(
      (id) => !used.has(`#/components/schemas/${id}`),
    );
    expect(unused).toEqual([]);
  });

  it('leaves no $defs, $schema or property without a schema behind', () => {
    const odd: string[] = [];
    walk(document, (node, path) => {
      if ('$defs' in node || '$schema' in node) odd.push(path);
      const properties = node['properties'];
      if (!properties || path.endsWith('/properties')) return;
      for (const [name, schema] of Object.entries(properties as Node)) {
        if (schema === null || typeof schema !== 'object') odd.push(`${path}/properties/${name}`);
      }
      for (const name of (node['required'] as string[] | undefined) ?? []) {
        if (!Object.hasOwn(properties as Node, name)) odd.push(`${path} requires ${name}`);
      }
    });
    expect(odd).toEqual([]);
  });

  it('keeps a property that is called id', () => {
    const { properties } = document.components.schemas['Job'] as { properties: Node };
    expect(properties['id']).toMatchObject({ type: 'string' });
  });

  it('declares every path parameter exactly once, and no other', () => {
    for (const { path, operation } of operations) {
      const declared = (operation['parameters'] as Node[]).filter(({ in: where }) => where === 'path');
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, declared.map(({ name }) => name).sort()]).toEqual([path, named.sort()]);
      expect(declared.every(({ required }) => required === true)).toBe(true);
    }
  });

  it('names the shape of every body, answer and problem', () => {
    for (const { operation } of operations) {
      const responses = operation['responses'] as Record<string, Node>;
      expect(Object.keys(responses)).toContain('default');
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(typeof description).toBe('string');
        if (status === '204') expect(content).toBeUndefined();
        for (const { schema } of Object.values((content ?? {}) as Record<string, Node>))
          expect(schema).toBeTruthy();
      }
    }
  });

  it('asks nothing of a GET but its address', () => {
    const bodies = operations.filter(({ method, operation }) => method === 'get' && operation['requestBody']);
    expect(bodies).toEqual([]);
  });
});
