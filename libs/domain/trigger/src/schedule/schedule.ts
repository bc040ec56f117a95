import { durationMs, type ScheduleTimes } from '@gatehouse/contracts';
import { CronExpressionParser, type CronExpression } from 'cron-parser';
import { instantOf, shownAt } from './schedule.clock.js';

const ms = (date: Date | string): number => new Date(date).getTime();

interface Clockwork {
  /** The first due time after an instant; undefined where none is left. */
  next(after: number): number | undefined;
  /** The newest due time at or before an instant; undefined where there is none. */
  last(until: number): number | undefined;
}

/** Walks a clock that knows no summer time; `instantOf` then says when a real one shows that. */
const walk = (cron: string, shown: number): CronExpression =>
  CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: new Date(shown) });

/** Longer than clocks are set back for: every time that was shown until now lies before. */
const marginMs = 3 * 3_600_000;

const cronwork = (cron: string, timezone: string): Clockwork => ({
  next(after) {
    // Where the clock was set back, times that it showed before come first; they are left out.
    const walking = walk(cron, shownAt(timezone, after) - 1);
    for (;;) {
      const due = instantOf(timezone, walking.next().getTime());
      if (due > after) return due;
    }
  },
  last(until) {
    const walking = walk(cron, shownAt(timezone, until) + marginMs);
    for (;;) {
      const due = instantOf(timezone, walking.prev().getTime());
      if (due <= until) return due;
    }
  },
});

const intervalwork = (everyMs: number, from: number): Clockwork => ({
  next: (after) => (after < from ? from : from + (Math.floor((after - from) / everyMs) + 1) * everyMs),
  last: (until) => (until < from ? undefined : from + Math.floor((until - from) / everyMs) * everyMs),
});

const oncework = (once: number): Clockwork => ({
  next: (after) => (once > after ? once : undefined),
  last: (until) => (once <= until ? once : undefined),
});

const clockworkOf = ({ once, every, from, cron, timezone }: ScheduleTimes): Clockwork => {
  if (once !== undefined) return oncework(ms(once));
  if (every !== undefined) return intervalwork(durationMs(every), from === undefined ? 0 : ms(from));
  return cronwork(cron ?? '', timezone ?? 'UTC');
};

const asDate = (instant: number | undefined): Date | undefined =>
  instant === undefined ? undefined : new Date(instant);

/**
 * The first due time after an instant; undefined where none is left. Depends on nothing but its arguments, so that it
 * is the same however often and in which order it is asked. Throws what the parser says of a wrong cron expression.
 */
export const nextDue = (when: ScheduleTimes, after: Date): Date | undefined =>
  asDate(clockworkOf(when).next(ms(after)));

/** The next due times after an instant, at most so many; fewer where none are left. */
export const nextDues = (when: ScheduleTimes, after: Date, most: number): Date[] => {
  const dues: Date[] = [];
  for (let due: Date | undefined = after; dues.length < most; dues.push(due)) {
    due = nextDue(when, due);
    if (due === undefined) break;
  }
  return dues;
};

/** As it is stored: an interval that names no first due time begins one interval after now. */
export const settled = (when: ScheduleTimes, now: Date): ScheduleTimes =>
  when.every === undefined || when.from !== undefined
    ? when
    : { ...when, from: new Date(ms(now) + durationMs(when.every)).toISOString() };

/** No more due times are counted than this; nobody reads a higher number. */
export const mostCounted = 1000;

/** The due times that have come and were not dealt with. */
export interface Overdue {
  /** The newest. */
  readonly dueAt: Date;
  /** How many lie before it, from the first on; at most `mostCounted`. */
  readonly missed: number;
  /** The newest of those; undefined where there are none. */
  readonly lastMissed: Date | undefined;
}

/** What has fallen due from `first`, a due time, until now. */
export const overdue = (when: ScheduleTimes, first: Date, now: Date): Overdue => {
  const work = clockworkOf(when);
  const newest = Math.max(work.last(ms(now)) ?? ms(first), ms(first));
  let missed = 0;
  for (let due = ms(first); due < newest && missed < mostCounted; missed += 1) due = work.next(due) ?? newest;
  return {
    dueAt: new Date(newest),
    missed,
    lastMissed: missed === 0 ? undefined : asDate(Math.max(work.last(newest - 1) ?? ms(first), ms(first))),
  };
};
