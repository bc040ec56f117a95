import type { Me, Schedule, ScheduleRun, ScheduleTimes } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';
import type { Look } from '../../elements/tone.js';

export const scheduleLooks: Readonly<Record<Schedule['state'], Look>> = {
  active: { tone: 'good', label: 'Active' },
  paused: { tone: 'wait', label: 'Paused' },
  ended: { tone: 'quiet', label: 'Ended' },
};

export const runLooks: Readonly<Record<ScheduleRun['state'], Look>> = {
  submitted: { tone: 'good', label: 'Submitted' },
  refused: { tone: 'bad', label: 'Refused' },
  skipped: { tone: 'quiet', label: 'Skipped' },
};

const clock = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

const units: Readonly<Record<string, string>> = {
  ms: 'millisecond',
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
};

/** When it is due, as people say it; a cron expression stands for itself. */
export const timesWords = ({ once, every, from, cron, timezone }: ScheduleTimes): string => {
  if (once !== undefined) return `Once, on ${clock(once)}`;
  if (every === undefined) return `${cron} · ${timezone}`;
  const [, n = '', unit = ''] = /^(\d+)(\w+)$/.exec(every) ?? [];
  const length = n === '1' ? (units[unit] ?? '') : count(Number(n), units[unit] ?? '');
  return `Every ${length}${from === undefined ? '' : `, counted from ${clock(from)}`}`;
};

/** On the clock that the schedule goes by. */
export const dueWords = (instant: string, { timezone = 'UTC' }: ScheduleTimes): string =>
  `${new Date(instant).toLocaleString('en-GB', { timeZone: timezone, dateStyle: 'medium', timeStyle: 'short' })} ${timezone}`;

export const catchUpWords: Readonly<Record<Schedule['catchUp'], string>> = {
  last: 'After a downtime the newest missed time is run, once.',
  skip: 'A time that is over for more than a minute is not run.',
};

export const overlapWords: Readonly<Record<Schedule['overlap'], string>> = {
  skip: 'While the job before has not ended, a time is left out.',
  allow: 'Jobs may stand beside each other.',
};

export const ruleWords = ({ catchUp, overlap }: Schedule): string[] => [
  catchUpWords[catchUp],
  overlapWords[overlap],
];

/** What came of one run, in a sentence; null where its job says it. */
export const runWords = ({ reason, times, triggeredBy, state }: ScheduleRun): string | null => {
  if (reason !== null) return reason.message;
  if (triggeredBy !== null) return 'Run by hand';
  return state === 'submitted' && times === 1 ? null : count(times, 'due time');
};

/** What this person may do with a schedule; the server decides again. */
export const allowedOn = (
  { state, createdBy }: Schedule,
  { principal, permissions }: Me,
): {
  readonly pause: boolean;
  readonly resume: boolean;
  readonly run: boolean;
  readonly change: boolean;
} => {
  const isHolder =
    permissions.includes('jobs:cancel') &&
    (principal.id === createdBy.id ||
      principal.roles.some((role) => role === 'operator' || role === 'admin'));
  return {
    pause: isHolder && state === 'active',
    resume: isHolder && state === 'paused',
    run: isHolder && state !== 'ended',
    // Its jobs are the creator's: operators hold what others made, they do not write it.
    change:
      isHolder && state !== 'ended' && principal.id === createdBy.id && permissions.includes('jobs:create'),
  };
};
