import type { ScheduleTimes } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mostCounted, nextDue, overdue, settled } from './schedule.js';
import { instantOf, shownAt } from './schedule.clock.js';

/** The next `count` due times, each asked for from the one before. */
const dues = (when: ScheduleTimes, from: string, count: number): string[] => {
  const found: string[] = [];
  let after = new Date(from);
  while (found.length < count) {
    const due = nextDue(when, after);
    if (due === undefined) break;
    found.push(due.toISOString().replace(':00.000Z', 'Z'));
    after = due;
  }
  return found;
};
const cron = (expression: string, timezone: string): ScheduleTimes => ({ cron: expression, timezone });

describe('a due time', () => {
  it('of once is that one', () => {
    expect(dues({ once: '2026-05-01T10:00:00Z' }, '2026-04-01T00:00:00Z', 3)).toEqual(['2026-05-01T10:00Z']);
    expect(dues({ once: '2026-05-01T10:00:00Z' }, '2026-05-01T10:00:00Z', 3)).toEqual([]);
  });

  it('of an interval counts from its first, or from when it was stored', () => {
    const every = { every: '36h', from: '2026-05-01T10:00:00Z' };
    expect(dues(every, '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-05-01T10:00Z',
      '2026-05-02T22:00Z',
      '2026-05-04T10:00Z',
    ]);
    const now = new Date('2026-01-01T00:00:00.500Z');
    expect(settled(every, now)).toBe(every);
    expect(dues(settled({ every: '1m' }, now), '2026-01-01T00:00:00.500Z', 2)).toEqual([
      '2026-01-01T00:01:00.500Z',
      '2026-01-01T00:02:00.500Z',
    ]);
  });

  it('of a cron expression is read off the clock of its time zone', () => {
    expect(dues(cron('0 9 * * 1-5', 'America/New_York'), '2026-03-06T15:00:00Z', 2)).toEqual([
      '2026-03-09T13:00Z',
      '2026-03-10T13:00Z',
    ]);
    expect(dues(cron('15 4 29 feb *', 'UTC'), '2026-01-01T00:00:00Z', 2)).toEqual([
      '2028-02-29T04:15Z',
      '2032-02-29T04:15Z',
    ]);
    // Both days restricted: either is enough.
    expect(dues(cron('0 0 13 * 5', 'UTC'), '2026-01-01T00:00:00Z', 4)).toEqual([
      '2026-01-02T00:00Z',
      '2026-01-09T00:00Z',
      '2026-01-13T00:00Z',
      '2026-01-16T00:00Z',
    ]);
  });

  it('that the clock jumps over is the moment of the jump, once', () => {
    expect(dues(cron('30 2 * * *', 'Europe/Berlin'), '2026-03-27T12:00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
    expect(dues(cron('*/20 * * * *', 'Europe/Berlin'), '2026-03-29T00:30:00Z', 3)).toEqual([
      '2026-03-29T00:40Z',
      '2026-03-29T01:00Z',
      '2026-03-29T01:20Z',
    ]);
  });

  it('that the clock shows twice is the first of the two', () => {
    expect(dues(cron('30 2 * * *', 'Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
    expect(dues(cron('*/30 * * * *', 'Europe/Berlin'), '2026-10-25T00:00:00Z', 3)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-25T02:00Z',
      '2026-10-25T02:30Z',
    ]);
    // Half an hour back on Lord Howe Island.
    expect(dues(cron('45 1 * * *', 'Australia/Lord_Howe'), '2026-04-03T20:00:00Z', 2)).toEqual([
      '2026-04-04T14:45Z',
      '2026-04-05T15:15Z',
    ]);
  });

  it.each(['99 3 * * *', '0 3 30 2 *', '0 3 31 2,4,6 *', '0 3 * * 5-1', '0 3 0 * *', '0/x 3 * * *'])(
    'of %s there is none, and the parser says so',
    (expression) => expect(() => nextDue(cron(expression, 'UTC'), new Date())).toThrow(),
  );
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'America/Santiago',
];
const minutes = fc.constantFrom('0', '*', '*/7', '30', '59', '5,35');
const hours = fc.constantFrom('*', '2', '1-3', '0', '*/5', '23');
const days = fc.constantFrom('* * *', '1 * *', '* * 0', '* 3,4,10,11 sun', '29 * 1');
const crons = fc
  .tuple(minutes, hours, days, fc.constantFrom(...zones))
  .map(([minute, hour, rest, timezone]) => cron(`${minute} ${hour} ${rest}`, timezone));
const intervals = fc
  .tuple(fc.integer({ min: 1, max: 100_000 }), fc.boolean())
  .map(([n, has]): ScheduleTimes => ({ every: `${n}m`, ...(has && { from: '2026-06-01T00:00:00Z' }) }));
const times = fc.oneof(crons, intervals);
const instants = fc
  .integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) })
  .map((at) => new Date(at));
const next = (when: ScheduleTimes, after: Date): number => nextDue(when, after)!.getTime();

describe('due times of any schedule', () => {
  const runs = { numRuns: 150 };

  it('rise, and none is at or before the instant that it was asked from', () => {
    fc.assert(
      fc.property(times, instants, (when, from) => {
        for (let after = from.getTime(), i = 0; i < 5; i += 1) {
          const due = next(when, new Date(after));
          expect(due).toBeGreaterThan(after);
          after = due;
        }
      }),
      runs,
    );
  });

  it('are the same from wherever and in whatever order they are asked for', () => {
    fc.assert(
      fc.property(times, instants, fc.double({ min: 0, max: 1, noNaN: true }), (when, from, part) => {
        const due = next(when, from);
        const between = Math.floor(from.getTime() + part * (due - 1 - from.getTime()));
        const beyond = next(when, new Date(due));
        expect(next(when, new Date(due - 1))).toBe(due);
        expect(next(when, new Date(between))).toBe(due);
        expect(next(when, new Date(due))).toBe(beyond);
      }),
      runs,
    );
  });

  it('show the clock what the expression says, but for the moment of a jump', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (timezone, from) => {
        const due = next(cron('30 2 * * *', timezone), from);
        const shown = new Date(shownAt(timezone, due)).toISOString().slice(11, 16);
        const before = new Date(shownAt(timezone, due - 1)).toISOString().slice(11, 16);
        expect(shown === '02:30' || (before < '02:30' && shown > '02:30')).toBe(true);
      }),
      runs,
    );
  });

  it('that were missed are found as by asking for each', () => {
    fc.assert(
      fc.property(times, instants, fc.integer({ min: 0, max: 30 }), (when, from, count) => {
        const all = [next(when, from)];
        for (let i = 0; i < count; i += 1) all.push(next(when, new Date(all.at(-1)!)));
        const now = new Date(next(when, new Date(all.at(-1)!)) - 1);
        expect(overdue(when, new Date(all[0]!), now)).toEqual({
          dueAt: new Date(all.at(-1)!),
          missed: count,
          lastMissed: count === 0 ? undefined : new Date(all.at(-2)!),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('the clock of a zone turns no time into an earlier instant than a time before it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        instants,
        fc.integer({ min: 0, max: 7_200_000 }),
        (timezone, shown, more) => {
          const [a, b] = [instantOf(timezone, shown.getTime()), instantOf(timezone, shown.getTime() + more)];
          expect(b).toBeGreaterThanOrEqual(a);
        },
      ),
      runs,
    );
  });
});

it('counts what was missed only so far as anyone reads', () => {
  const found = overdue(
    cron('* * * * *', 'Europe/Berlin'),
    new Date('2026-01-01T00:01:00Z'),
    new Date('2027-01-01T00:00:30Z'),
  );
  expect(found).toEqual({
    dueAt: new Date('2027-01-01T00:00:00Z'),
    missed: mostCounted,
    lastMissed: new Date('2026-12-31T23:59:00Z'),
  });
});
