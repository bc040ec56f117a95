import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Duration, durationBetween, durationMs } from './duration.js';

const ok = (text: unknown): boolean => Duration.safeParse(text).success;

describe('Duration', () => {
  it.each([
    ['1ms', 1],
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['366d', 31_622_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(ok(text)).toBe(true);
    expect(durationMs(text)).toBe(ms);
  });

  it.each([
    '',
    '1',
    's',
    '0s',
    '01s',
    '-1s',
    '+1s',
    '1.5h',
    '1 s',
    ' 1s',
    '1s ',
    '1s\n',
    '1S',
    '1h30m',
    '1w',
    '١s',
    '1e3s',
    '367d',
    '999999999h',
    5,
    null,
    ['1s'],
  ])('refuses %j', (text) => expect(ok(text)).toBe(false));

  it('accepts no text that it then cannot read as a safe number of milliseconds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{1,10}(ms|s|m|h|d)$/)), (text) => {
        if (!ok(text)) return;
        expect(Number.isSafeInteger(durationMs(text))).toBe(true);
        expect(durationMs(text)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('durationBetween', () => {
  const between = durationBetween('1s', '2h');
  it.each(['1s', '1000ms', '120m', '2h'])('takes %s', (text) =>
    expect(between.safeParse(text).success).toBe(true),
  );
  it.each(['999ms', '121m', '1d', 'x'])('refuses %s', (text) =>
    expect(between.safeParse(text).success).toBe(false),
  );
});
