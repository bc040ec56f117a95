import { eventTypes, type EventType, type LedgerEvent } from '@gatehouse/contracts';
import { stateWords } from './state.words.js';

export const stageNames = ['session', 'policy', 'capability', 'validation', 'promotion'] as const;
export type StageName = (typeof stageNames)[number];

/** One line of the timeline: an event in words. */
export interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly stage: StageName;
  readonly at: string;
  readonly title: string;
  readonly detail: string | null;
  readonly actor: string;
  /** How many events this line stands for: output comes in many pieces and is one line. */
  readonly times: number;
}

export interface Timeline {
  /** Highest seq folded in; what a stream resumes after. */
  readonly seq: number;
  readonly entries: readonly Entry[];
  /** Attempt id → seq of its newest output event; '' where the payload does not name the attempt. */
  readonly outputs: Readonly<Record<string, number>>;
  /** True where events are missing between two that came; the ledger has no gaps, so the stream had. */
  readonly gap: boolean;
}

export const emptyTimeline: Timeline = { seq: 0, entries: [], outputs: {}, gap: false };

type Payload = Readonly<Record<string, unknown>>;

const stageOf: Readonly<Record<EventType, StageName | null>> = {
  'principal.created': null,
  'principal.changed': null,
  'token.created': null,
  'token.revoked': null,
  'login.succeeded': null,
  'repository.added': null,
  'repository.changed': null,
  'repository.moved': null,
  'identity.linked': null,
  'trigger.stored': null,
  'trigger.changed': null,
  'policy.stored': 'policy',
  'policy.activated': 'policy',
  'policy_set.activated': 'policy',
  'worker.registered': null,
  'worker.changed': null,
  'job.accepted': 'session',
  'job.triggered': 'session',
  'job.cancel_requested': 'session',
  'schedule.created': null,
  'schedule.changed': null,
  'schedule.ran': 'session',
  'session.created': 'session',
  'session.tainted': 'session',
  'session.base_pinned': 'session',
  'session.rebased': 'validation',
  'session.state_changed': 'session',
  'session.change_requested': 'session',
  'attempt.queued': 'capability',
  'attempt.state_changed': 'capability',
  'lease.granted': 'capability',
  'lease.ended': 'capability',
  'agent.output': 'capability',
  'agent.note': 'capability',
  'candidate.created': 'validation',
  'candidate.refused': 'validation',
  'verdict.decided': 'validation',
  'promotion.requested': 'promotion',
  'promotion.state_changed': 'promotion',
  'promotion.published': 'promotion',
  'promotion_log.faulted': 'promotion',
  'lane.round_began': 'promotion',
  'lane.probed': 'promotion',
  'lane.round_ended': 'promotion',
  'pull_request.opened': 'promotion',
  'pull_request.updated': 'promotion',
  'pull_request.state_changed': 'promotion',
  'approval.requested': 'promotion',
  'approval.answered': 'promotion',
  'approval.kept': 'promotion',
  'approval.withdrawn': 'promotion',
};

const isKnown = (type: string): type is EventType => Object.hasOwn(eventTypes, type);
const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;

const attemptIdOf = (payload: Payload): string =>
  text(payload['attemptId']) ?? text(payload['attempt_id']) ?? '';

/** Purposes seen so far, so that the attempts of a validator land in the stage they belong to. */
const stageFor = (event: LedgerEvent, purposes: ReadonlyMap<string, string>): StageName => {
  const payload = event.payload ?? {};
  const purpose = text(payload['purpose']) ?? purposes.get(attemptIdOf(payload));
  const known = isKnown(event.type) ? stageOf[event.type] : null;
  if (known === 'capability' && purpose === 'validate') return 'validation';
  // A type that this panel does not know yet is still shown: types may be added, never renamed.
  return known ?? stageNames.find((stage) => event.type.startsWith(`${stage}.`)) ?? 'session';
};

const reasonOf = (payload: Payload): string | null => {
  const reason = payload['reason'];
  if (reason !== null && typeof reason === 'object')
    return text((reason as Payload)['message']) ?? text((reason as Payload)['code']);
  return text(reason) ?? text(payload['message']) ?? text(payload['note']);
};

const detailOf = (payload: Payload): string | null => {
  const parts = [
    text(payload['outcome']),
    text(payload['kind']) ?? text(payload['capability']),
    text(payload['answer']),
    text(payload['branch']),
    reasonOf(payload),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : [...new Set(parts)].join(' · ');
};

const wordsOf = ({ type, payload }: LedgerEvent): Pick<Entry, 'title' | 'detail'> => {
  const title = isKnown(type) ? eventTypes[type] : type;
  if (payload === null)
    return { title, detail: 'Its payload was erased by retention; the chain still covers it.' };
  if (type === 'agent.output') return { title: 'Output of the agent', detail: null };
  if (type === 'agent.note') return { title: reasonOf(payload) ?? title, detail: null };
  // At level `patch` nothing leaves: the title of the event speaks of a branch.
  if (type === 'promotion.published' && text(payload['branch']) === null)
    return { title: 'The patch was stored', detail: null };
  const moved = stateWords(type, text(payload['to']) ?? '');
  if (moved === null) return { title, detail: detailOf(payload) };
  return { title: moved.title, detail: detailOf(payload) ?? moved.summary };
};

const entryOf = (event: LedgerEvent, purposes: ReadonlyMap<string, string>): Entry => ({
  seq: event.seq,
  type: event.type,
  stage: stageFor(event, purposes),
  at: event.at,
  ...wordsOf(event),
  actor: event.actor,
  times: 1,
});

/**
 * Folds further events into a timeline. Pure; events that were folded in before change nothing, so a stream
 * may replay as much as it likes. `purposes` names the purpose of attempts known from their rows.
 */
export const fold = (
  timeline: Timeline,
  events: readonly LedgerEvent[],
  purposes: ReadonlyMap<string, string> = new Map(),
): Timeline => {
  const fresh = events.filter((event) => event.seq > timeline.seq).sort((a, b) => a.seq - b.seq);
  if (fresh.length === 0) return timeline;
  const entries = [...timeline.entries];
  const outputs: Record<string, number> = { ...timeline.outputs };
  const seen = new Map(purposes);
  let { seq, gap } = timeline;
  for (const event of fresh) {
    if (event.seq === seq) continue;
    if (event.seq !== seq + 1) gap = true;
    seq = event.seq;
    const payload = event.payload ?? {};
    const purpose = text(payload['purpose']);
    if (purpose !== null) seen.set(attemptIdOf(payload), purpose);
    const entry = entryOf(event, seen);
    const last = entries.at(-1);
    if (event.type === 'agent.output') outputs[attemptIdOf(payload)] = event.seq;
    if (event.type === 'agent.output' && last?.type === 'agent.output' && last.stage === entry.stage)
      entries[entries.length - 1] = { ...last, seq: entry.seq, at: entry.at, times: last.times + 1 };
    else entries.push(entry);
  }
  return { seq, entries, outputs, gap };
};
