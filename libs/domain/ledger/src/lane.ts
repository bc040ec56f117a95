import type { Probe, Probed, StreamBatch } from './group-commit.repository.js';
import {
  chainEvents,
  duplicateOf,
  fencedError,
  instantOf,
  isFenced,
  type AppendedEvent,
  type EventRow,
  type PreparedEvent,
} from './ledger.js';
import type { StreamHead } from './ledger.repository.js';

/** One caller's event, and how to answer. */
export interface Entry {
  readonly event: PreparedEvent;
  resolve(appended: AppendedEvent): void;
  reject(error: unknown): void;
}

/**
 * What one stream's waiting events went through. Pure but for the callers it answers: the head it believes in, the
 * entries that are under way, and the rows that they were last written as.
 */
export class Lane {
  #head: StreamHead | undefined;
  #queue: Entry[] = [];
  #taken: Entry[] = [];
  /** Entries under way with the key of an earlier one: they get its answer. */
  #followers: { entry: Entry; leader: Entry }[] = [];
  #rows: readonly EventRow[] | undefined;
  #losses = 0;
  /** Monotonic milliseconds before which another try makes no sense. */
  notBefore = 0;
  /** What was taken is being written: until that has ended, nobody else may touch it. */
  isUnderWay = false;

  constructor(readonly streamId: string) {}

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#taken.length === 0;
  }

  get size(): number {
    return this.#queue.length + this.taken;
  }

  get needsProbe(): boolean {
    return this.#head === undefined;
  }

  get taken(): number {
    return this.#taken.length + this.#followers.length;
  }

  add(entry: Entry): void {
    this.#queue.push(entry);
  }

  /** Takes waiting entries under way. What is under way already stays alone, so that its rows can be recognised. */
  take(events: number, bytes: number): { events: number; bytes: number } {
    if (this.#taken.length === 0) {
      let count = 0;
      let size = 0;
      const keys = new Map<string, Entry>();
      for (const entry of this.#queue) {
        if (count > 0 && (count >= events || size >= bytes)) break;
        const { dedupeKey, payload } = entry.event;
        const leader = dedupeKey === null ? undefined : keys.get(dedupeKey);
        if (leader !== undefined) this.#followers.push({ entry, leader });
        else this.#taken.push(entry);
        if (dedupeKey !== null && leader === undefined) keys.set(dedupeKey, entry);
        count += 1;
        size += payload.length;
      }
      this.#queue.splice(0, count);
    }
    return {
      events: this.taken,
      bytes: this.#taken.reduce((sum, { event }) => sum + event.payload.length, 0),
    };
  }

  /** Asks where the stream is, whether our last try got through, and which keys are taken. */
  probe(): Probe {
    return {
      streamId: this.streamId,
      seq: this.#rows?.[0]?.seq ?? null,
      dedupeKeys: this.#taken.flatMap(({ event }) => event.dedupeKey ?? []),
    };
  }

  learn({ head, hashAt, earlier }: Probed): void {
    const [first] = this.#rows ?? [];
    if (first !== undefined && hashAt === first.hash) {
      // The answer was lost, not the commit. Others may have written after it.
      this.committed();
      this.#head = head;
      return;
    }
    const moved = this.#head === undefined || this.#head.seq !== head.seq || this.#head.hash !== head.hash;
    this.#head = head;
    // Rows that were chained to this very head are kept: a try that is still running may yet commit them, and then
    // they must be recognised.
    const [stale] = this.#rows ?? [];
    if (stale === undefined || stale.prevHash !== head.hash || earlier.length > 0) this.#rows = undefined;
    if (moved || earlier.length > 0)
      this.settle((entry) => {
        const before = earlier.find((event) => event.dedupeKey === entry.event.dedupeKey);
        return before && (() => duplicateOf(entry.event, before));
      });
  }

  /** What to write now; undefined when nothing is left to. */
  batch(nowMicros: number): StreamBatch | undefined {
    const head = this.#head!;
    if (this.#taken.some(({ event }) => isFenced(event, head.fence))) {
      this.#rows = undefined;
      this.settle(({ event }) =>
        isFenced(event, head.fence)
          ? () => {
              throw fencedError(event, head.fence);
            }
          : undefined,
      );
    }
    if (this.#taken.length === 0) return undefined;
    this.#rows ??= chainEvents(
      head,
      this.#taken.map(({ event }) => event),
      instantOf(nowMicros),
    );
    return { streamId: this.streamId, expected: head, rows: this.#rows };
  }

  committed(): void {
    const rows = this.#rows!;
    const last = rows.at(-1)!;
    const fence = this.#head?.fence ?? 0;
    const taken = this.#taken;
    this.#rows = undefined;
    this.#losses = 0;
    this.#head = { seq: last.seq, hash: last.hash, fence };
    taken.forEach((entry, i) => {
      const { seq, hash, type, payloadSha256 } = rows[i]!;
      this.finish(entry, () => ({ streamId: this.streamId, seq, hash, duplicate: false }));
      this.answerFollowers(entry, { seq, hash, type, payloadSha256 });
    });
    this.#taken = [];
  }

  /** Somebody else moved the head, or holds it. */
  lost(): void {
    this.#head = undefined;
    this.#losses += 1;
    // The first loss is most often a head that moved: look at once. Then somebody holds it: wait a little.
    this.notBefore = this.#losses < 2 ? 0 : performance.now() + Math.min(2 ** this.#losses, 50);
  }

  /** The statement failed, or its answer did not come: it may or may not have been committed. */
  inDoubt(): void {
    this.#head = undefined;
  }

  rejectTaken(error: unknown): void {
    const all = [...this.#taken, ...this.#followers.map(({ entry }) => entry)];
    this.#taken = [];
    this.#followers = [];
    this.#rows = undefined;
    for (const entry of all) entry.reject(error);
  }

  rejectAll(error: unknown): void {
    this.rejectTaken(error);
    for (const entry of this.#queue.splice(0)) entry.reject(error);
  }

  /** Puts what is under way back to the front of the queue; answers how many. */
  giveBack(): number {
    const back = [...this.#taken, ...this.#followers.map(({ entry }) => entry)];
    this.#queue.unshift(...back);
    this.#taken = [];
    this.#followers = [];
    this.#rows = undefined;
    return back.length;
  }

  /** Answers and removes the entries under way for which `answer` knows one. */
  private settle(answer: (entry: Entry) => (() => AppendedEvent) | undefined): void {
    this.#taken = this.#taken.filter((entry) => {
      const known = answer(entry);
      if (known === undefined) return true;
      this.finish(entry, known);
      for (const { entry: follower } of this.#followers.filter(({ leader }) => leader === entry))
        this.finish(follower, answer(follower) ?? known);
      this.#followers = this.#followers.filter(({ leader }) => leader !== entry);
      return false;
    });
  }

  private answerFollowers(
    leader: Entry,
    first: { seq: number; hash: string; type: string; payloadSha256: string },
  ): void {
    if (this.#followers.length === 0) return;
    for (const follower of this.#followers.filter((pair) => pair.leader === leader))
      this.finish(follower.entry, () => duplicateOf(follower.entry.event, first));
    this.#followers = this.#followers.filter((pair) => pair.leader !== leader);
  }

  private finish(entry: Entry, answer: () => AppendedEvent): void {
    try {
      entry.resolve(answer());
    } catch (error) {
      entry.reject(error);
    }
  }
}
