import { CreateSchedule, type CreateScheduleInput, type JobSpecInput } from '@gatehouse/contracts';

export type Kind = 'once' | 'every' | 'cron';

/** What somebody has filled in; times as their browser's fields have them. */
export interface ScheduleForm {
  readonly name: string;
  readonly kind: Kind;
  /** Local time, as `datetime-local` fields have it: 2031-05-01T10:00. */
  readonly once: string;
  readonly count: string;
  readonly unit: 'm' | 'h' | 'd';
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
