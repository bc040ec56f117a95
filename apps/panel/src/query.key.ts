import type { RouteName } from '@gatehouse/contracts';

interface Asked {
  readonly params?: unknown;
  readonly query?: unknown;
}

/** The key of a read in the cache: what was asked, and nothing else. The route's name stands first. */
export const keyOfAsk = (name: RouteName, { params, query }: Asked) => [name, params ?? null, query ?? null];

/** A list read page by page is kept in another shape than one answer to the same question, so under another key. */
export const keyOfList = (name: RouteName, query: unknown) => [...keyOfAsk(name, { query }), 'pages'];
