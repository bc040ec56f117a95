import { GatehouseError } from '@gatehouse/contracts';

/** GitHub's own: 80 writes a minute, 500 an hour, 5000 requests an hour for each installation. We stay below. */
export const githubLimits = { writesPerMinute: 60, writesPerHour: 450, requestsPerHour: 4500 };

const minute = 60_000;
const hour = 3_600_000;

/** The times of what was done, oldest first, no longer than an hour back. */
class Window {
  #times: number[] = [];

  note(now: number): void {
    this.#times = this.#times.filter((time) => time > now - hour);
    this.#times.push(now);
  }

  /** Milliseconds until fewer than `most` lie within the last `span`; 0 where they do now. */
  waitFor(most: number, span: number, now: number): number {
    const inside = this.#times.filter((time) => time > now - span);
    const oldest = inside[inside.length - most];
    return oldest === undefined ? 0 : oldest + span - now;
  }
}

/** What one installation or token may still ask, so that the forge never has to say stop. */
export class RateBudget {
  readonly #requests = new Window();
  readonly #writes = new Window();
  #blockedUntil = 0;

  constructor(
    private readonly limits = githubLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts one request. Throws `forge.rate_limited` with `retryAfterMs` where it has to wait; nothing sleeps here. */
  take(isWrite: boolean): void {
    const now = this.now();
    const { writesPerMinute, writesPerHour, requestsPerHour } = this.limits;
    const wait = Math.max(
      this.#blockedUntil - now,
      this.#requests.waitFor(requestsPerHour, hour, now),
      ...(isWrite
        ? [this.#writes.waitFor(writesPerMinute, minute, now), this.#writes.waitFor(writesPerHour, hour, now)]
        : []),
    );
    if (wait > 0)
      throw new GatehouseError(
        'forge.rate_limited',
        `GitHub is asked no more for ${Math.ceil(wait / 1000)} s, so that it does not have to refuse us. This is tried again by itself.`,
        { details: { retryAfterMs: wait } },
      );
    this.#requests.note(now);
    if (isWrite) this.#writes.note(now);
  }

  /** The forge said how long it wants nothing; more than an hour is not believed. */
  rest(ms: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, this.now() + Math.min(Math.max(ms, 0), hour));
  }
}
