import { describe, expect, it } from '@jest/globals';
import { chordMs, keys, press } from './chord.js';

describe('press', () => {
  it('finds every key and chord of the table', () => {
    for (const row of keys) {
      const [first, second] = row.keys.split(' ') as [string, string?];
      const one = press(null, first, 0);
      expect(second === undefined ? one.command : press(one.pending, second, 1).command).toBe(row.command);
    }
  });

  it('takes j after g as a chord in time, and as a key of its own later', () => {
    const { pending } = press(null, 'g', 0);
    expect(press(pending, 'j', chordMs).command).toBe('jobs');
    expect(press(pending, 'j', chordMs + 1).command).toBe('next');
  });

  it('drops a chord that means nothing', () => {
    const { pending } = press(null, 'g', 0);
    expect(press(pending, 'n', 1)).toEqual({ pending: null, command: null });
  });
});
