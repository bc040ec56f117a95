import { GatehouseError, type Route } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { rawBody, readDocument } from './body.js';
import { malformed } from './strict.json.js';

export interface Fault {
  readonly path: string;
  readonly message: string;
}

const maxFaults = 50;

const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');

/** Of a union the branch that came nearest speaks. */
const faultsOf = (issue: z.core.$ZodIssue, above: readonly PropertyKey[], whole: string): Fault[] => {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [nearest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
    return nearest.flatMap((inner) => faultsOf(inner, path, whole));
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: placeOf([...path, key]), message: 'no such field' }));
  return [{ path: placeOf(path) || whole, message: issue.message }];
};

const read = (schema: z.ZodType | undefined, value: unknown, whole: string, faults: Fault[]): unknown => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  faults.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, [], whole)));
  return undefined;
};

const bodyOf = async (request: FastifyRequest, { body, accepts }: Route): Promise<unknown> => {
  if (body === undefined) return accepts === undefined ? undefined : rawBody(request, accepts);
  const value = await readDocument(request, accepts ?? ['application/json']);
  if (value !== undefined) return value;
  // A body of which every part may be left out may be left out itself.
  if (body.safeParse({}).success) return {};
  throw malformed('This request needs a body.');
};

/** Parameters, query and body by the schemas of their route. Throws `request.malformed`, `request.invalid`. */
export const readInput = async (
  request: FastifyRequest,
  route: Route,
): Promise<{ params: unknown; query: unknown; body: unknown }> => {
  const faults: Fault[] = [];
  const params = read(route.params, request.params, 'address', faults);
  const query = read(route.query, request.query, 'query', faults);
  const given = faults.length > 0 ? undefined : await bodyOf(request, route);
  const body =
    faults.length > 0 || route.body === undefined ? given : read(route.body, given, 'body', faults);
  if (faults.length === 0) return { params, query, body };
  const [first] = faults as [Fault];
  throw new GatehouseError('request.invalid', `${first.path}: ${first.message}.`, {
    details: { errors: faults.slice(0, maxFaults) },
  });
};
