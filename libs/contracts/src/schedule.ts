import { z } from 'zod';
import { durationBetween } from './duration.js';
import { idOf, Instant, Name } from './id.js';
import { JobSpec } from './job.js';
import { PageQuery } from './page.js';
import { RepositoryName } from './repository.js';
import { stateTable } from './state.js';
import { text } from './text.js';

export const scheduleStates = stateTable({
  initial: 'active',
  states: {
    active: { summary: 'Makes a job at each due time', to: ['paused', 'ended'] },
    paused: {
      summary: 'Makes none until it is resumed; what falls due meanwhile is left out',
      to: ['active', 'ended'],
    },
    ended: { summary: 'Over: deleted, or its only time has come', to: [] },
  },
});
export type ScheduleState = keyof typeof scheduleStates.states;

/** A name of the IANA database that this runtime knows; offsets such as `+01:00` do not follow summer time. */
const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** Elements of a list: everything, a number or a range, and maybe a step. Nothing that a parser makes up by chance. */
const fieldOf = (names: string): RegExp => {
  const one = `(?:\\d{1,2}${names})`;
  const element = `(?:\\*|${one}(?:-${one})?)(?:/\\d{1,3})?`;
  return new RegExp(`^${element}(?:,${element})*$`, 'i');
};
const plain = fieldOf('');
const fields = [
  ['minute', '0 to 59', plain],
  ['hour', '0 to 23', plain],
  ['day of the month', '1 to 31', plain],
  ['month', '1 to 12 or jan to dec', fieldOf('|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec')],
  ['day of the week', '0 to 7 or sun to sat', fieldOf('|sun|mon|tue|wed|thu|fri|sat')],
] as const;

/** What is wrong with a cron expression as far as its form shows it; undefined where nothing is. */
const cronFault = (cron: string): string | undefined => {
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== 5)
    return `expected 5 fields (minute, hour, day of the month, month, day of the week), found ${parts.length}, e.g. 0 3 * * 1-5`;
  const odd = fields.findIndex(([, , form], i) => !form.test(parts[i] ?? ''));
  const [name, range] = fields[odd] ?? [];
  return odd < 0
    ? undefined
    : `${parts[odd]} is no ${name}; expected *, ${range}, a list (1,15), a range (1-5) or a step (*/10)`;
};

const kinds = ['once', 'every', 'cron'] as const;

/** One of `once`, `every` and `cron`; said in one object, so that a fault is named at its place. */
export const ScheduleTimes = z
  .strictObject({
    once: Instant.optional().describe('The only due time'),
    every: durationBetween('1m', '366d').optional().describe('Due again after so long, counted from `from`'),
    from: Instant.optional().describe('With every: the first due time; default: one interval after now'),
    cron: text(200, 1)
      .optional()
      .describe(
        'Minute, hour, day of the month, month, day of the week. Where both days are restricted, either is enough',
      ),
    timezone: text(100, 1)
      .refine(isTimeZone, { error: 'expected a time zone of the IANA database, e.g. Europe/Berlin or UTC' })
      .optional()
      .describe('With cron: where its times are read off the clock'),
  })
  .superRefine((when, context) => {
    const fault = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const given = kinds.filter((kind) => when[kind] !== undefined);
    if (given.length !== 1)
      fault([], `expected exactly one of once, every and cron, found ${given.join(' and ') || 'none'}`);
    else if (when.from !== undefined && when.every === undefined)
      fault(['from'], 'goes with every; leave it out');
    else if (when.timezone !== undefined && when.cron === undefined)
      fault(['timezone'], 'goes with cron; instants of once and from are in UTC');
    else if (when.cron !== undefined && when.timezone === undefined)
      fault(['timezone'], 'name the time zone of the cron times, e.g. Europe/Berlin or UTC');
    const form = when.cron === undefined ? undefined : cronFault(when.cron);
    if (form !== undefined) fault(['cron'], form);
  })
  .meta({ id: 'ScheduleTimes', description: 'When a schedule is due: once, every or cron with timezone' });
export type ScheduleTimes = z.infer<typeof ScheduleTimes>;

const catchUp = z
  .enum(['last', 'skip'])
  .describe(
    'After a downtime: last runs the newest missed time once; skip runs none that is over a minute late',
  );
const overlap = z
  .enum(['skip', 'allow'])
  .describe('Where the job of the run before is still live: skip leaves this time out; allow runs both');

export const CreateSchedule = z
  .strictObject({
    name: Name,
    job: JobSpec.describe('Submitted at each due time; its base is pinned then'),
    when: ScheduleTimes,
    catchUp: catchUp.default('last'),
    overlap: overlap.default('skip'),
  })
  .meta({ id: 'CreateSchedule' });
export type CreateSchedule = z.infer<typeof CreateSchedule>;
export type CreateScheduleInput = z.input<typeof CreateSchedule>;

export const ChangeSchedule = z
  .strictObject({
    version: z.number().int().min(0).max(2_147_483_647).describe('That of the schedule as it was read'),
    state: z.enum(['active', 'paused']).optional().describe('Pause or resume'),
    reason: text(500).optional().describe('Why, for those who read it later'),
    name: Name.optional(),
    job: JobSpec.optional(),
    when: ScheduleTimes.optional(),
    catchUp: catchUp.optional(),
    overlap: overlap.optional(),
  })
  .meta({ id: 'ChangeSchedule' });
export type ChangeSchedule = z.infer<typeof ChangeSchedule>;

export const ScheduleRunState = z
  .enum(['submitted', 'refused', 'skipped'])
  .meta({ id: 'ScheduleRunState', description: 'submitted: there is a job; refused and skipped: a reason' });
export type ScheduleRunState = z.infer<typeof ScheduleRunState>;

export const ScheduleRun = z
  .object({
    id: idOf('scheduleRun'),
    scheduleId: idOf('schedule'),
    dueAt: Instant.describe('One run for each due time'),
    state: ScheduleRunState,
    jobId: idOf('job').nullable(),
    reason: z.object({ code: z.string(), message: z.string() }).nullable(),
    times: z.number().int().describe('Due times this stands for: several where a downtime was slept through'),
    lastDueAt: Instant.describe('The newest of them'),
    triggeredBy: idOf('principal').nullable().describe('Who asked for it at once; null: its time had come'),
    createdAt: Instant,
  })
  .meta({ id: 'ScheduleRun' });
export type ScheduleRun = z.infer<typeof ScheduleRun>;

export const Schedule = z
  .object({
    id: idOf('schedule'),
    name: Name,
    repository: RepositoryName.nullable().describe('Of its job'),
    job: JobSpec,
    when: ScheduleTimes,
    catchUp,
    overlap,
    state: z.enum(Object.keys(scheduleStates.states) as [ScheduleState, ...ScheduleState[]]),
    reason: z.string().nullable().describe('Why it is paused or ended'),
    nextDue: Instant.nullable().describe('Null unless active'),
    lastRun: ScheduleRun.nullable(),
    version: z.number().int(),
    createdBy: z
      .object({ id: idOf('principal'), name: z.string() })
      .describe('Requester of every job that it makes'),
    createdAt: Instant,
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

export const ScheduleCheck = z
  .object({
    due: z
      .array(Instant)
      .describe('The first three due times if it were stored now; fewer where there are no more'),
  })
  .meta({ id: 'ScheduleCheck' });
export type ScheduleCheck = z.infer<typeof ScheduleCheck>;

export const ScheduleQuery = PageQuery.extend({
  state: z.enum(Object.keys(scheduleStates.states) as [ScheduleState, ...ScheduleState[]]).optional(),
  repository: RepositoryName.optional(),
  name: Name.optional(),
});
export type ScheduleQuery = z.infer<typeof ScheduleQuery>;
