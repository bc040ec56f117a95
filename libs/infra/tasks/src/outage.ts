import { GatehouseError } from '@gatehouse/contracts';
import { describeError } from './task.js';

/** One line each this often while an outage lasts. */
const remindMs = 30_000;

export interface Recovery {
  readonly part: string;
  readonly seconds: number;
  /** Errors of the outage, most of which were not told. */
  readonly errors: number;
}

export interface OutageListener {
  /** Told of trouble: at once when it begins, then at most twice a minute for as long as it lasts. */
  readonly onError: (error: unknown) => void;
  /** Told once when what was in trouble works again. */
  readonly onRecovered?: ((recovery: Recovery) => void) | undefined;
}

/**
 * What one part says of trouble that lasts. A backend that is gone gives as many errors as somebody asks it; the
 * log wants to know when it began, that it lasts, and when it was over.
 */
export class Outage {
  #began: number | undefined;
  #told = 0;
  #errors = 0;

  constructor(
    private readonly part: string,
    private readonly listener: OutageListener,
    private readonly now: () => number = () => performance.now(),
  ) {}

  failed(error: unknown): void {
    const now = this.now();
    this.#errors += 1;
    if (this.#began !== undefined && now - this.#told < remindMs) return;
    const since = this.#began;
    this.#began ??= now;
    this.#told = now;
    this.listener.onError(since === undefined ? error : this.reminder(error, now - since));
  }

  worked(): void {
    if (this.#began === undefined) return;
    const seconds = Math.round((this.now() - this.#began) / 1_000);
    const errors = this.#errors;
    this.#began = undefined;
    this.#errors = 0;
    this.listener.onRecovered?.({ part: this.part, seconds, errors });
  }

  private reminder(cause: unknown, lasts: number): GatehouseError {
    return new GatehouseError(
      'queue.unavailable',
      `The ${this.part} has had trouble for ${Math.round(lasts / 1_000)} s, ${this.#errors} errors by now; the last: ` +
        `${describeError(cause)}. It goes on trying; run \`gatehouse doctor\`.`,
      { cause },
    );
  }
}
