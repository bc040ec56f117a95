const batchRows = 32;
const batchBytes = 4 * 1024 * 1024;
/** Two writers: while one waits for its commit, the other fills. */
const writers = 2;

interface Waiting<Row> {
  readonly row: Row;
  resolve(isNew: boolean): void;
  reject(error: unknown): void;
}

/**
 * Many that come at once share a statement and its commit; one that comes alone waits for nobody. Each is
 * acknowledged after the commit that holds it.
 */
export class Intake<Row extends { readonly id: string }> {
  readonly #waiting: Waiting<Row>[] = [];
  #writing = 0;

  /** `store` answers the ids of those that are new. */
  constructor(
    private readonly store: (rows: readonly Row[]) => Promise<ReadonlySet<string>>,
    private readonly bytesOf: (row: Row) => number,
  ) {}

  /** True where it is new. Throws what `store` throws. */
  add(row: Row): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      if (this.#writing < writers) void this.write();
    });
  }

  private async write(): Promise<void> {
    this.#writing += 1;
    // Whoever comes in this turn of the event loop joins.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.take(); batch.length > 0; batch = this.take()) {
      try {
        const made = await this.store(batch.map(({ row }) => row));
        for (const { row, resolve } of batch) resolve(made.has(row.id));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing -= 1;
  }

  private take(): Waiting<Row>[] {
    let bytes = 0;
    let rows = 0;
    for (const { row } of this.#waiting) {
      bytes += this.bytesOf(row);
      if (rows === batchRows || (rows > 0 && bytes > batchBytes)) break;
      rows += 1;
    }
    return this.#waiting.splice(0, rows);
  }
}
