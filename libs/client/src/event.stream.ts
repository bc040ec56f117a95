import type { LedgerEvent } from '@gatehouse/contracts';
import { createParser } from 'eventsource-parser';
import { ApiProblem, connectionProblem, timeoutProblem } from './api.problem.js';
import { sleep } from './transport.js';

export interface FollowOptions {
  /** seq of the last event already seen; 0 or absent: from the beginning. */
  readonly lastEventId?: number;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte (heartbeats count) after which the line is taken for dead; 45 s where absent. */
  readonly idleMs?: number;
  /** Milliseconds to keep trying while nobody answers; 2 min where absent. */
  readonly giveUpMs?: number;
  /** Told of every lost line that will be taken up again. */
  readonly onReconnect?: (problem: ApiProblem) => void;
}

/** Ends when the caller breaks out of it or aborts; never by itself, since a session may still get events. */
export type EventStream = AsyncGenerator<LedgerEvent, void, undefined>;

type Open = (
  lastEventId: number,
  signal: AbortSignal | undefined,
) => Promise<{ response: Response; end: () => void }>;

const maxEventBytes = 4 * 1024 * 1024;

/** Events of one line, as far as it holds. Throws `ApiProblem` when it breaks, returns when the server ends it. */
async function* readLine(
  { response, end }: { response: Response; end: () => void },
  where: string,
  idleMs: number,
  onRetry: (ms: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<LedgerEvent, void, undefined> {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('text/event-stream') || !response.body) {
    end();
    throw new ApiProblem(
      'unreadable',
      `${where} answered ${type || 'nothing'} instead of an event stream. Use a client of the server's version.`,
    );
  }
  const ready: LedgerEvent[] = [];
  let broken: unknown;
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onRetry,
    onEvent: ({ data }) => {
      try {
        const event = JSON.parse(data) as Partial<LedgerEvent> | null;
        // Anything that is no ledger event (a greeting of a newer server) is not ours to judge.
        if (typeof event?.seq === 'number' && typeof event.type === 'string')
          ready.push(event as LedgerEvent);
      } catch (error) {
        broken ??= error;
      }
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') broken ??= error;
    },
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
  });
  stopped.catch(() => undefined);
  try {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timeoutProblem(where, idleMs)), idleMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence, stopped]).finally(() =>
        clearTimeout(timer),
      );
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* ready.splice(0);
      if (broken) throw connectionProblem(where, broken);
    }
  } catch (error) {
    throw error instanceof ApiProblem ? error : connectionProblem(where, error);
  } finally {
    if (stop) signal?.removeEventListener('abort', stop);
    end();
    await reader.cancel().catch(() => undefined);
  }
}

const isFinal = (problem: ApiProblem): boolean =>
  problem.kind === 'unreadable' ||
  (problem.kind === 'refused' && problem.fault !== 'outage' && problem.status !== 429);

/** Follows a stream over any number of lines: what was seen is skipped, what is missing is asked for again. */
export async function* followStream(open: Open, where: string, options: FollowOptions): EventStream {
  const { signal, idleMs = 45_000, giveUpMs = 120_000, onReconnect } = options;
  let last = options.lastEventId ?? 0;
  let everOpen = false;
  let lastOpenAt = Date.now();
  let gapAt: number | undefined;
  let pauseMs = 1_000;
  for (let failures = 0; ;) {
    let problem: ApiProblem;
    let isOpen = false;
    try {
      const line = await open(last, signal);
      everOpen = true;
      isOpen = true;
      let gap = false;
      const onRetry = (ms: number) => (pauseMs = Math.min(ms, 30_000));
      for await (const event of readLine(line, where, idleMs, onRetry, signal)) {
        if (event.seq <= last) continue;
        if (event.seq > last + 1) {
          gap = true;
          break;
        }
        last = event.seq;
        failures = 0;
        gapAt = undefined;
        yield event;
        signal?.throwIfAborted();
      }
      if (gap && gapAt === last) {
        throw new ApiProblem(
          'unreadable',
          `Event ${last + 1} is missing in the stream. Run gatehouse verify on this session.`,
        );
      }
      if (gap) gapAt = last;
      problem = connectionProblem(where, gap ? 'an event is missing' : 'the server ended the stream');
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(error instanceof ApiProblem)) throw error;
      problem = error;
    }
    // A line that held until now counts as reached, however long it was silent.
    if (isOpen) lastOpenAt = Date.now();
    if (isFinal(problem) || !everOpen || Date.now() - lastOpenAt > giveUpMs) throw problem;
    failures += 1;
    onReconnect?.(problem);
    await sleep(Math.max(problem.retryAfterMs ?? 0, Math.min(pauseMs * 2 ** (failures - 1), 10_000)), signal);
  }
}
