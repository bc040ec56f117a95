import { GatehouseError } from '@gatehouse/contracts';
import { codeOf, translate } from '@gatehouse/database';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { DatabaseClock } from './database-clock.js';
import { flights, isRepeatedKey, type GroupCommitRepository } from './group-commit.repository.js';
import { prepareEvent, type AppendedEvent, type NewEvent } from './ledger.js';
import { Lane, type Entry } from './lane.js';

export interface GroupCommitOptions {
  /** Events that may wait; beyond it callers are refused with `request.rate_limited`. 10 000 when left out. */
  readonly maxWaiting?: number;
  /** Payload bytes that may wait; 64 MiB when left out. */
  readonly maxWaitingBytes?: number;
  /** How long callers wait through an outage before they get `database.unavailable`; 5 s when left out. */
  readonly outageMs?: number;
  /** Called after each commit with the streams that moved. */
  readonly onCommit?: (streamIds: readonly string[]) => void;
}

// One statement's worth: large enough for 40x over single inserts, small enough to stay far below the caller's patience.
const batchEvents = 1_000;
const batchStreams = 256;
const batchBytes = 4 * 1024 * 1024;
const cachedHeads = 10_000;
// With fewer a second commit costs more than it hides.
const worthSharing = 32;

const unavailable = (cause: unknown): GatehouseError => {
  const known = translate(cause);
  return known instanceof GatehouseError
    ? known
    : new GatehouseError(
        'database.unavailable',
        'The ledger cannot be written: the database did not answer in time. Send the event again with the same dedupeKey.',
        { cause },
      );
};

// A caller repeats an event whose answer it has lost, and then most often more than one: for this long keys are looked
// for before they are written, so that a repeated one holds up its own stream only.
const repeatsMs = 5_000;

/** Errors of the statement's own content; anything else says nothing about what was committed. */
const isAboutData = (error: unknown): boolean => /^(?:22|23)/.test(codeOf(error) ?? '');

/**
 * Way 2: the events of all callers in this process, one statement and one commit per round. A round begins when the
 * one before has returned, so there is no timer to tune: alone, a caller waits for nobody; together they share. Two
 * rounds may be under way, of different streams: one is prepared while the other waits for the disk.
 */
export class GroupCommit {
  readonly #clock = new DatabaseClock();
  /** Streams with waiting events, in the order of their turn. */
  readonly #waiting = new Map<string, Lane>();
  /** All known streams, least recently used first. */
  readonly #lanes = new Map<string, Lane>();
  readonly #options: Required<GroupCommitOptions>;
  #count = 0;
  #bytes = 0;
  /** Events that were taken and are being written. */
  #flying = 0;
  /** Events of streams of which nothing is being written. */
  #ready = 0;
  /** How many go on by themselves; counted apart, since a promise is settled only after others have looked. */
  #runs = 0;
  readonly #running = new Set<Promise<void>>();
  #looksForKeysUntil = -Infinity;
  #outageSince: number | undefined;
  #closed = false;

  constructor(
    private readonly repository: GroupCommitRepository,
    options: GroupCommitOptions = {},
  ) {
    this.#options = {
      maxWaiting: 10_000,
      maxWaitingBytes: 64 * 1024 * 1024,
      outageMs: 5_000,
      onCommit: () => undefined,
      ...options,
    };
  }

  /**
   * Settles once the event is durable. Throws `request.invalid` or `request.too_large` for this event alone,
   * `lease.fenced`, `idempotency.mismatch`, `request.rate_limited` where too many wait, and `database.unavailable`
   * where it cannot tell: sent again with the same `dedupeKey`, the event is there once.
   */
  async append(newEvent: NewEvent): Promise<AppendedEvent> {
    const event = prepareEvent(newEvent);
    if (this.#closed) throw unavailable(new Error('shutting down'));
    const { maxWaiting, maxWaitingBytes } = this.#options;
    if (this.#count >= maxWaiting || this.#bytes >= maxWaitingBytes) {
      if (this.#outageSince !== undefined) throw unavailable(new Error('too many wait for the database'));
      throw new GatehouseError(
        'request.rate_limited',
        `${this.#count} events wait to be written already. Send this one again in a moment.`,
      );
    }
    return new Promise<AppendedEvent>((resolve, reject) => {
      const settled =
        <T>(settle: (value: T) => void): ((value: T) => void) =>
        (value) => {
          this.#count -= 1;
          this.#bytes -= event.payload.length;
          settle(value);
        };
      this.#count += 1;
      this.#bytes += event.payload.length;
      this.enqueue({ event, resolve: settled(resolve), reject: settled(reject) });
    });
  }

  /** Writes what waits, then refuses what comes. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.repository.close();
  }

  private enqueue(entry: Entry): void {
    const { streamId } = entry.event;
    const lane = this.#lanes.get(streamId) ?? new Lane(streamId);
    this.#lanes.delete(streamId);
    this.#lanes.set(streamId, lane);
    lane.add(entry);
    if (!lane.isUnderWay) this.#ready += 1;
    if (!this.#waiting.has(streamId)) this.#waiting.set(streamId, lane);
    if (this.#runs === 0 || (this.#flying > 0 && this.mayTakeOff())) this.start();
  }

  /** A second round has to be worth its commit; and where little waits, more will when the first has landed. */
  private mayTakeOff(): boolean {
    return this.#flying === 0 ? this.#waiting.size > 0 : this.#ready > 0 && this.#ready >= this.#flying / 2;
  }

  private start(): void {
    if (this.#runs === flights) return;
    this.#runs += 1;
    const running = this.run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  private async run(): Promise<void> {
    for (;;) {
      // Lets all callers of this turn of the event loop join, those that the last round has woken among them.
      await nextTurn();
      if (!this.mayTakeOff()) break;
      const lanes = this.pick();
      if (lanes.length > 0) await this.fly(lanes);
      // What is left is under way in the other round, which goes on with it, or waits for a head that others hold.
      else if (this.#flying > 0) break;
      else await sleep(2);
    }
    // In the same turn as the look at what waits: whoever comes next must start a new run.
    this.#runs -= 1;
  }

  private async fly(lanes: readonly Lane[]): Promise<void> {
    const events = lanes.reduce((sum, lane) => sum + lane.taken, 0);
    this.#flying += events;
    for (const lane of lanes) {
      this.#ready -= lane.size;
      lane.isUnderWay = true;
    }
    if (this.mayTakeOff()) this.start();
    await this.round(lanes);
    this.#flying -= events;
    for (const lane of lanes) {
      this.#ready += lane.size;
      lane.isUnderWay = false;
      if (lane.isEmpty) this.#waiting.delete(lane.streamId);
    }
    this.forget();
  }

  private pick(): Lane[] {
    const now = performance.now();
    const picked: Lane[] = [];
    // Where nothing is under way, half of much: the other half follows at once, and from then on they take turns.
    const shared = this.#flying === 0 && this.#ready >= worthSharing;
    const enough = shared ? Math.min(this.#ready / 2, batchEvents) : batchEvents;
    let events = 0;
    let bytes = 0;
    for (const lane of this.#waiting.values()) {
      if (lane.isUnderWay || lane.notBefore > now) continue;
      const taken = lane.take(batchEvents - events, batchBytes - bytes);
      events += taken.events;
      bytes += taken.bytes;
      picked.push(lane);
      if (events >= enough || bytes >= batchBytes || picked.length === batchStreams) break;
    }
    // To the end of the line: a stream that is always full must not shut out the others.
    for (const lane of picked) {
      this.#waiting.delete(lane.streamId);
      this.#waiting.set(lane.streamId, lane);
    }
    return picked;
  }

  private async round(lanes: readonly Lane[]): Promise<void> {
    const looksForKeys = performance.now() < this.#looksForKeysUntil;
    try {
      await this.commit(lanes, looksForKeys);
      this.#outageSince = undefined;
    } catch (error) {
      for (const lane of lanes) lane.inDoubt();
      if (!looksForKeys && isRepeatedKey(error)) {
        // Nothing was written. The look at where the streams are, which is next, finds whose key it is.
        this.#looksForKeysUntil = performance.now() + repeatsMs;
        return;
      }
      if (isAboutData(error)) return this.single(lanes, error);
      this.#outageSince ??= performance.now();
      const lasted = performance.now() - this.#outageSince;
      if (lasted < this.#options.outageMs) await sleep(Math.min(50 + lasted / 4, 1_000));
      else this.giveUp(lanes, unavailable(error));
    }
  }

  /** Whatever waits, but for the events of the other round: that one learns by itself how it ends. */
  private giveUp(own: readonly Lane[], error: unknown): void {
    for (const lane of own) lane.rejectAll(error);
    for (const lane of this.#waiting.values()) {
      if (lane.isUnderWay) continue;
      this.#ready -= lane.size;
      lane.rejectAll(error);
    }
  }

  private async commit(lanes: readonly Lane[], looksForKeys: boolean): Promise<void> {
    const unsure = lanes.filter((lane) => lane.needsProbe);
    if (unsure.length > 0 || !this.#clock.isFresh) {
      const asked = unsure.length > 0 ? unsure : lanes.slice(0, 1);
      const sentAt = performance.now();
      const { streams, micros } = await this.repository.probe(asked.map((lane) => lane.probe()));
      this.#clock.read(micros, sentAt);
      for (const lane of asked) lane.learn(streams.get(lane.streamId)!);
    }
    const batches = lanes.flatMap((lane) => lane.batch(this.#clock.nowMicros()) ?? []);
    if (batches.length === 0) return;
    const sentAt = performance.now();
    const { moved, micros } = await this.repository.append(batches, { looksForKeys });
    this.#clock.read(micros, sentAt);
    for (const { streamId } of batches) {
      const lane = this.#lanes.get(streamId)!;
      if (moved.has(streamId)) lane.committed();
      else lane.lost();
    }
    this.#options.onCommit([...moved]);
  }

  /** Something in the batch cannot be stored. One by one, only its own caller learns of it. */
  private async single(lanes: readonly Lane[], error: unknown): Promise<void> {
    const total = lanes.reduce((sum, lane) => sum + lane.taken, 0);
    if (total <= 1) {
      for (const lane of lanes) lane.rejectTaken(translate(error));
      return;
    }
    for (const lane of lanes) {
      for (let left = lane.giveBack(); left > 0; left -= 1) {
        lane.take(1, Infinity);
        await this.round([lane]);
        if (lane.taken > 0) return;
      }
    }
  }

  private forget(): void {
    for (const [streamId, lane] of this.#lanes) {
      if (this.#lanes.size <= cachedHeads) return;
      if (lane.isEmpty && !lane.isUnderWay) this.#lanes.delete(streamId);
    }
  }
}
