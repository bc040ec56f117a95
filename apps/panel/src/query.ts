import { notifications } from '@mantine/notifications';
import {
  QueryCache,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { RouteName } from '@gatehouse/contracts';
import { ApiProblem, call, type AnswerTo, type CallInput } from './api.js';
import { keyOfAsk, keyOfList } from './query.key.js';

/** A 4xx will not get better by asking again; an outage may. */
const worthRetry = (failures: number, error: unknown): boolean =>
  failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500);

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // The cookie ended: ask who we are again, and the shell leads to the login page.
      if (error instanceof ApiProblem && error.status === 401 && query.queryKey[0] !== 'me.get')
        void queryClient.invalidateQueries({ queryKey: ['me.get'] });
    },
  }),
  defaultOptions: {
    queries: {
      retry: worthRetry,
      staleTime: 1_000,
      refetchOnWindowFocus: true,
      // The plane is often on this very machine and answers without a network; where it does not, say so.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export interface AskOptions {
  readonly enabled?: boolean;
  /** Milliseconds between two reads; false: only when told. */
  readonly every?: number | false;
}

/** One read as react-query wants it; the cache's key is the route's name and what was asked. */
export const askOf = <N extends RouteName>(name: N, input: CallInput<N>) => ({
  queryKey: keyOfAsk(name, input),
  queryFn: ({ signal }: { signal: AbortSignal }): Promise<AnswerTo<N>> => call(name, { ...input, signal }),
});

export const useAsk = <N extends RouteName>(name: N, input: CallInput<N>, options: AskOptions = {}) =>
  useQuery<AnswerTo<N>>({
    ...askOf(name, input),
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
  });

type ListName = {
  [N in RouteName]: AnswerTo<N> extends { items: unknown[]; next: string | null } ? N : never;
}[RouteName];
type ItemOf<N extends ListName> = AnswerTo<N> extends { items: (infer T)[]; next: string | null } ? T : never;

/** Reads a list page by page; `more` asks for the next. Follows along only while few pages are open. */
export const useList = <N extends ListName>(
  name: N,
  query: CallInput<N>['query'],
  every: number | false = 5_000,
) => {
  const read = useInfiniteQuery({
    queryKey: keyOfList(name, query),
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) =>
      (await call(name, {
        query: { limit: 50, ...query, cursor: pageParam },
        signal,
      } as unknown as CallInput<N>)) as unknown as {
        items: ItemOf<N>[];
        next: string | null;
      },
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: (state) => ((state.state.data?.pages.length ?? 0) > 3 ? false : every),
  });
  return {
    items: read.data?.pages.flatMap((page) => page.items) ?? [],
    isPending: read.isPending,
    error: read.error,
    refetch: read.refetch,
    hasMore: read.hasNextPage,
    more: () => void read.fetchNextPage(),
    loadingMore: read.isFetchingNextPage,
  };
};

/** Writes, then reads everything on screen again; says what happened in a toast. */
export const useAct = <N extends RouteName>(
  name: N,
  options: { done?: (answer: AnswerTo<N>) => string | undefined; quiet?: boolean } = {},
) => {
  const client = useQueryClient();
  return useMutation<AnswerTo<N>, Error, CallInput<N>>({
    mutationFn: (input) => call(name, input),
    onSuccess: async (answer) => {
      const message = options.done?.(answer);
      if (message !== undefined) notifications.show({ message, color: 'green' });
      await client.invalidateQueries();
    },
    onError: (error) => {
      if (options.quiet) return;
      notifications.show({ title: titleOf(error), message: error.message, color: 'red', autoClose: 10_000 });
    },
  });
};

export const titleOf = (error: unknown): string =>
  error instanceof ApiProblem && error.problem !== undefined
    ? error.problem.title
    : 'Gatehouse gave no answer';
