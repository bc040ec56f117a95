import { describe, expect, it } from '@jest/globals';
import { githubLimits, RateBudget } from './rate.budget.js';

const clocked = (limits = githubLimits) => {
  const clock = { now: 1_000_000 };
  return { clock, budget: new RateBudget(limits, () => clock.now) };
};
const waitOf = (act: () => void): number => {
  try {
    act();
    return 0;
  } catch (error) {
    return (error as { details: { retryAfterMs: number } }).details.retryAfterMs;
  }
};

describe('what may still be asked', () => {
  it('never lets more through in any minute and any hour than is written down', () => {
    const { clock, budget } = clocked();
    const writes: number[] = [];
    for (let tick = 0; tick < 3 * 3600; tick++) {
      clock.now += 1000;
      while (waitOf(() => budget.take(true)) === 0) writes.push(clock.now);
    }
    const most = (span: number) =>
      Math.max(...writes.map((from) => writes.filter((at) => at >= from && at < from + span).length));
    expect(most(60_000)).toBe(60);
    expect(most(3_600_000)).toBe(450);
  });

  it('says how long to wait, and it is enough', () => {
    const { clock, budget } = clocked({ writesPerMinute: 2, writesPerHour: 3, requestsPerHour: 100 });
    budget.take(true);
    clock.now += 10_000;
    budget.take(true);
    const wait = waitOf(() => budget.take(true));
    expect(wait).toBe(50_000);
    clock.now += wait;
    budget.take(true);
    clock.now += 60_000;
    expect(waitOf(() => budget.take(true))).toBe(3_600_000 - 120_000);
    expect(waitOf(() => budget.take(false))).toBe(0);
  });

  it('counts reads and writes together by the hour', () => {
    const { clock, budget } = clocked({ writesPerMinute: 9, writesPerHour: 9, requestsPerHour: 2 });
    budget.take(false);
    budget.take(true);
    expect(waitOf(() => budget.take(false))).toBe(3_600_000);
    clock.now += 3_600_000;
    expect(waitOf(() => budget.take(false))).toBe(0);
  });

  it('rests as long as the forge says, and never more than an hour', () => {
    const { clock, budget } = clocked();
    budget.rest(5_000);
    budget.rest(1_000);
    expect(waitOf(() => budget.take(false))).toBe(5_000);
    budget.rest(Number.MAX_SAFE_INTEGER);
    expect(waitOf(() => budget.take(false))).toBe(3_600_000);
    clock.now += 3_600_000;
    expect(waitOf(() => budget.take(false))).toBe(0);
  });
});
