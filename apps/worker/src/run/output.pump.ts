import { GatehouseError } from '@gatehouse/contracts';
import type { Logger } from 'pino';
import type { LeaseCalls } from '../lease/lease.calls.js';
import type { LeaseKeeper } from '../lease/lease.keeper.js';

type Stream = 'stdout' | 'stderr';

/** The plane takes no more in one call. */
const callBytes = 256 * 1024;
/** Pause between two calls of one stream: the first byte goes at once, a busy stream about three times a second. */
const pauseMs = 300;
/** Bytes that may wait here before the writer is held back: a slow plane must not fill our memory. */
const waitingBytes = 4 * 1024 * 1024;

/** One stream on its way to the plane: in order, by offset, capped. */
class StreamPump {
  private waiting: Buffer[] = [];
  private size = 0;
  private sent = 0;
  private taken = 0;
  private truncated = false;
  private closing = false;
  private wake: (() => void) | undefined;
  private room: (() => void)[] = [];
  private broken = false;
  readonly finished: Promise<void>;

  constructor(
    private readonly stream: Stream,
    private readonly cap: number,
    private readonly calls: Pick<LeaseCalls, 'output'>,
    private readonly keeper: Pick<LeaseKeeper, 'insist' | 'fenced'>,
    private readonly log: Logger,
  ) {
    this.finished = this.run();
    keeper.fenced.addEventListener('abort', () => this.giveUp());
  }

  write(chunk: Buffer): void | Promise<void> {
    const kept = chunk.subarray(0, this.cap - this.taken);
    if (kept.length < chunk.length) this.truncated = true;
    if (kept.length === 0 || this.broken) return;
    this.taken += kept.length;
    this.waiting.push(Buffer.from(kept));
    this.size += kept.length;
    this.wake?.();
    if (this.size > waitingBytes) return new Promise((resolve) => this.room.push(resolve));
  }

  async close(): Promise<void> {
    this.closing = true;
    this.wake?.();
    await this.finished;
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        if (this.size === 0 && !this.closing) await new Promise<void>((resolve) => (this.wake = resolve));
        if (this.broken) return;
        const last = this.closing && this.size <= callBytes;
        const part = this.take();
        const { stream, truncated } = this;
        const offset = this.sent;
        await this.keeper.insist((signal) =>
          this.calls.output({ stream, offset, last, truncated: last && truncated }, part, signal),
        );
        this.sent += part.length;
        if (last) return;
        if (!this.closing && this.size < callBytes) await this.pause();
      }
    } catch (error) {
      // Output is a courtesy: an attempt must not fail because its log could not be kept.
      if (!(error instanceof GatehouseError && error.code === 'lease.gone'))
        this.log.warn({ err: error, stream: this.stream }, 'output was refused; the rest of it is dropped');
      this.giveUp();
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.wake = () => {
        if (!this.closing && this.size < callBytes) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private take(): Buffer {
    const all = Buffer.concat(this.waiting);
    const part = all.subarray(0, callBytes);
    this.waiting = part.length < all.length ? [all.subarray(part.length)] : [];
    this.size = all.length - part.length;
    if (this.size <= waitingBytes) for (const resolve of this.room.splice(0)) resolve();
    return part;
  }

  private giveUp(): void {
    this.broken = true;
    this.waiting = [];
    this.size = 0;
    for (const resolve of this.room.splice(0)) resolve();
    this.wake?.();
  }
}

/** Carries what an attempt prints to the plane while it runs. */
export class OutputPump {
  private readonly streams: Record<Stream, StreamPump>;

  /** @param cap bytes kept of each stream */
  constructor(
    cap: number,
    calls: Pick<LeaseCalls, 'output'>,
    keeper: Pick<LeaseKeeper, 'insist' | 'fenced'>,
    log: Logger,
  ) {
    const pump = (stream: Stream): StreamPump => new StreamPump(stream, cap, calls, keeper, log);
    this.streams = { stdout: pump('stdout'), stderr: pump('stderr') };
  }

  /** The returned promise, where there is one, settles when there is room for more. */
  write(stream: Stream, chunk: Buffer): void | Promise<void> {
    return this.streams[stream].write(chunk);
  }

  /** Sends what is left and says that no more will come. Never rejects. */
  async close(): Promise<void> {
    await Promise.all([this.streams.stdout.close(), this.streams.stderr.close()]);
  }
}
