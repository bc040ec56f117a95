import type { LedgerEvent } from '@gatehouse/contracts';
import type { NotifyHub } from '@gatehouse/database';
import { toEvent, type ReadRepository } from './read.repository.js';

/** Channel of the hints; the payload is the stream, or empty where its name is too long for one. */
export const ledgerChannel = 'ledger';

export const hintOf = (streamId: string): string => (streamId.length <= 200 ? streamId : '');

/** One event as it goes to every reader of its stream: encoded once. */
export interface Frame {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export interface FollowOptions {
  /** Seq of the last event the reader has: 0 for all, or what Last-Event-ID says. */
  readonly after: number;
  readonly signal: AbortSignal;
}

export interface LedgerTailOptions {
  /** How an event is written to the wire, e.g. as a server-sent event. */
  readonly encode: (event: LedgerEvent) => Uint8Array;
  /** Milliseconds between looks without a hint; 5 s when left out. */
  readonly pollMs?: number;
  /** Events that a reader may fall behind the newest before it is dropped; 10 000 when left out. */
  readonly maxBehind?: number;
  readonly onError?: (error: unknown) => void;
}

const pageSize = 500;
/** Events kept per live stream for those who are a little late; older ones are read from the database again. */
const recentEvents = 256;

class Channel {
  readonly recent: Frame[] = [];
  readers = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    readonly streamId: string,
    /** Seq up to which this channel has read. */
    public seq: number,
  ) {}

  push(frames: readonly Frame[]): void {
    this.recent.push(...frames);
    if (this.recent.length > recentEvents) this.recent.splice(0, this.recent.length - recentEvents);
    this.seq = this.recent.at(-1)?.seq ?? this.seq;
    this.wake();
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const go of waiting) go();
  }

  /** What follows `after` in memory; undefined where the reader has to ask the database. */
  next(after: number): readonly Frame[] | undefined {
    if (after >= this.seq) return [];
    const first = this.recent[0]?.seq;
    return first !== undefined && after + 1 >= first ? this.recent.slice(after + 1 - first) : undefined;
  }

  /** Settles when the stream moves, or when this one reader is to stop. */
  moved(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go);
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
      signal.addEventListener('abort', go);
    });
  }
}

/**
 * Live readers of the ledger, any number in one process. New events are read once per stream and encoded once,
 * however many follow it; a reader pulls at its own pace and keeps nothing in memory but its place, so a slow one
 * slows nobody. Hints wake it, a slow poll stands behind them.
 */
export class LedgerTail {
  readonly #channels = new Map<string, Channel>();
  readonly #moved = new Set<string>();
  readonly #options: Required<LedgerTailOptions>;
  #isPumping = false;
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(
    private readonly reads: ReadRepository,
    private readonly hub: NotifyHub,
    options: LedgerTailOptions,
  ) {
    this.#options = { pollMs: 5_000, maxBehind: 10_000, onError: () => undefined, ...options };
  }

  /** How many follow right now. */
  get readers(): number {
    let sum = 0;
    for (const { readers } of this.#channels.values()) sum += readers;
    return sum;
  }

  /** Reads new events of these streams now; what a writer in this process calls after its commit. */
  wake(streamIds: Iterable<string>): void {
    for (const streamId of streamIds) if (this.#channels.has(streamId)) this.#moved.add(streamId);
    if (this.#moved.size > 0 && !this.#isPumping) void this.pump();
  }

  /**
   * All events of a stream after `after`, first the stored, then the live ones, each once and in order, in batches
   * of what is there. Ends when `signal` aborts, when the tail closes, or when the reader has fallen too far
   * behind: it then comes again with the seq it has reached.
   */
  async *follow(streamId: string, { after, signal }: FollowOptions): AsyncGenerator<readonly Frame[]> {
    const channel = this.enter(streamId);
    try {
      let place = after;
      let live = false;
      while (!signal.aborted && !this.#closed) {
        let frames = channel.next(place);
        if (frames === undefined || !live) {
          if (live && channel.seq - place > this.#options.maxBehind) return;
          frames = await this.page(streamId, place);
          // A place that nobody has reached yet must not become the channel's, or it would hide what comes from all.
          if (!live && frames.length === 0) place = Math.min(place, await this.headOf(streamId));
          // A short page reaches the end of this moment. From here on hints matter, so the channel must know where
          // it stands; events committed in between are found by the pump that this wakes.
          if (frames.length < pageSize && !live) {
            live = true;
            this.advance(channel, frames.at(-1)?.seq ?? place);
          }
        }
        const last = frames.at(-1);
        if (last !== undefined) {
          place = last.seq;
          yield frames;
        } else if (live && channel.next(place)?.length === 0) await channel.moved(signal);
      }
    } finally {
      this.leave(channel);
    }
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe?.();
    for (const channel of this.#channels.values()) channel.wake();
  }

  private enter(streamId: string): Channel {
    this.#unsubscribe ??= this.hub.subscribe(
      ledgerChannel,
      ({ payload }) => this.wake(payload === '' ? this.#channels.keys() : [payload]),
      { pollMs: this.#options.pollMs },
    );
    const channel = this.#channels.get(streamId) ?? new Channel(streamId, -1);
    this.#channels.set(streamId, channel);
    channel.readers += 1;
    return channel;
  }

  private leave(channel: Channel): void {
    channel.readers -= 1;
    if (channel.readers === 0) this.#channels.delete(channel.streamId);
  }

  private advance(channel: Channel, seq: number): void {
    if (channel.seq < 0) channel.seq = seq;
    this.wake([channel.streamId]);
  }

  private async page(streamId: string, after: number): Promise<Frame[]> {
    return (await this.reads.page(streamId, after, pageSize)).map((entry) => this.frame(toEvent(entry)));
  }

  private async headOf(streamId: string): Promise<number> {
    return (await this.reads.ends(streamId)).head?.seq ?? 0;
  }

  private frame(event: LedgerEvent): Frame {
    return { seq: event.seq, bytes: this.#options.encode(event) };
  }

  private async pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#moved.size > 0 && !this.#closed) {
      const channels = [...this.#moved].flatMap((id) => this.#channels.get(id) ?? []);
      this.#moved.clear();
      const known = channels.filter((channel) => channel.seq >= 0);
      for (let from = 0; from < known.length; from += pageSize)
        await this.read(known.slice(from, from + pageSize)).catch(this.#options.onError);
    }
    this.#isPumping = false;
  }

  private async read(channels: readonly Channel[]): Promise<void> {
    const queries = channels.map(({ streamId, seq }) => ({ streamId, after: seq }));
    const news = await this.reads.news(queries, pageSize);
    const byStream = new Map<string, Frame[]>();
    for (const entry of news) {
      const frames = byStream.get(entry.stream_id);
      const frame = this.frame(toEvent(entry));
      if (frames) frames.push(frame);
      else byStream.set(entry.stream_id, [frame]);
    }
    for (const channel of channels) {
      const frames = byStream.get(channel.streamId);
      if (frames === undefined) continue;
      channel.push(frames);
      if (frames.length === pageSize) this.#moved.add(channel.streamId);
    }
  }
}
