/** Rows removed at a time, and how long after such a batch the next is looked for. */
const batch = 200;
const everyMs = 600_000;

/** Removes, batch by batch, what was kept long enough. */
export abstract class RetentionSweep {
  #nextAt = 0;

  /** Removes the oldest, `limit` at most; answers how many. */
  protected abstract forget(limit: number): Promise<number>;

  /** As long as batches are full the next call goes on. */
  async run(): Promise<void> {
    if (Date.now() < this.#nextAt) return;
    if ((await this.forget(batch)) < batch) this.#nextAt = Date.now() + everyMs;
  }
}
