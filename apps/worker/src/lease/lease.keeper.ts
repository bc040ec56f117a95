import { GatehouseError, type HeartbeatAnswer } from '@gatehouse/contracts';
import type { Logger } from 'pino';
import { bootClock, type BootClock } from './boot.clock.js';
import type { LeaseCalls } from './lease.calls.js';
import { callOutcome } from './call.outcome.js';
import {
  laterRenewal,
  leaseDuty,
  msUntilFence,
  retryPauseMs,
  type LeaseTerms,
  type Renewal,
} from './lease.clock.js';

/**
 * Why work under a lease must end. `fenced`: it is no longer ours and nothing more may be said under it.
 * `cancelled`: the plane asked. `stopped`: this worker goes away.
 */
export interface Stop {
  readonly kind: 'fenced' | 'cancelled' | 'stopped';
  readonly message: string;
}

/** How long a call is repeated while the plane answers that it cannot; without an answer the fence comes first. */
const patienceMs = 5 * 60_000;

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });

export interface KeeperOptions {
  readonly calls: Pick<LeaseCalls, 'heartbeat'>;
  readonly terms: LeaseTerms;
  readonly log: Logger;
  readonly clock?: BootClock;
}

/** Keeps one lease alive and is the only one to say when its time is over (I9). */
export class LeaseKeeper {
  private readonly ending = new AbortController();
  private readonly fencing = new AbortController();
  private readonly listeners = new Set<(msLeft: number) => void>();
  private readonly clock: BootClock;
  private renewal: Renewal | undefined;
  private tried = { sentAt: 0, failures: 0 };
  private renewing = false;
  private timer: NodeJS.Timeout | undefined;
  private reason: Stop | undefined;
  private released = false;
  /** The plane asked to finish what runs and take nothing new. */
  draining = false;

  constructor(private readonly options: KeeperOptions) {
    this.clock = options.clock ?? bootClock;
  }

  /** Aborts when the work must end, for whatever reason. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  /** Aborts when nothing more may be said under this lease. */
  get fenced(): AbortSignal {
    return this.fencing.signal;
  }

  get stop(): Stop | undefined {
    return this.reason;
  }

  /** Milliseconds until a sandbox must be dead even if this process is frozen: past our fence, before the lease ends. */
  get msUntilDead(): number {
    if (this.renewal === undefined) return 0;
    const { ttlMs, fenceMs } = this.renewal;
    return msUntilFence(
      { ...this.renewal, fenceMs: fenceMs + Math.max(0, ttlMs - fenceMs) / 2 },
      this.clock(),
    );
  }

  /**
   * Renews for the first time: how long ago the lease was granted is not known here, so nothing starts before an
   * answer. Answers false where the lease was lost before it began.
   */
  async hold(): Promise<boolean> {
    const { terms } = this.options;
    // What the claim granted counts as nothing more than leave to try for that long.
    const until = this.clock() + terms.fenceMs;
    while (this.renewal === undefined && !this.fenced.aborted && this.clock() < until) {
      await this.renew(Math.max(50, (until - this.clock()) / 2));
      if (this.renewal === undefined)
        await sleep(retryPauseMs(this.tried.failures, terms.fenceMs, Math.random()), this.fenced);
    }
    if (this.renewal === undefined) this.fence('the lease could not be renewed before it ended');
    else this.tick();
    return !this.signal.aborted;
  }

  /** Calls `listener` with the milliseconds left for a sandbox, at each accepted renewal. Answers how to end that. */
  onRenewed(listener: (msLeft: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends the work because of this worker; the lease is kept so that it can be completed. */
  stopWork(message: string): void {
    this.end({ kind: 'stopped', message });
  }

  /** The attempt is over: renews no more. */
  release(): void {
    this.released = true;
    clearTimeout(this.timer);
  }

  /**
   * Repeats a call until it succeeds or is refused for good; outages are waited out until the fence.
   * @throws what the plane refused with; GatehouseError `lease.gone` once the lease is over
   */
  async insist<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const since = this.clock();
    for (let failures = 1; ; failures++) {
      if (this.fenced.aborted) {
        throw new GatehouseError(
          'lease.gone',
          'The lease is over; what was about to be said under it was dropped.',
        );
      }
      try {
        return await call(this.fenced);
      } catch (error) {
        const outcome = this.fenced.aborted ? 'lost' : callOutcome(error);
        if (outcome === 'lost') this.fence(`the plane refused: ${messageOf(error)}`);
        else if (outcome === 'refused' || this.clock() - since > patienceMs) throw error;
        else this.options.log.debug({ err: error, failures }, 'a call failed and is repeated');
        await sleep(retryPauseMs(failures, this.options.terms.fenceMs, Math.random()), this.fenced);
      }
    }
  }

  private tick(): void {
    if (this.released || this.fenced.aborted || this.renewal === undefined) return;
    const now = this.clock();
    const duty = leaseDuty(this.renewal, this.tried, now, Math.random());
    if (duty.duty === 'stop') return this.fence('no renewal was accepted in time');
    if (duty.duty === 'renew' && !this.renewing) void this.renew(duty.patienceMs);
    // Timers stand still while the machine sleeps: a look at the clock every so often finds the time that passed.
    const left = msUntilFence(this.renewal, now);
    const wait = duty.duty === 'wait' ? duty.ms : this.renewing ? left : 10;
    this.timer = setTimeout(() => this.tick(), Math.min(wait, left, 250));
  }

  private async renew(patienceMs: number): Promise<void> {
    this.renewing = true;
    const sentAt = this.clock();
    this.tried = { sentAt, failures: this.tried.failures };
    try {
      const answer = await this.options.calls.heartbeat(
        AbortSignal.any([this.fenced, AbortSignal.timeout(Math.ceil(patienceMs))]),
      );
      this.accept(sentAt, answer);
    } catch (error) {
      if (callOutcome(error) === 'lost') this.fence(`the plane took the lease back: ${messageOf(error)}`);
      else if (!this.fenced.aborted && !this.released) {
        this.tried = { sentAt, failures: this.tried.failures + 1 };
        this.options.log.warn(
          { err: error, failures: this.tried.failures },
          'a renewal failed and is tried again',
        );
      }
    } finally {
      this.renewing = false;
    }
  }

  private accept(sentAt: number, answer: HeartbeatAnswer): void {
    const { ttlMs, heartbeatMs, fenceMs } = answer;
    this.renewal = laterRenewal(this.renewal, { sentAt, ttlMs, heartbeatMs, fenceMs });
    this.tried = { sentAt, failures: 0 };
    this.draining = answer.drain;
    // An answer that came after the fence no longer helps: what it would have kept alive was told to stop.
    if (msUntilFence(this.renewal, this.clock()) === 0)
      return this.fence('the answer to a renewal came too late');
    for (const listener of this.listeners) listener(this.msUntilDead);
    if (answer.cancel) this.end({ kind: 'cancelled', message: answer.reason ?? 'cancelled on request' });
  }

  private fence(message: string): void {
    if (this.fenced.aborted) return;
    clearTimeout(this.timer);
    if (!this.released)
      this.options.log.warn(
        { reason: message },
        'the lease is lost: everything under it stops and its result is dropped',
      );
    // Losing the lease outranks a cancel: after it nobody wants an answer.
    this.reason = { kind: 'fenced', message };
    this.fencing.abort();
    this.ending.abort();
  }

  private end(stop: Stop): void {
    if (this.signal.aborted) return;
    this.reason = stop;
    this.ending.abort();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
