/** A reading older than this is taken anew: two quartz clocks drift by some 0.5 ms in that time. */
const maxAgeMs = 10_000;

/**
 * The database's clock, read along with statements and carried on by the process's monotonic clock in between.
 * So an event needs no round trip for its time, and the wall clock of this machine never matters.
 */
export class DatabaseClock {
  #offset = 0;
  #readAt = -Infinity;

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  get isFresh(): boolean {
    return this.monotonicMs() - this.#readAt < maxAgeMs;
  }

  /** `micros` was read between `sentAtMs` and now: its middle is wrong by half a round trip at most. */
  read(micros: number, sentAtMs: number): void {
    const now = this.monotonicMs();
    this.#offset = micros - Math.round(((sentAtMs + now) / 2) * 1000);
    this.#readAt = now;
  }

  /** Microseconds since 1970. */
  nowMicros(): number {
    return this.#offset + Math.round(this.monotonicMs() * 1000);
  }
}
