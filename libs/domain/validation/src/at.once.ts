import { GatehouseError } from '@gatehouse/contracts';

const retryAfterSeconds = 2;

/** So many at once in one process: whoever may read may ask, and each costs a tree and all that is in it. */
export class AtOnce<T> {
  readonly #running = new Map<unknown, Promise<T>>();

  /** `what` is told to who comes too late, as in "4 candidates are being verified". */
  constructor(
    private readonly most: number,
    private readonly what: string,
  ) {}

  /**
   * Throws `request.rate_limited` while as many as may are at work. Of a key all who ask meanwhile get one answer; so
   * nobody may change what they got.
   */
  run(key: unknown, work: () => Promise<T>): Promise<T> {
    const same = this.#running.get(key);
    if (same !== undefined) return same;
    if (this.#running.size >= this.most)
      return Promise.reject(
        new GatehouseError(
          'request.rate_limited',
          `${this.most} ${this.what}, and no more at once. Ask again in ${retryAfterSeconds} s.`,
          { details: { retryAfter: retryAfterSeconds } },
        ),
      );
    const running = work().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
