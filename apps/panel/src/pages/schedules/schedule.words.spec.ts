import type { Me, Schedule, ScheduleRun } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { allowedOn, dueWords, runWords, timesWords } from './schedule.words.js';

it.each([
  [{ once: '2031-05-01T10:00:00Z' }, 'Once, on 2031-05-01 10:00 UTC'],
  [{ every: '1d' }, 'Every day'],
  [{ every: '90m', from: '2031-05-01T10:00:00.500Z' }, 'Every 90 minutes, counted from 2031-05-01 10:00 UTC'],
  [{ cron: '0 3 * * 1-5', timezone: 'Europe/Berlin' }, '0 3 * * 1-5 · Europe/Berlin'],
])('%j is said as %s', (when, says) => expect(timesWords(when)).toBe(says));

it('a due time is shown on the clock of its schedule', () => {
  expect(dueWords('2026-07-01T22:30:00.000Z', { cron: '30 0 * * *', timezone: 'Europe/Berlin' })).toBe(
    '2 Jul 2026, 00:30 Europe/Berlin',
  );
  expect(dueWords('2026-07-01T22:30:00.000Z', { every: '1h' })).toBe('1 Jul 2026, 22:30 UTC');
});

describe('a run', () => {
  const run = { reason: null, times: 1, triggeredBy: null, state: 'submitted' } as ScheduleRun;
  it('says why, or by whom, or leaves it to its job', () => {
    expect(runWords(run)).toBeNull();
    expect(runWords({ ...run, triggeredBy: 'prn_1' })).toBe('Run by hand');
    expect(runWords({ ...run, state: 'refused', reason: { code: 'policy.denied', message: 'No.' } })).toBe(
      'No.',
    );
  });
});

describe('the buttons of a schedule', () => {
  const me = (id: string, role: 'requester' | 'operator' | 'viewer') =>
    ({
      principal: { id, roles: [role] },
      permissions: role === 'viewer' ? ['jobs:read'] : ['jobs:cancel', 'jobs:create'],
    }) as unknown as Me;
  const of = (state: Schedule['state']) => ({ state, createdBy: { id: 'ada', name: 'ada' } }) as Schedule;

  it('are for its creator and for operators, and fit its state', () => {
    expect(allowedOn(of('active'), me('ada', 'requester'))).toEqual({
      pause: true,
      resume: false,
      run: true,
      change: true,
    });
    expect(allowedOn(of('paused'), me('bob', 'operator'))).toEqual({
      pause: false,
      resume: true,
      run: true,
      change: false,
    });
    const none = { pause: false, resume: false, run: false, change: false };
    expect(allowedOn(of('active'), me('bob', 'requester'))).toEqual(none);
    expect(allowedOn(of('active'), me('ada', 'viewer'))).toEqual(none);
    expect(allowedOn(of('ended'), me('ada', 'requester'))).toEqual(none);
  });
});
