import { eventTypes, type EventType, type LedgerEvent } from '@gatehouse/contracts';

export const stages = ['session', 'policy', 'capability', 'validation', 'promotion'] as const;
export type Stage = (typeof stages)[number];

const stageOfNoun: Readonly<Record<string, Stage>> = {
  job: 'session',
  session: 'session',
  policy: 'policy',
  attempt: 'capability',
  lease: 'capability',
  agent: 'capability',
  candidate: 'validation',
  verdict: 'validation',
  promotion: 'promotion',
  pull_request: 'promotion',
  approval: 'promotion',
};

type Payload = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;

/** The stage an event belongs to; attempts that validate belong to validation. */
export const stageOf = (event: LedgerEvent, purposes: ReadonlyMap<string, string>): Stage => {
  const stage = stageOfNoun[event.type.split('.')[0] ?? ''] ?? 'session';
  const payload = event.payload ?? {};
  const purpose = text(payload['purpose']) ?? purposes.get(text(payload['attemptId']) ?? '');
  return stage === 'capability' && purpose === 'validate' ? 'validation' : stage;
};

const reasonOf = (payload: Payload): string | undefined => {
  const reason = payload['reason'];
  if (reason !== null && typeof reason === 'object') {
    return text((reason as Payload)['message']) ?? text((reason as Payload)['code']);
  }
  return text(reason) ?? text(payload['message']) ?? text(payload['note']);
};

/** The facts of an event in one line; payloads differ by type and may be erased. */
export const detailOf = (event: LedgerEvent): string => {
  if (event.payload === null) return '(payload erased by retention)';
  const p = event.payload;
  const to = text(p['to']) ?? text(p['state']);
  const from = text(p['from']);
  const commit = text(p['commit'])?.slice(0, 12);
  const parts = [
    to && from ? `${from} → ${to}` : to,
    text(p['outcome']),
    text(p['kind']) ?? text(p['capability']),
    commit && `commit ${commit}`,
    text(p['answer']),
    text(p['alias']),
    text(p['branch']),
    reasonOf(p),
  ].filter((part) => part !== undefined);
  return [...new Set(parts)].join(' · ');
};

export const titleOf = (type: string): string =>
  Object.hasOwn(eventTypes, type) ? eventTypes[type as EventType] : type;

/** `12:03:04  session     The base was pinned to a commit  (commit 1a2b…)` */
export const eventLine = (event: LedgerEvent, stage: Stage): string => {
  const detail = detailOf(event);
  return `${event.at.slice(11, 19)}  ${stage.padEnd(10)}  ${titleOf(event.type)}${detail ? `  (${detail})` : ''}`;
};
