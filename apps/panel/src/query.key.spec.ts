import { describe, expect, it } from '@jest/globals';
import { hashKey, QueryClient } from '@tanstack/react-query';
import { keyOfAsk, keyOfList } from './query.key.js';

describe('the keys of the cache', () => {
  it.each([undefined, {}, { state: 'pending' }])('tell a list from an ask of the same query: %j', (query) => {
    expect(hashKey(keyOfList('promotions.list', query))).not.toBe(
      hashKey(keyOfAsk('promotions.list', { query })),
    );
  });

  it('are equal where the same was asked, in whatever order', () => {
    const asked = (query: object) => hashKey(keyOfAsk('jobs.list', { query }));
    expect(asked({ state: 'running', limit: 1 })).toBe(asked({ limit: 1, state: 'running' }));
    expect(asked({ limit: 1 })).not.toBe(asked({ limit: 2 }));
  });

  it('keep both answers side by side, and both go stale by the name of the route', async () => {
    const client = new QueryClient();
    const [one, pages] = [
      { items: [1], next: null },
      { pages: [], pageParams: [] },
    ];
    client.setQueryData(keyOfAsk('workers.list', {}), one);
    client.setQueryData(keyOfList('workers.list', {}), pages);
    expect(client.getQueryData(keyOfAsk('workers.list', {}))).toBe(one);
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'workers.list' });
    const stale = client.getQueryCache().getAll();
    expect(stale.map(({ state }) => state.isInvalidated)).toEqual([true, true]);
    client.clear();
  });
});
