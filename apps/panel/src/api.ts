import { ApiProblem, createClient, type Answer, type InputOf } from '@gatehouse/client';
import type { LedgerEvent, RouteName, routes } from '@gatehouse/contracts';

export { ApiProblem };
export type CallInput<N extends RouteName> = InputOf<(typeof routes)[N]>;
export type AnswerTo<N extends RouteName> = Answer<(typeof routes)[N]>;

const client = createClient({ baseUrl: '' });

/** One call by the name of its route, always with an input; the cookie goes along by itself. */
export const call = client.call as <N extends RouteName>(
  name: N,
  input: CallInput<N>,
) => Promise<AnswerTo<N>>;

/** Milliseconds before a stream that was given up is tried again. */
const laterMs = 15_000;

interface Listener {
  readonly event: (event: LedgerEvent) => void;
  /** True while a line to the server is open. */
  readonly live: (live: boolean) => void;
}

/** Follows a session until `signal` aborts: a page that is left open over lunch picks up where it was. */
export const followSession = async (sessionId: string, on: Listener, signal: AbortSignal): Promise<void> => {
  const watched = createClient({
    baseUrl: '',
    fetch: async (...args) => {
      const response = await fetch(...args);
      if (response.ok && !signal.aborted) on.live(true);
      return response;
    },
  });
  let seq = 0;
  while (!signal.aborted) {
    try {
      const events = watched.followEvents(sessionId, {
        lastEventId: seq,
        signal,
        onReconnect: () => on.live(false),
      });
      for await (const event of events) {
        seq = event.seq;
        on.event(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      on.live(false);
      if (error instanceof ApiProblem && error.fault === 'caller') return;
      await new Promise((resolve) => setTimeout(resolve, laterMs));
    }
  }
};
