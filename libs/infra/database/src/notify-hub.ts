import { GatehouseError } from '@gatehouse/contracts';
import pg from 'pg';

/** Why a subscriber is woken: a notification, the slow poll, or a new connection after which any may be missing. */
export type WakeReason = 'notified' | 'poll' | 'reconnected';

export interface Wake {
  readonly reason: WakeReason;
  /** What the notifier said, e.g. an id; empty for polls and reconnects. */
  readonly payload: string;
}

export interface NotifyHubOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly onError?: (error: unknown) => void;
}

interface Subscription {
  readonly channel: string;
  readonly wake: (wake: Wake) => void;
}

const channelPattern = /^[a-z][a-z0-9_]{0,62}$/;
const payloadLimit = 200;
/** Beyond this many distinct hints while the database is away, all are dropped: pollers find the work. */
const pendingLimit = 10_000;

/**
 * Wake-ups between processes over one Postgres connection of its own. A hint only: it may be lost, so every
 * subscriber polls as well, and it is sent after commit, never inside a data transaction (there it would serialise
 * all commits). Hints sent while a flush is under way are coalesced into the next one.
 */
export class NotifyHub {
  readonly #options: NotifyHubOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #pending = new Map<string, readonly [channel: string, payload: string]>();
  #client: pg.Client | undefined;
  #connecting: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #flushedAt = -Infinity;
  /** Something pending waits for no timer. */
  #urgent = false;
  #rest: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: NotifyHubOptions) {
    this.#options = options;
  }

  /** Connects now instead of on first use; settles after the first try, whatever came of it. */
  start(): Promise<void> {
    return this.#connect();
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /**
   * Calls `wake` for every hint on `channel`, after every reconnect, and each `pollMs` (5 s when left out, 0 for
   * never). Returns the function that ends it.
   */
  subscribe(channel: string, wake: (wake: Wake) => void, { pollMs = 5_000 } = {}): () => void {
    const subscription: Subscription = { channel: this.#checked(channel), wake };
    this.#subscriptions.add(subscription);
    const timer = pollMs > 0 ? setInterval(() => wake({ reason: 'poll', payload: '' }), pollMs) : undefined;
    timer?.unref();
    if (this.#client) this.#listen(this.#client, channel);
    else void this.#connect();
    return () => {
      this.#subscriptions.delete(subscription);
      clearInterval(timer);
    };
  }

  /**
   * Wakes the subscribers of `channel` in every process. Call it after the commit; it never throws for the network.
   * `withinMs` is for hints that come after every write: less than that after the last flush they wait to share one.
   */
  notify(channel: string, payload = '', { withinMs = 0 } = {}): void {
    if (payload.length > payloadLimit)
      throw new GatehouseError(
        'internal.unexpected',
        `A hint carries an id, not ${payload.length} characters of data.`,
      );
    if (this.#closed) return;
    if (this.#pending.size >= pendingLimit) this.#pending.clear();
    this.#pending.set(`${this.#checked(channel)}\n${payload}`, [channel, payload]);
    const rest = this.#flushedAt + withinMs - performance.now();
    if (rest <= 0) return this.#send();
    this.#rest ??= setTimeout(() => this.#send(), rest).unref();
  }

  /** Sends what is pending, then disconnects. */
  async close(): Promise<void> {
    this.#urgent = true;
    if (this.#client) await this.#flush();
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#rest);
    this.#subscriptions.clear();
    await this.#connecting;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #checked(channel: string): string {
    if (!channelPattern.test(channel))
      throw new GatehouseError(
        'internal.unexpected',
        `${channel} is no channel name: lower case, digits and _ only.`,
      );
    return channel;
  }

  #send(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#urgent = true;
    void this.#flush();
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#drain().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    if (!this.#client) await this.#connect();
    while (this.#client && this.#urgent && this.#pending.size > 0) {
      this.#urgent = false;
      this.#flushedAt = performance.now();
      const hints = [...this.#pending.values()];
      this.#pending.clear();
      try {
        await this.#client.query(
          'select pg_notify(c, p) from unnest($1::text[], $2::text[]) as hints(c, p)',
          [hints.map(([channel]) => channel), hints.map(([, payload]) => payload)],
        );
      } catch (error) {
        this.#options.onError?.(error);
        return;
      }
    }
  }

  #connect(): Promise<void> {
    if (this.#closed || this.#client) return Promise.resolve();
    // While a retry is due, a caller must not shorten the back-off.
    if (this.#retry) return Promise.resolve();
    this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: `${this.#options.applicationName}-hints`,
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
      // Postgres writes a commit record for every NOTIFY; what may be lost need not wait for the disk, nor make it busy.
      options: '-c synchronous_commit=off',
    });
    client.on('notification', ({ channel, payload = '' }) => this.#wake('notified', payload, channel));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      for (const channel of new Set([...this.#subscriptions].map((entry) => entry.channel)))
        await client.query(`listen ${channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      return this.#later(error);
    }
    this.#client = client;
    this.#failures = 0;
    // Subscribed while the loop above ran: LISTEN twice does no harm.
    for (const { channel } of this.#subscriptions) this.#listen(client, channel);
    this.#wake('reconnected', '');
    if (this.#pending.size > 0) queueMicrotask(() => this.#send());
  }

  #listen(client: pg.Client, channel: string): void {
    client.query(`listen ${channel}`).catch((error: unknown) => this.#options.onError?.(error));
  }

  #lost(client: pg.Client, error?: unknown): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    void client.end().catch(() => undefined);
    this.#later(error);
  }

  #later(error: unknown): void {
    if (this.#closed || this.#retry) return;
    if (error !== undefined) this.#options.onError?.(error);
    const pause = Math.min(100 * 2 ** this.#failures++, 5_000) * (0.5 + Math.random() / 2);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#connect();
    }, pause);
    this.#retry.unref();
  }

  #wake(reason: WakeReason, payload: string, channel?: string): void {
    for (const subscription of this.#subscriptions)
      if (channel === undefined || subscription.channel === channel) subscription.wake({ reason, payload });
  }
}
