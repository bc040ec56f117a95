import type { Readable } from 'node:stream';

export type OutputName = 'stdout' | 'stderr';

/** Hands output over in order and with backpressure, and stops at a bound. */
export class OutputMeter {
  bytes = 0;
  private over = false;

  constructor(
    private readonly limit: number,
    private readonly onOutput: (stream: OutputName, chunk: Buffer) => void | Promise<void>,
    private readonly onExceeded: () => void,
  ) {}

  /**
   * One source of output. `take` goes on past the bound, so that nobody waits on a full pipe; `finish` throws what
   * `onOutput` threw.
   */
  open(): { take: (name: OutputName, chunk: Buffer) => Promise<void>; finish: () => void } {
    let broken: { error: unknown } | null = null;
    const take = async (name: OutputName, chunk: Buffer): Promise<void> => {
      const kept = chunk.subarray(0, Math.max(0, this.limit - this.bytes));
      this.bytes += kept.length;
      if (kept.length > 0 && broken === null) {
        try {
          await this.onOutput(name, kept);
        } catch (error) {
          broken = { error };
          this.exceed();
        }
      }
      if (kept.length < chunk.length) this.exceed();
    };
    const finish = (): void => {
      if (broken !== null) throw broken.error;
    };
    return { take, finish };
  }

  /** Resolves at the end of a stream; rejects with what `onOutput` threw. */
  async drain(name: OutputName, stream: Readable): Promise<void> {
    const { take, finish } = this.open();
    for await (const chunk of stream as AsyncIterable<Buffer>) await take(name, chunk);
    finish();
  }

  private exceed(): void {
    if (this.over) return;
    this.over = true;
    this.onExceeded();
  }
}
