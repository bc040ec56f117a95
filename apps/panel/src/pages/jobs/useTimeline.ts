import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Attempt, LedgerEvent } from '@gatehouse/contracts';
import { followSession } from '../../api.js';
import { emptyTimeline, fold, type Timeline } from '../../fold.js';

const rowsOfAJob = new Set([
  'jobs.get',
  'sessions.get',
  'sessions.attempts',
  'candidates.get',
  'candidates.list',
  'promotions.list',
]);

/** Events are gathered for this long, in milliseconds, before they are drawn and the rows are read again. */
const gatherMs = 120;

/** The ledger of a session as it grows. Every event but output says that a row changed: those are read again. */
export const useTimeline = (
  sessionId: string | undefined,
  attempts: readonly Attempt[],
): { timeline: Timeline; live: boolean } => {
  const client = useQueryClient();
  const [events, setEvents] = useState<readonly LedgerEvent[]>([]);
  const [live, setLive] = useState(false);

  useEffect(() => {
    if (sessionId === undefined) return;
    const stop = new AbortController();
    let waiting: LedgerEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const batch = waiting;
      waiting = [];
      setEvents((before) => {
        const last = before.at(-1)?.seq ?? 0;
        return [...before, ...batch.filter((event) => event.seq > last)];
      });
      if (batch.some((event) => event.type !== 'agent.output'))
        void client.invalidateQueries({ predicate: (query) => rowsOfAJob.has(String(query.queryKey[0])) });
    };
    void followSession(
      sessionId,
      {
        event: (event) => {
          waiting.push(event);
          timer ??= setTimeout(flush, gatherMs);
        },
        live: setLive,
      },
      stop.signal,
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
      setEvents([]);
    };
  }, [sessionId, client]);

  const timeline = useMemo(
    () => fold(emptyTimeline, events, new Map(attempts.map((attempt) => [attempt.id, attempt.purpose]))),
    [events, attempts],
  );
  return { timeline, live };
};
