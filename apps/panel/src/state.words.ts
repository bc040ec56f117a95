import { attemptStates, promotionStates, sessionStates, type StateTable } from '@gatehouse/contracts';

const tables: Readonly<Record<string, readonly [noun: string, table: StateTable<string>]>> = {
  'session.state_changed': ['Session', sessionStates as StateTable<string>],
  'attempt.state_changed': ['Attempt', attemptStates as StateTable<string>],
  'promotion.state_changed': ['Promotion', promotionStates as StateTable<string>],
};

/** A move to a state in the words of its state table; null for other events and for states it does not know. */
export const stateWords = (type: string, to: string): { title: string; summary: string } | null => {
  const row = tables[type];
  if (row === undefined || !Object.hasOwn(row[1].states, to)) return null;
  const summary = row[1].states[to]?.summary ?? '';
  return { title: `${row[0]}: ${to.replaceAll('_', ' ')}`, summary };
};
