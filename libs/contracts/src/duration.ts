import { z } from 'zod';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a valid `Duration`. */
export const durationMs = (text: string): number => {
  const unit = /[a-z]+$/.exec(text)?.[0] as keyof typeof unitMs;
  return Number.parseInt(text, 10) * unitMs[unit];
};

/** Nothing here waits for longer than a year, and a slip of the unit should show. */
const longestMs = 366 * unitMs.d;

/** Length of time as text: a whole number and a unit (`ms s m h d`), e.g. `90s`, `10m`; at most 366 days. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(?:ms|s|m|h|d)$/, 'expected a whole number and a unit, e.g. 90s, 10m, 2h')
  .refine((text) => !(durationMs(text) > longestMs), { error: 'expected at most 366d' })
  .describe('e.g. 90s, 10m, 2h');

export const durationBetween = (min: string, max: string) =>
  Duration.refine((text) => durationMs(text) >= durationMs(min) && durationMs(text) <= durationMs(max), {
    error: `expected between ${min} and ${max}`,
  });
