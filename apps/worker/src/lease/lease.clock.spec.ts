import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laterRenewal, leaseDuty, msUntilFence, retryPauseMs, type Renewal } from './lease.clock.js';

const terms = { ttlMs: 60_000, heartbeatMs: 20_000, fenceMs: 50_000 };
const at = (sentAt: number): Renewal => ({ ...terms, sentAt });
const fine = (sentAt: number) => ({ sentAt, failures: 0 });

describe('lease clock', () => {
  it('counts the fence from the sending of the renewal, not from its answer', () => {
    expect(msUntilFence(at(1_000), 31_000)).toBe(20_000);
    expect(leaseDuty(at(1_000), fine(1_000), 50_999, 0)).not.toEqual({ duty: 'stop' });
    expect(leaseDuty(at(1_000), fine(1_000), 51_000, 0)).toEqual({ duty: 'stop' });
  });

  it('stops after the machine slept past the fence, whatever was due before', () => {
    expect(leaseDuty(at(0), fine(0), 3_600_000, 0)).toEqual({ duty: 'stop' });
  });

  it('waits for the heartbeat, then renews', () => {
    expect(leaseDuty(at(0), fine(0), 5_000, 0)).toEqual({ duty: 'wait', ms: 15_000 });
    expect(leaseDuty(at(0), fine(0), 20_000, 0)).toEqual({ duty: 'renew', patienceMs: 15_000 });
  });

  it('tries again soon after a failure, with pauses that grow and scatter', () => {
    expect(leaseDuty(at(0), { sentAt: 20_000, failures: 1 }, 20_050, 0)).toEqual({ duty: 'wait', ms: 50 });
    expect(retryPauseMs(1, 50_000, 0)).toBe(100);
    expect(retryPauseMs(1, 50_000, 0.999)).toBeGreaterThan(190);
    expect(retryPauseMs(3, 50_000, 0)).toBe(400);
    expect(retryPauseMs(30, 50_000, 0.999)).toBeLessThanOrEqual(5_000);
  });

  it('keeps the newer of two renewals when their answers overtake each other', () => {
    expect(laterRenewal(at(100), at(50))).toEqual(at(100));
    expect(laterRenewal(at(50), at(100))).toEqual(at(100));
    expect(laterRenewal(undefined, at(5))).toEqual(at(5));
  });

  it('never sleeps past the fence and never asks for a zero wait before it', () => {
    fc.assert(
      fc.property(
        fc.record({
          ttlMs: fc.constant(1_000),
          heartbeatMs: fc.integer({ min: 1, max: 5_000 }),
          fenceMs: fc.integer({ min: 1, max: 5_000 }),
          sentAt: fc.integer({ min: 0, max: 10_000 }),
        }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 30_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (renewal, tried, failures, now, random) => {
          const answer = leaseDuty(renewal, { sentAt: tried, failures }, now, random);
          if (now >= renewal.sentAt + renewal.fenceMs) expect(answer.duty).toBe('stop');
          if (answer.duty === 'wait') {
            expect(answer.ms).toBeGreaterThan(0);
            expect(now + answer.ms).toBeLessThanOrEqual(renewal.sentAt + renewal.fenceMs);
          }
        },
      ),
    );
  });
});
