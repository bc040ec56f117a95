import { describe, expect, it } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import fc from 'fast-check';
import {
  describeError,
  pauseAfter,
  pauseFor,
  pauseInOutage,
  payloadText,
  queueOf,
  verdictOn,
} from './task.js';

describe('pauseAfter', () => {
  it('doubles from 1 s to 100 s and is at most half random', () => {
    expect([1, 2, 3, 4, 8, 50].map((n) => pauseAfter(n, () => 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 100_000, 100_000,
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, r) => {
        const full = pauseAfter(n, () => 1);
        expect(pauseAfter(n, () => r)).toBeGreaterThanOrEqual(full / 2);
        expect(pauseAfter(n, () => r)).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe('pauseFor', () => {
  const limited = (retryAfterMs: unknown) =>
    new GatehouseError('forge.rate_limited', 'later', { details: { retryAfterMs } });
  it('waits as long as it is asked to, an hour at most, and never shorter than it would', () => {
    const one = () => 1;
    const after = (attempts: number) => ({ attempts, outageMs: 0 });
    expect(pauseFor(limited(90_000), after(1), one)).toBe(90_000);
    expect(pauseFor(limited(2_000), after(3), one)).toBe(4_000);
    expect(pauseFor(limited(1e15), after(1), one)).toBe(3_600_000);
    for (const odd of [undefined, null, 'x', Number.NaN, -5, {}])
      expect(pauseFor(limited(odd), after(1), one)).toBe(1_000);
    expect(pauseFor(new TypeError('x'), after(1), one)).toBe(1_000);
  });

  it('waits as long as others have not answered, 10 minutes at most, and longer where they ask for it', () => {
    const away = (details = {}) => new GatehouseError('git.unavailable', 'no answer', { details });
    const pauses = [0, 1_500, 90_000, 3_600_000].map((outageMs) =>
      pauseFor(away(), { attempts: 1, outageMs }, () => 1),
    );
    expect(pauses).toEqual([1_000, 1_500, 90_000, 600_000]);
    expect(pauseInOutage(600_000, () => 0)).toBe(300_000);
    const asked = away({ retryAfterMs: 900_000 });
    expect(pauseFor(asked, { attempts: 1, outageMs: 3_600_000 }, () => 1)).toBe(900_000);
  });
});

describe('verdictOn', () => {
  const outage = new GatehouseError('database.unavailable', 'gone');
  it.each([
    ['an outage', outage, 1, 'retry'],
    ['an outage at the last try', outage, 3, 'dead'],
    ['a conflict', new GatehouseError('session.state_conflict', 'moved on'), 1, 'retry'],
    ['a fault of the caller', new GatehouseError('request.invalid', 'no'), 1, 'dead'],
    ['a bug of ours', new GatehouseError('ledger.corrupt', 'bad'), 1, 'dead'],
    ['an error of somebody else', new TypeError('x'), 2, 'retry'],
    ['something that is no error', 'text', 3, 'dead'],
  ])('on %s', (_, error, attempts, verdict) => {
    expect(verdictOn(error, { attempts, maxAttempts: 3, outageMs: 0 })).toBe(verdict);
  });

  it('waits three days for others who do not answer, however often they were asked', () => {
    const day = 86_400_000;
    for (const code of ['forge.unavailable', 'git.unavailable'] as const) {
      const error = new GatehouseError(code, 'no answer');
      const after = (outageMs: number) => verdictOn(error, { attempts: 400, maxAttempts: 3, outageMs });
      expect([after(0), after(3 * day - 1), after(3 * day)]).toEqual(['retry', 'retry', 'dead']);
    }
    // Those that are asked again in vain are no outage of theirs.
    for (const code of [
      'forge.not_shown',
      'forge.rate_limited',
      'forge.unauthorized',
      'git.timeout',
    ] as const)
      expect(verdictOn(new GatehouseError(code, 'no'), { attempts: 3, maxAttempts: 3, outageMs: 0 })).toBe(
        'dead',
      );
  });
});

describe('a new task', () => {
  it('goes to the process that contracts name, or to the one it names itself', () => {
    expect(queueOf({ type: 'promotion.run', payload: {} })).toBe('promoter');
    expect(queueOf({ type: 'x.y', payload: {}, queue: 'engine' })).toBe('engine');
    expect(() => queueOf({ type: 'x.y', payload: {} })).toThrow(/No process runs/);
  });

  it('refuses a payload that belongs into an artifact', () => {
    expect(() => payloadText({ type: 'x.y', payload: { a: 'x'.repeat(300_000) } })).toThrow(
      expect.objectContaining({ code: 'request.too_large' }),
    );
  });
});

describe('describeError', () => {
  it('keeps code and message, and nothing that Postgres cannot store', () => {
    expect(describeError(new GatehouseError('git.failed', 'exit 1'))).toBe('git.failed: exit 1');
    expect(describeError(new TypeError('a\u0000b'))).toBe('TypeError: ab');
    expect(describeError('x'.repeat(9_999))).toHaveLength(2_000);
  });
});
