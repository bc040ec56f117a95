import { createHmac, randomUUID } from 'node:crypto';

export interface Attempt {
  at: Date;
  durationMs: number;
  /** The receiver's status, or null when no answer came. */
  status: number | null;
  redelivery: boolean;
  error: string | null;
}

export interface Delivery {
  /** X-GitHub-Delivery; the same when it is delivered again. */
  guid: string;
  id: number;
  event: string;
  action: string | null;
  payload: Record<string, unknown>;
  /** The exact bytes sent and signed. */
  body: Buffer;
  headers: Record<string, string>;
  attempts: Attempt[];
}

/** What is delivered to whoever listens, one after another unless held; nothing is repeated by itself. */
export class Deliveries {
  url: string | null = null;
  secret: string | null = null;
  /** Every webhook there was, also those sent nowhere because no url was set. */
  readonly log: Delivery[] = [];
  /** The App whose webhook this is. */
  appId = 0;
  private held: { delivery: Delivery; copies: number }[] | null = null;
  private copies = 1;
  private tail: Promise<unknown> = Promise.resolve();
  private nextId = 1;

  /** Sends any event, known or not, with any payload; the stand-in's own events go through here too. */
  send(event: string, payload: Record<string, unknown>): Delivery {
    const body = Buffer.from(JSON.stringify(payload));
    const delivery: Delivery = {
      guid: randomUUID(),
      id: this.nextId++,
      event,
      action: typeof payload.action === 'string' ? payload.action : null,
      payload: JSON.parse(body.toString()) as Record<string, unknown>,
      body,
      headers: {},
      attempts: [],
    };
    delivery.headers = this.headersOf(delivery);
    this.log.push(delivery);
    if (this.held) this.held.push({ delivery, copies: this.copies });
    else this.enqueue(delivery, this.copies, false);
    this.copies = 1;
    return delivery;
  }

  /** Deliveries wait until `release`. */
  hold(): void {
    this.held ??= [];
  }

  /** Lets the waiting ones go, in the order that `reorder` makes of them. */
  async release(reorder: (waiting: Delivery[]) => Delivery[] = (waiting) => waiting): Promise<void> {
    const waiting = this.held ?? [];
    this.held = null;
    for (const delivery of reorder(waiting.map((one) => one.delivery)))
      this.enqueue(delivery, waiting.find((one) => one.delivery === delivery)?.copies ?? 1, false);
    await this.settled();
  }

  /** The next webhook is delivered this often, all copies at once and with one delivery id. */
  repeat(times: number): void {
    this.copies = times;
  }

  /** As "Redeliver" on the App's page: the same bytes under the same id. */
  async redeliver(which: number | string | Delivery, times = 1): Promise<void> {
    const found =
      typeof which === 'object' ? which : this.log.find((one) => one.guid === which || one.id === which);
    if (!found) throw new Error(`No delivery ${String(which)} was made; look in webhooks.log.`);
    this.enqueue(found, times, true);
    await this.settled();
  }

  /** Resolves when everything that is not held was delivered, also what those deliveries caused. */
  async settled(): Promise<void> {
    for (let seen: unknown = null; seen !== this.tail;) {
      seen = this.tail;
      await this.tail;
    }
  }

  of(event: string, action?: string): Delivery[] {
    return this.log.filter((one) => one.event === event && (action === undefined || one.action === action));
  }

  private enqueue(delivery: Delivery, times: number, redelivery: boolean): void {
    this.tail = this.tail.then(() =>
      Promise.all(Array.from({ length: times }, () => this.deliver(delivery, redelivery))),
    );
  }

  private headersOf(delivery: Delivery): Record<string, string> {
    const { secret } = this;
    const mac = (algorithm: string) =>
      `${algorithm}=${createHmac(algorithm, secret ?? '')
        .update(delivery.body)
        .digest('hex')}`;
    return {
      Accept: '*/*',
      'Content-Type': 'application/json',
      'User-Agent': 'GitHub-Hookshot/0000000',
      'X-GitHub-Delivery': delivery.guid,
      'X-GitHub-Event': delivery.event,
      'X-GitHub-Hook-ID': String(this.appId),
      'X-GitHub-Hook-Installation-Target-ID': String(this.appId),
      'X-GitHub-Hook-Installation-Target-Type': 'integration',
      ...(secret !== null && {
        'X-Hub-Signature': mac('sha1'),
        'X-Hub-Signature-256': mac('sha256'),
      }),
    };
  }

  private async deliver(delivery: Delivery, redelivery: boolean): Promise<void> {
    if (this.url === null) return;
    const at = new Date();
    const attempt: Attempt = { at, durationMs: 0, status: null, redelivery, error: null };
    try {
      // GitHub gives a receiver ten seconds.
      const answer = await fetch(this.url, {
        method: 'POST',
        headers: this.headersOf(delivery),
        body: delivery.body.toString(),
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000),
      });
      attempt.status = answer.status;
      await answer.arrayBuffer();
    } catch (error) {
      attempt.error = error instanceof Error ? error.message : String(error);
    }
    attempt.durationMs = Date.now() - at.getTime();
    delivery.attempts.push(attempt);
  }
}
