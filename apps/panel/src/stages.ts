import {
  promotionStates,
  type Attempt,
  type Candidate,
  type GateResult,
  type Job,
  type Promotion,
  type Session,
} from '@gatehouse/contracts';
import { stageNames, type StageName, type Timeline } from './fold.js';
import { attemptLooks, type Tone } from './elements/tone.js';

/** The rows a job page has read. The rows say where a job is; the events say when it got there. */
export interface Rows {
  readonly job: Job;
  readonly session: Session | undefined;
  readonly attempts: readonly Attempt[];
  readonly candidate: Candidate | undefined;
  readonly promotion: Promotion | undefined;
}

export interface Stage {
  readonly name: StageName;
  readonly status: 'todo' | 'active' | 'waiting' | 'done' | 'stopped' | 'skipped';
  readonly tone: Tone;
  readonly says: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

type Standing = Pick<Stage, 'status' | 'tone' | 'says'>;
const standing = (status: Stage['status'], tone: Tone, says: string): Standing => ({ status, tone, says });
const todo = (says: string) => standing('todo', 'quiet', says);
const skipped = (says: string) => standing('skipped', 'quiet', says);

const ended = ({ job }: Rows) => job.endedAt !== null;
/** Only attempts of this purpose, oldest first. */
const attemptsFor = (rows: Rows, purpose: Attempt['purpose']) =>
  rows.attempts.filter((attempt) => attempt.purpose === purpose);
const reasonOf = (rows: Rows): string => rows.session?.reason?.message ?? rows.job.reason ?? 'It ended here.';

const sessionStage = (rows: Rows): Standing => {
  const { job, session, attempts } = rows;
  if (session === undefined) return standing('active', 'live', 'The session is being read.');
  const begun = attempts.length > 0 || session.base !== null || !['created'].includes(session.state);
  if (begun && (session.base !== null || job.repository === null || attempts.length > 0))
    return standing(
      'done',
      'good',
      session.base === null
        ? 'Accepted; a task needs no base.'
        : `Accepted; base pinned to ${session.base.commit.slice(0, 10)}.`,
    );
  if (ended(rows))
    return standing('stopped', session.outcome === 'cancelled' ? 'quiet' : 'bad', reasonOf(rows));
  return standing('active', 'live', 'Accepted; its base is being pinned to a commit.');
};

const policyStage = (rows: Rows, before: Standing): Standing => {
  if (before.status !== 'done') return ended(rows) ? skipped('Not reached.') : todo('Follows the session.');
  if (rows.attempts.length > 0 || rows.candidate !== undefined)
    return standing('done', 'good', 'All layers merged; the job is within them.');
  if (!ended(rows)) return standing('active', 'live', 'The layers are being merged.');
  return rows.session?.reason?.code.startsWith('policy.')
    ? standing('stopped', 'bad', reasonOf(rows))
    : skipped('Not reached.');
};

const capabilityStage = (rows: Rows, before: Standing): Standing => {
  const attempts = attemptsFor(rows, 'agent');
  const last = attempts.at(-1);
  if (last === undefined) {
    if (rows.candidate !== undefined) return standing('done', 'good', 'The patch was made elsewhere.');
    if (ended(rows)) return skipped('No worker was asked.');
    return todo(before.status === 'done' ? 'Waits to be queued.' : 'Follows the policy.');
  }
  const nth = attempts.length > 1 ? ` (attempt ${attempts.length})` : '';
  const where = last.capability === null ? '' : ` in ${last.capability}`;
  const why = last.reason === null ? '' : ` ${last.reason.message}`;
  const live = !ended(rows);
  switch (last.state) {
    case 'queued':
      return standing('waiting', 'wait', `Waits for a worker${nth}.`);
    case 'leased':
    case 'running':
    case 'uploading':
      return standing('active', 'live', `${attemptLooks[last.state].label}${where}${nth}.`);
    case 'succeeded':
      return standing('done', 'good', `The agent gave a result${where}${nth}.`);
    case 'noop':
      return standing('done', 'quiet', `The agent changed nothing${nth}.`);
    case 'cancelled':
      return standing('stopped', 'quiet', `Ended on request${nth}.${why}`);
    default:
      return live
        ? standing(
            'waiting',
            'wait',
            `${attemptLooks[last.state].label}${nth}; what follows is decided.${why}`,
          )
        : standing('stopped', 'bad', `${attemptLooks[last.state].label}${nth}.${why}`);
  }
};

const refusedBy = (gates: readonly GateResult[]): string => {
  const names = gates
    .filter((gate) => gate.answer === 'fail' && gate.required !== false)
    .map((gate) => gate.gate);
  if (names.length === 0) return 'Refused by the gates.';
  const rest = names.length > 2 ? ` and ${names.length - 2} more` : '';
  return `Refused by ${names.slice(0, 2).join(rest === '' ? ' and ' : ', ')}${rest}.`;
};

const validationStage = (rows: Rows, refusal: string | null): Standing => {
  const { job, candidate } = rows;
  if (job.repository === null) return skipped('A task has no tree to judge.');
  if (candidate === undefined) {
    if (refusal !== null) return standing('stopped', 'bad', refusal);
    if (job.phase === 'noop') return skipped('There is nothing to judge.');
    return ended(rows) ? skipped('Not reached.') : todo('Follows the agent.');
  }
  const gates = candidate.verdict?.gates ?? [];
  switch (candidate.state) {
    case 'judging':
      return standing('active', 'live', 'The gates are looking at the candidate.');
    case 'pass':
      return standing(
        'done',
        'good',
        `All ${gates.filter((gate) => gate.required !== false).length} gates passed.`,
      );
    case 'noop':
      return standing('done', 'quiet', 'The candidate equals its base.');
    case 'fail':
      return standing('stopped', 'bad', refusedBy(gates));
    case 'error':
      return standing('stopped', 'bad', 'A gate could not be run; this is no verdict on the change.');
    case 'inconclusive':
      return standing('stopped', 'wait', 'The gates could not decide.');
  }
};

const promotionStage = (rows: Rows): Standing => {
  const { job, promotion } = rows;
  if (promotion === undefined) {
    if (job.repository === null)
      return ended(rows) && job.phase === 'stored'
        ? standing('done', 'good', 'Its files are stored as artifacts.')
        : ended(rows)
          ? skipped('Not reached.')
          : todo('Its files will be stored as artifacts.');
    return ended(rows) ? skipped('Nothing was published.') : todo('Follows a complete pass.');
  }
  const why = promotion.reason?.message ?? `${promotionStates.states[promotion.state].summary}.`;
  const yes = promotion.approvals.filter((approval) => approval.answer === 'approve').length;
  switch (promotion.state) {
    case 'succeeded':
      return standing(
        'done',
        'good',
        promotion.result?.branch === null || promotion.result === null
          ? 'The patch is stored.'
          : `Published as ${promotion.result.branch}.`,
      );
    case 'running':
      return standing('active', 'live', 'The promoter holds the lane and publishes.');
    case 'pending':
      return standing('waiting', 'wait', 'Waits for its turn in the lane.');
    case 'awaiting_approval':
      return standing('waiting', 'wait', `Waits for people: ${yes} of ${promotion.quorum} approvals.`);
    case 'aborted':
    case 'discarded':
      return standing('stopped', 'quiet', why);
    default:
      return standing('stopped', 'bad', why);
  }
};

/** The five stages of a job, in order. Pure: rows and events in, what to draw out. */
export const stagesOf = (rows: Rows, timeline: Timeline): Stage[] => {
  const refused = timeline.entries.findLast((entry) => entry.type === 'candidate.refused');
  const session = sessionStage(rows);
  const policy = policyStage(rows, session);
  const standings: Record<StageName, Standing> = {
    session,
    policy,
    capability: capabilityStage(rows, policy),
    validation: validationStage(rows, refused ? (refused.detail ?? refused.title) : null),
    promotion: promotionStage(rows),
  };
  return stageNames.map((name) => {
    const own = timeline.entries.filter(
      (entry) => entry.stage === name && entry.type !== 'session.state_changed',
    );
    const over = ['done', 'stopped'].includes(standings[name].status);
    return {
      name,
      ...standings[name],
      startedAt: own[0]?.at ?? null,
      endedAt: over ? (own.at(-1)?.at ?? null) : null,
    };
  });
};
