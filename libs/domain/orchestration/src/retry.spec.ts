import { describe, expect, it } from '@jest/globals';
import { pauseBeforeRetry } from './retry.js';

describe('the pause before another try', () => {
  it('doubles from a second, at most 100 s, the last half random', () => {
    expect([0, 1, 2, 10].map((tries) => pauseBeforeRetry(tries, () => 1))).toEqual([
      1_000, 2_000, 4_000, 100_000,
    ]);
    expect(pauseBeforeRetry(3, () => 0)).toBe(4_000);
  });
});
