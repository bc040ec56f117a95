import {
  CreateSchedule,
  durationMs,
  type CreateScheduleInput,
  type JobSpec,
  type JobSpecInput,
  type Schedule,
} from '@gatehouse/contracts';
import { stringify } from 'yaml';

export type Kind = 'once' | 'every' | 'cron';

/** What somebody has filled in; times as their browser's fields have them. */
export interface ScheduleForm {
  readonly name: string;
  readonly kind: Kind;
  /** Local time, as `datetime-local` fields have it: 2031-05-01T10:00. */
  readonly once: string;
  readonly count: string;
  readonly unit: 's' | 'm' | 'h' | 'd';
  /** Local time of the first run; empty: one interval after it is stored. */
  readonly from: string;
  readonly cron: string;
  readonly timezone: string;
  readonly catchUp: 'last' | 'skip';
  readonly overlap: 'skip' | 'allow';
}

export const emptyForm = (timezone: string): ScheduleForm => ({
  ...{ name: '', kind: 'cron', once: '', count: '1', unit: 'd', from: '' },
  ...{ cron: '0 3 * * 1-5', timezone, catchUp: 'last', overlap: 'skip' },
});

/** The instant of a local time; what is no time is left as it was typed, and the contract says so. */
const instantOf = (local: string): string => {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
};

const whenOf = ({ kind, once, count, unit, from, cron, timezone }: ScheduleForm) => {
  if (kind === 'once') return { once: instantOf(once) };
  if (kind === 'cron') return { cron: cron.trim(), timezone };
  return { every: `${count.trim()}${unit}`, ...(from !== '' && { from: instantOf(from) }) };
};

/** The form and the text of the job beside it. */
export interface Draft {
  readonly form: ScheduleForm;
  readonly text: string;
}

/** As people write it; the database keeps no order. */
export const jobText = ({ apiVersion, kind, metadata, spec }: JobSpec): string =>
  stringify({ apiVersion, kind, metadata, spec }, { lineWidth: 100 });

/** An instant as `datetime-local` fields have it, to the millisecond where it has any. */
const localOf = (instant: string): string => {
  const at = new Date(instant);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  return local.replace(/(?::00)?\.000$/, '');
};

const timesOf = ({ once, every, from, cron, timezone }: Schedule['when']): Partial<ScheduleForm> => {
  if (once !== undefined) return { kind: 'once', once: localOf(once) };
  if (every === undefined) return { kind: 'cron', cron, timezone };
  const [count = '', unit = 's'] = /^\d+[smhd]$/.test(every)
    ? [every.slice(0, -1), every.slice(-1)]
    : [String(Math.round(durationMs(every) / 1000))];
  return {
    ...{ kind: 'every', count, unit: unit as ScheduleForm['unit'] },
    ...(from !== undefined && { from: localOf(from) }),
  };
};

/** What is stored, to be changed; what it has no times for begins as in a new one. */
export const draftOf = ({ name, when, job, catchUp, overlap }: Schedule): Draft => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return {
    form: { ...emptyForm(timeZone), name, ...timesOf(when), catchUp, overlap },
    text: jobText(job),
  };
};

/** Only what was changed: times that are sent are counted anew, and what was left alone goes on as it was. */
export const changesOf = (
  body: CreateScheduleInput,
  before: Draft,
  after: Draft,
): Partial<CreateScheduleInput> => ({
  ...(after.form.name !== before.form.name && { name: body.name }),
  ...(JSON.stringify(whenOf(after.form)) !== JSON.stringify(whenOf(before.form)) && { when: body.when }),
  ...(after.text !== before.text && { job: body.job }),
  ...(after.form.catchUp !== before.form.catchUp && { catchUp: after.form.catchUp }),
  ...(after.form.overlap !== before.form.overlap && { overlap: after.form.overlap }),
});

/** The body that the form stands for. */
export const scheduleOf = (form: ScheduleForm, job: JobSpecInput): CreateScheduleInput => ({
  name: form.name.trim(),
  when: whenOf(form),
  job,
  catchUp: form.catchUp,
  overlap: form.overlap,
});

/** Field of the form → what is wrong with it. */
export type FieldFaults = Readonly<Partial<Record<'name' | Kind | 'from' | 'timezone', string>>>;

const fields = ['name', 'once', 'every', 'from', 'cron', 'timezone'] as const;

/** Faults that the contract or the server names, at the fields of the form; the first of each. */
export const atFields = (
  issues: readonly { readonly path: string; readonly message: string }[],
  kind: Kind,
): FieldFaults => {
  const found: Record<string, string> = {};
  for (const { path, message } of issues) {
    const name = path.replace(/^when\.?/, '') || kind;
    const field = fields.find((one) => one === name);
    if (field !== undefined) found[field] ??= message;
  }
  return found;
};

const needed: Readonly<Record<string, string>> = {
  name: 'Give it a name, e.g. tidy-nightly.',
  once: 'Say when.',
  every: 'Say how often: a whole number.',
  cron: 'Say when: minute, hour, day of the month, month, day of the week.',
  timezone: 'Choose the time zone of the cron times.',
};

/** What is wrong with what was filled in, the job apart. */
export const formFaults = (form: ScheduleForm): FieldFaults => {
  const empty = {
    name: form.name.trim() === '',
    once: form.kind === 'once' && form.once === '',
    every: form.kind === 'every' && !/^\d+$/.test(form.count.trim()),
    cron: form.kind === 'cron' && form.cron.trim() === '',
    timezone: form.kind === 'cron' && form.timezone === '',
  };
  const parsed = CreateSchedule.omit({ job: true }).safeParse({
    name: form.name.trim(),
    when: whenOf(form),
  });
  const issues = parsed.error?.issues ?? [];
  return {
    ...atFields(
      issues.map(({ path, message }) => ({ path: path.join('.'), message })),
      form.kind,
    ),
    ...Object.fromEntries(
      Object.entries(empty).flatMap(([field, is]) => (is ? [[field, needed[field]]] : [])),
    ),
  };
};
