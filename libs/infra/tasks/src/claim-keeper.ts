import type { Outage } from './outage.js';
import type { TasksRepository } from './tasks.repository.js';

interface Held {
  readonly id: string;
  readonly stop: AbortController;
}

/** Renews all claims of a process with one statement per third of their life, and only while there are any. */
export class ClaimKeeper {
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic time of the sending of the last renewal that was answered. */
  #renewedAt = 0;
  #shutDown = false;

  constructor(
    private readonly tasks: TasksRepository,
    readonly ttlMs: number,
    private readonly outage: Outage,
  ) {}

  get isShutDown(): boolean {
    return this.#shutDown;
  }

  /** Call it right after the claim was taken. The signal tells that the claim is lost, or that we shut down. */
  hold(id: string, claim: string): AbortSignal {
    const stop = new AbortController();
    if (this.#shutDown) stop.abort();
    if (this.#held.size === 0) this.#renewedAt = performance.now();
    this.#held.set(claim, { id, stop });
    this.#timer ??= this.schedule();
    return stop.signal;
  }

  letGo(claim: string): void {
    this.#held.delete(claim);
  }

  /** Asks all handlers to stop; their claims are renewed until they do. */
  shutDown(): void {
    this.#shutDown = true;
    for (const { stop } of this.#held.values()) stop.abort();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  private schedule(): NodeJS.Timeout {
    return setTimeout(() => void this.renew(), this.ttlMs / 3).unref();
  }

  private async renew(): Promise<void> {
    const held = [...this.#held];
    if (held.length > 0) {
      const sentAt = performance.now();
      try {
        const alive = await this.tasks.renew(
          held.map(([, { id }]) => id),
          held.map(([claim]) => claim),
          this.ttlMs,
        );
        this.#renewedAt = sentAt;
        this.outage.worked();
        for (const [claim, { stop }] of held) if (!alive.has(claim)) stop.abort();
      } catch (error) {
        this.outage.failed(error);
        // Nobody can tell us that the claims are lost, but by now they are.
        if (performance.now() - this.#renewedAt > this.ttlMs) for (const [, { stop }] of held) stop.abort();
      }
    }
    this.#timer = this.#held.size > 0 ? this.schedule() : undefined;
  }
}
