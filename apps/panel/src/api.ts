import { ApiProblem, connectionProblem, problemOf } from '@gatehouse/client';
import {
  routes,
  type AnswerOf,
  type BodyOf,
  type LedgerEvent,
  type ParamsOf,
  type QueryOf,
  type RouteName,
} from '@gatehouse/contracts';

export { ApiProblem };

type Routes = typeof routes;
type Part<K extends string, T> = undefined extends T ? { [P in K]?: undefined } : { [P in K]: T };
export type CallInput<N extends RouteName> = Part<'params', ParamsOf<Routes[N]>> & {
  query?: QueryOf<Routes[N]>;
  body?: BodyOf<Routes[N]>;
  idempotencyKey?: string;
  signal?: AbortSignal;
};

export const call = async <N extends RouteName>(
  name: N,
  input: CallInput<N>,
): Promise<AnswerOf<Routes[N]>> => {
  const route = routes[name];
  const params = (input.params ?? {}) as Record<string, string>;
  const url = new URL(
    `/api/v1${route.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))}`,
    window.location.origin,
  );
  for (const [key, value] of Object.entries(input.query ?? {}))
    if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
  const response = await fetch(url, {
    method: route.method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(input.idempotencyKey === undefined ? {} : { 'idempotency-key': input.idempotencyKey }),
    },
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  }).catch((error: unknown) => {
    throw input.signal?.aborted ? error : connectionProblem(window.location.origin, error);
  });
  if (!response.ok) throw await problemOf(response, window.location.origin);
  return (response.status === 204 ? undefined : await response.json()) as AnswerOf<Routes[N]>;
};

/** Events of a session as they come, from `after` on, across reconnects; ends when `signal` aborts. */
export const followSession = (
  sessionId: string,
  after: number,
  on: { event: (event: LedgerEvent) => void; live: (live: boolean) => void },
  signal: AbortSignal,
): void => {
  const source = new EventSource(`/api/v1/sessions/${sessionId}/events?after=${after}`);
  source.onopen = () => on.live(true);
  source.onerror = () => on.live(false);
  source.onmessage = (message) => on.event(JSON.parse(String(message.data)) as LedgerEvent);
  signal.addEventListener('abort', () => source.close());
};
