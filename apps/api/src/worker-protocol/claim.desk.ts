import {
  LeaseService,
  WorkersRepository,
  type Offer,
  type Seeker,
  type WorkerEntity,
} from '@gatehouse/capability';
import type { LeaseGrant } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { GrantService } from '@gatehouse/orchestration';
import { attemptsChannel } from '@gatehouse/session';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

/** Between looks of the whole process without a hint: hints may be lost. */
const pollMs = 5_000;
/** Between looks while something fits and somebody else holds it. */
const contendedMs = 100;
/** Waiting workers that are noted as seen with one statement; well within the time after which they count as gone. */
const seenMs = 20_000;
/** Attempts of one claim: its transaction locks their sessions. */
const batch = 32;
const claimsAtOnce = 2;

interface Waiting extends Seeker {
  readonly key: string;
  readonly offer: Offer;
  /** It could not take work when this much had been heard. */
  unableAt: number;
  /** A claim is asking for it. */
  asked: boolean;
  /** Its time was up while a claim asked for it. */
  late: boolean;
  /** Nobody listens any more. */
  over: boolean;
  readonly settle: (grant: LeaseGrant | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Where claims wait. A waiting worker costs nothing: one claim asks for all of this process, and it is made when a
 * hint says that an attempt is queued, when one falls due, when a worker of a new kind comes, and every few seconds.
 */
@Injectable()
export class ClaimDesk implements BeforeApplicationShutdown {
  readonly #waiting = new Set<Waiting>();
  /** Kinds of workers for whom nothing waited at the last look, until something is heard. */
  readonly #nothingFor = new Set<string>();
  #heard = 0;
  #claiming = 0;
  #stopped = false;
  #due: NodeJS.Timeout | undefined;
  #seen: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly grants: GrantService,
    private readonly leases: LeaseService,
    private readonly workers: WorkersRepository,
    private readonly hub: NotifyHub,
  ) {}

  /** How many claims wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A lease for this worker; undefined where none came in `ms`, the caller has gone or this process stops. */
  wait(
    worker: WorkerEntity,
    tokenId: string | null,
    ms: number,
    gone: AbortSignal,
  ): Promise<LeaseGrant | undefined> {
    if (this.#stopped || gone.aborted || worker.sandboxes.length === 0) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const offer = this.leases.offerOf(worker);
      const end = (): void => {
        waiting.over = true;
        this.#waiting.delete(waiting);
        clearTimeout(timer);
        gone.removeEventListener('abort', leave);
        if (this.#waiting.size === 0) this.rest();
      };
      const waiting: Waiting = {
        workerId: worker.id,
        tokenId,
        key: JSON.stringify(offer),
        offer,
        unableAt: -1,
        asked: false,
        late: false,
        over: false,
        settle: (grant) => {
          end();
          resolve(grant);
        },
        fail: (error) => {
          end();
          reject(error as Error);
        },
      };
      const leave = (): void => waiting.settle(undefined);
      // A claim under way may bring something for it: then that is the answer.
      const timer = setTimeout(() => (waiting.asked ? (waiting.late = true) : waiting.settle(undefined)), ms);
      gone.addEventListener('abort', leave);
      this.#waiting.add(waiting);
      this.#unsubscribe ??= this.hub.subscribe(attemptsChannel, () => this.wake(), { pollMs });
      this.#seen ??= setInterval(() => this.note(), seenMs).unref();
      void this.claim();
    });
  }

  beforeApplicationShutdown(): void {
    this.#stopped = true;
    for (const waiting of [...this.#waiting]) waiting.settle(undefined);
    this.rest();
  }

  private wake(): void {
    this.#heard += 1;
    this.#nothingFor.clear();
    void this.claim();
  }

  private rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearInterval(this.#seen);
    this.#seen = undefined;
    clearTimeout(this.#due);
    this.#nothingFor.clear();
  }

  private note(): void {
    // Whoever is not noted now is noted the next time.
    this.workers
      .seen([...new Set([...this.#waiting].map(({ workerId }) => workerId))])
      .catch(() => undefined);
  }

  private async claim(): Promise<void> {
    while (this.#claiming < claimsAtOnce && !this.#stopped) {
      const asking = [...this.#waiting]
        .filter(
          ({ asked, key, unableAt }) => !asked && unableAt !== this.#heard && !this.#nothingFor.has(key),
        )
        .slice(0, batch);
      if (asking.length === 0) return;
      this.#claiming += 1;
      for (const waiting of asking) waiting.asked = true;
      try {
        await this.round(asking);
      } catch (error) {
        for (const waiting of asking) if (!waiting.over) waiting.fail(error);
      } finally {
        this.#claiming -= 1;
        for (const waiting of asking) {
          waiting.asked = false;
          if (waiting.late && !waiting.over) waiting.settle(undefined);
        }
      }
    }
  }

  private async round(asking: readonly Waiting[]): Promise<void> {
    const heard = this.#heard;
    const { granted, able } = await this.grants.claim(asking);
    await Promise.all(
      granted.map(({ seeker, leaseId, grant }) => this.hand(seeker as Waiting, leaseId, grant)),
    );
    for (const waiting of asking) if (!able.has(waiting)) waiting.unableAt = heard;
    const left = asking.filter((waiting) => !waiting.over && able.has(waiting));
    if (left.length === 0) return;
    const offers = [...new Map(left.map(({ key, offer }) => [key, offer])).values()];
    const ms = await this.leases.rows.nextFitting(offers);
    if (heard !== this.#heard) return;
    for (const { key } of left) this.#nothingFor.add(key);
    if (ms !== null && ms < pollMs) {
      clearTimeout(this.#due);
      this.#due = setTimeout(() => this.wake(), Math.max(Math.ceil(ms), contendedMs)).unref();
    }
  }

  private async hand(waiting: Waiting, leaseId: string, grant: Promise<LeaseGrant>): Promise<void> {
    try {
      const whole = await grant;
      if (!waiting.over) return waiting.settle(whole);
    } catch (error) {
      if (!waiting.over) waiting.fail(error);
    }
    // Whoever is not there any more, or was told of a failure, must not keep a lease that nobody renews. Where this
    // fails too, the lease runs out.
    await this.leases.giveBack(leaseId).catch(() => undefined);
  }
}
