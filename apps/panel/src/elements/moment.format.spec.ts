import { describe, expect, it } from '@jest/globals';
import { ago, bytes, count, lasting } from './moment.format.js';

const now = Date.parse('2026-01-10T12:00:00.000Z');
const back = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);

describe('ago', () => {
  it('is near enough, in the largest unit that fits', () => {
    expect(back(2)).toBe('just now');
    expect(back(-2)).toBe('just now');
    expect(back(59)).toMatch(/59 sec/);
    expect(back(60)).toMatch(/1 min/);
    expect(back(3599)).toMatch(/59 min/);
    expect(back(7200)).toMatch(/2 hr/);
    expect(back(86_400)).toMatch(/1 day/);
    expect(back(-7200)).toMatch(/in 2 hr/);
  });
});

describe('lasting', () => {
  it('takes at most two units', () => {
    expect([0, 850, 12_400, 60_000, 185_000, 7_800_000, 90_000_000].map(lasting)).toEqual([
      '0 ms',
      '850 ms',
      '12.4 s',
      '1 min',
      '3 min 5 s',
      '2 h 10 min',
      '1 d 1 h',
    ]);
  });
});

describe('bytes and count', () => {
  it('are written as people write them', () => {
    expect([0, 1023, 1024, 1536, 20_480, 4_194_304].map(bytes)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '20 KiB',
      '4 MiB',
    ]);
    expect([count(1, 'file'), count(2, 'file'), count(2, 'entry', 'entries')]).toEqual([
      '1 file',
      '2 files',
      '2 entries',
    ]);
  });
});
