import { CreateSchedule, type JobSpec, type JobSpecInput, type Schedule } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import {
  atFields,
  changesOf,
  draftOf,
  emptyForm,
  formFaults,
  scheduleOf,
  type ScheduleForm,
} from './schedule.form.js';

const job: JobSpecInput = {
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'tidy' },
  spec: { goal: 'Tidy up', agent: { adapter: 'command', command: ['true'] } },
};
const form = (more: Partial<ScheduleForm>): ScheduleForm => ({
  ...emptyForm('Europe/Berlin'),
  name: 'tidy',
  ...more,
});

describe('the form of a schedule', () => {
  it.each<[Partial<ScheduleForm>, object]>([
    [{}, { cron: '0 3 * * 1-5', timezone: 'Europe/Berlin' }],
    [{ kind: 'every', count: ' 90 ', unit: 'm' }, { every: '90m' }],
    [
      { kind: 'every', from: '2031-05-01T10:00' },
      { every: '1d', from: new Date('2031-05-01T10:00').toISOString() },
    ],
    [{ kind: 'once', once: '2031-05-01T10:00' }, { once: new Date('2031-05-01T10:00').toISOString() }],
  ])('with %j stands for %j', (more, when) => {
    const body = scheduleOf(form(more), job);
    expect(body.when).toEqual(when);
    expect(CreateSchedule.safeParse(body).success).toBe(true);
    expect(formFaults(form(more))).toEqual({});
  });

  it.each<[Partial<ScheduleForm>, string, string]>([
    [{ name: ' ' }, 'name', 'Give it a name'],
    [{ name: 'Tidy Up' }, 'name', ''],
    [{ kind: 'once' }, 'once', 'Say when.'],
    [{ kind: 'every', count: '1.5' }, 'every', 'whole number'],
    [{ kind: 'every', count: '367' }, 'every', '366d'],
    [{ cron: '0 3 * *' }, 'cron', 'expected 5 fields'],
    [{ cron: '' }, 'cron', 'Say when'],
    [{ timezone: 'Nowhere' }, 'timezone', 'time zone'],
    [{ timezone: '' }, 'timezone', 'Choose'],
  ])('with %j says what is wrong at %s', (more, field, says) => {
    const faults = formFaults(form(more));
    expect(Object.keys(faults)).toEqual([field]);
    expect(Object.values(faults)[0]).toContain(says);
  });

  describe('of one that is stored', () => {
    const stored = (when: Schedule['when']): Schedule =>
      ({ name: 'tidy', when, job: job as JobSpec, catchUp: 'skip', overlap: 'allow' }) as Schedule;
    const written = (when: Schedule['when'], more: Partial<ScheduleForm> = {}, text?: string) => {
      const before = draftOf(stored(when));
      const after = { form: { ...before.form, ...more }, text: text ?? before.text };
      return changesOf(scheduleOf(after.form, job), before, after);
    };

    it.each<[Schedule['when']]>([
      [{ once: '2031-05-01T10:00:00.000Z' }],
      [{ every: '90s', from: '2031-05-01T10:00:07.123Z' }],
      [{ every: '2h' }],
      [{ cron: '0 3 * * *', timezone: 'Asia/Tokyo' }],
    ])('stands for %j and sends nothing while it is left alone', (when) => {
      const { form: kept } = draftOf(stored(when));
      expect(scheduleOf(kept, job)).toMatchObject({ name: 'tidy', when, catchUp: 'skip', overlap: 'allow' });
      expect(formFaults(kept)).toEqual({});
      expect(written(when)).toEqual({});
    });

    it('sends what was changed alone', () => {
      const when = { cron: '0 3 * * *', timezone: 'UTC' };
      expect(written(when, { cron: '0 4 * * *' })).toEqual({ when: { cron: '0 4 * * *', timezone: 'UTC' } });
      expect(written(when, { name: 'other', overlap: 'skip' })).toEqual({ name: 'other', overlap: 'skip' });
      expect(written(when, { catchUp: 'last' }, 'another job')).toEqual({ catchUp: 'last', job });
    });
  });

  it('puts what the server says at its field, and leaves the job to the editor', () => {
    const said = [
      { path: 'when', message: 'never' },
      { path: 'when.timezone', message: 'no such' },
      { path: 'job.spec.goal', message: 'empty' },
    ];
    expect(atFields(said, 'cron')).toEqual({ cron: 'never', timezone: 'no such' });
  });
});
