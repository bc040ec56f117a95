import { describe, expect, it } from '@jest/globals';
import { ChangeSchedule, CreateSchedule, ScheduleTimes } from './schedule.js';

const faultsOf = (when: unknown): string[] => {
  const parsed = ScheduleTimes.safeParse(when);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('the times of a schedule', () => {
  it.each([
    { once: '2031-01-02T03:04:05Z' },
    { every: '1m' },
    { every: '366d', from: '2031-01-02T03:04:05.678Z' },
    { cron: '0 3 * * 1-5', timezone: 'Europe/Berlin' },
    { cron: '*/10,5 0-23/2 1,15 jan-mar MON', timezone: 'UTC' },
    { cron: '  0   3 * *  7 ', timezone: 'America/Argentina/Buenos_Aires' },
  ])('are read: %j', (when) => expect(faultsOf(when)).toEqual([]));

  it.each([
    [{}, ': expected exactly one of once, every and cron, found none'],
    [{ once: '2031-01-02T03:04:05Z', every: '1h' }, 'found once and every'],
    [{ once: 'tomorrow' }, 'once: '],
    [{ once: '+1000000-01-01T00:00:00Z' }, 'once: '],
    [{ every: '59s' }, 'every: expected between 1m and 366d'],
    [{ every: '1000000y' }, 'every: expected a whole number and a unit'],
    [{ every: '999999999d' }, 'every: expected at most 366d'],
    [{ every: '0m' }, 'every: '],
    [{ every: '1h', timezone: 'UTC' }, 'timezone: goes with cron'],
    [{ cron: '0 3 * * *', timezone: 'UTC', from: '2031-01-02T03:04:05Z' }, 'from: goes with every'],
    [{ cron: '0 3 * * *' }, 'timezone: name the time zone'],
    [{ cron: '0 3 * * *', timezone: 'Berlin' }, 'timezone: expected a time zone of the IANA database'],
    [{ cron: '0 3 * * *', timezone: '+01:00' }, 'timezone: expected a time zone of the IANA database'],
    [{ cron: '0 3 * *', timezone: 'UTC' }, 'cron: expected 5 fields'],
    [{ cron: '0 0 3 * * *', timezone: 'UTC' }, 'cron: expected 5 fields'],
    [{ cron: '@daily', timezone: 'UTC' }, 'cron: expected 5 fields'],
    [{ cron: '0 -3 * * *', timezone: 'UTC' }, 'cron: -3 is no hour; expected *, 0 to 23'],
    [{ cron: '0 3 ? * *', timezone: 'UTC' }, 'cron: ? is no day of the month'],
    // What the parser would draw lots for, or means something else elsewhere.
    [{ cron: 'H 3 * * *', timezone: 'UTC' }, 'cron: H is no minute'],
    [{ cron: '0 3 L * *', timezone: 'UTC' }, 'cron: L is no day of the month'],
    [{ cron: '0 3 * mon *', timezone: 'UTC' }, 'cron: mon is no month'],
    [{ cron: '1,,2 3 * * *', timezone: 'UTC' }, 'cron: 1,,2 is no minute'],
    [{ cron: '0 3 * * 1#2', timezone: 'UTC' }, 'cron: 1#2 is no day of the week'],
    [{ when: 'soon', every: '1h' }, 'Unrecognized key'],
  ])('%j is refused at its place', (when, fault) => {
    expect(faultsOf(when)[0]).toContain(fault);
  });
});

it('a schedule has its defaults, and a change sets nothing that it does not name', () => {
  const job = {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'tidy' },
    spec: { goal: 'Tidy up', agent: { adapter: 'command', command: ['true'] } },
  };
  const made = CreateSchedule.parse({ name: 'tidy', job, when: { every: '1h' } });
  expect(made).toMatchObject({ catchUp: 'last', overlap: 'skip', job: { spec: { base: 'HEAD' } } });
  expect(ChangeSchedule.parse({ version: 3, state: 'paused' })).toEqual({ version: 3, state: 'paused' });
});
