import type { Transaction } from '@gatehouse/tasks';
import {
  chainEvents,
  duplicateOf,
  instantOf,
  prepareEvent,
  type AppendedEvent,
  type NewEvent,
  type PreparedEvent,
} from './ledger.js';
import type { EarlierEvent, LedgerRepository } from './ledger.repository.js';

const keyOf = (event: { streamId: string; dedupeKey: string | null }): string =>
  JSON.stringify([event.streamId, event.dedupeKey]);

/** Way 1: within the caller's transaction. The events exist if, and only if, the change that they tell of does. */
export const appendInTransaction = async (
  repository: LedgerRepository,
  manager: Transaction,
  newEvents: readonly NewEvent[],
): Promise<AppendedEvent[]> => {
  const events = newEvents.map(prepareEvent);
  if (events.length === 0) return [];
  const locked = await repository.lock(
    manager,
    events.map((event) => event.streamId),
  );
  const earlier = new Map<string, EarlierEvent>();
  for (const found of await repository.earlier(manager, events)) earlier.set(keyOf(found), found);
  const answers = new Map<PreparedEvent, AppendedEvent>();
  const fresh = new Map<string, PreparedEvent[]>();
  const firstOfKey = new Map<string, PreparedEvent>();
  const repeats: PreparedEvent[] = [];
  for (const event of events) {
    const before = event.dedupeKey === null ? undefined : earlier.get(keyOf(event));
    if (before !== undefined) answers.set(event, duplicateOf(event, before));
    else if (event.dedupeKey !== null && firstOfKey.has(keyOf(event))) repeats.push(event);
    else {
      if (event.dedupeKey !== null) firstOfKey.set(keyOf(event), event);
      fresh.set(event.streamId, [...(fresh.get(event.streamId) ?? []), event]);
    }
  }
  repository.assertNotFenced(locked, [...fresh.values()].flat());
  const at = instantOf(locked.micros);
  const rows = [...fresh].flatMap(([streamId, own]) => {
    const chained = chainEvents(locked.heads.get(streamId)!, own, at);
    chained.forEach(({ seq, hash }, i) => answers.set(own[i]!, { streamId, seq, hash, duplicate: false }));
    return chained;
  });
  await repository.insert(manager, rows);
  for (const event of repeats) {
    const first = firstOfKey.get(keyOf(event))!;
    answers.set(event, duplicateOf(event, { ...first, ...answers.get(first)! }));
  }
  return events.map((event) => answers.get(event)!);
};
