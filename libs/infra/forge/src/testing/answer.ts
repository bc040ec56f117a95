import type { Call } from './call.js';

/** What goes back over HTTP; a "no" is one too. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface FieldError {
  resource: string;
  field?: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'custom';
  message?: string;
}

const docs = 'https://docs.github.com/rest';

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204 };

export function refused(status: number, message: string, errors?: unknown[]): Answer {
  return {
    status,
    body: { message, ...(errors && { errors }), documentation_url: docs, status: String(status) },
  };
}

export const notFound = refused(404, 'Not Found');
export const invalid = (...errors: FieldError[]) => refused(422, 'Validation Failed', errors);
export const custom = (resource: string, message: string) => invalid({ resource, code: 'custom', message });

/** A renamed or transferred repository answers by its id. */
export function movedTo(call: Call, repository: { id: number }, below: string): Answer {
  const search = call.query.size > 0 ? `?${call.query}` : '';
  const url = `${call.world.urls.api}/repositories/${repository.id}${below}${search}`;
  const reads = call.method === 'GET';
  const body = { message: reads ? 'Moved Permanently' : 'Temporary Redirect', url, documentation_url: docs };
  return { status: reads ? 301 : 307, headers: { Location: url }, body };
}

/** One page of a list, with GitHub's Link header; what is shown is shaped only for that page. */
export async function paged<T>(
  call: Call,
  items: T[],
  shape: (item: T) => unknown,
  wrap: (page: unknown[]) => unknown = (page) => page,
): Promise<Answer> {
  const size = Math.min(Math.max(Number(call.query.get('per_page') ?? 30) || 30, 1), 100);
  const page = Math.max(Number(call.query.get('page') ?? 1) || 1, 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(to));
    return `<${call.world.urls.api}${call.path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  const shown = await Promise.all(items.slice((page - 1) * size, page * size).map(shape));
  return { ...ok(wrap(shown)), ...(links.length > 0 && { headers: { Link: links.join(', ') } }) };
}
