import { describe, expect, it } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import fc from 'fast-check';
import { describeError, pauseAfter, pauseFor, payloadText, queueOf, verdictOn } from './task.js';

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
    expect(pauseFor(limited(90_000), 1, one)).toBe(90_000);
    expect(pauseFor(limited(2_000), 3, one)).toBe(4_000);
    expect(pauseFor(limited(1e15), 1, one)).toBe(3_600_000);
    for (const odd of [undefined, null, 'x', Number.NaN, -5, {}])
      expect(pauseFor(limited(odd), 1, one)).toBe(1_000);
    expect(pauseFor(new TypeError('x'), 1, one)).toBe(1_000);
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
    expect(verdictOn(error, attempts, 3)).toBe(verdict);
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
