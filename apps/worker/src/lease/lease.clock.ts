/** How long a lease holds, in milliseconds from the sending of its last accepted renewal. */
export interface LeaseTerms {
  readonly ttlMs: number;
  readonly heartbeatMs: number;
  readonly fenceMs: number;
}

/** The sending of the last accepted renewal, and the terms its answer gave. */
export interface Renewal extends LeaseTerms {
  readonly sentAt: number;
}

/** What to do at one moment: stop everything, renew now, or sleep until something changes. */
export type LeaseDuty =
  | { readonly duty: 'stop' }
  | { readonly duty: 'renew'; readonly patienceMs: number }
  | { readonly duty: 'wait'; readonly ms: number };

/** Pauses between tries while renewals fail; the plane may be restarting. */
const retryMs = { first: 200, most: 5_000 } as const;

/**
 * Takes the later of two renewals by sending time: answers may overtake each other, and an older one must
 * never take back time that a newer one gave.
 */
export const laterRenewal = (held: Renewal | undefined, next: Renewal): Renewal =>
  held === undefined || next.sentAt > held.sentAt ? next : held;

/** Milliseconds until everything must have stopped; 0 when that moment is past. */
export const msUntilFence = (renewal: Renewal, now: number): number =>
  Math.max(0, renewal.sentAt + renewal.fenceMs - now);

/** How long to pause before the next try after `failures` failed renewals in a row. `random` is in [0, 1). */
export const retryPauseMs = (failures: number, fenceMs: number, random: number): number => {
  const most = Math.min(retryMs.most, Math.max(10, fenceMs / 8));
  const full = Math.min(most, retryMs.first * 2 ** Math.max(0, failures - 1));
  return full / 2 + (full / 2) * random;
};

/**
 * The worker's side of a lease (I9): decided by time alone, never by an answer that may not come.
 * `lastTry` is the sending of the last renewal that was tried, accepted or not.
 */
export const leaseDuty = (
  renewal: Renewal,
  lastTry: { readonly sentAt: number; readonly failures: number },
  now: number,
  random: number,
): LeaseDuty => {
  const left = msUntilFence(renewal, now);
  if (left === 0) return { duty: 'stop' };
  const pause =
    lastTry.failures === 0 ? renewal.heartbeatMs : retryPauseMs(lastTry.failures, renewal.fenceMs, random);
  const due = lastTry.sentAt + pause;
  // One try gets no more than half of what is left, so that a hanging connection leaves room for another.
  if (now >= due) return { duty: 'renew', patienceMs: Math.max(50, left / 2) };
  return { duty: 'wait', ms: Math.min(due - now, left) };
};
