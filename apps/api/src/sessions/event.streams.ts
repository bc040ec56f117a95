import { installationStream, type LedgerEvent } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { ledgerChannel, LedgerService, type LedgerTail } from '@gatehouse/ledger';
import { AccessService } from '@gatehouse/policy';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';

const heartbeatMs = 15_000;

/** Between looks at the tokens of those who read, in milliseconds: finds what ended by the clock. */
const recheckMs = 5_000;

const encode = (event: LedgerEvent): Uint8Array =>
  Buffer.from(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** Live readers of sessions as server-sent events. */
@Injectable()
export class EventStreams implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger(EventStreams.name);
  readonly #tail: LedgerTail;
  /** Each reader, and the token that let it in. */
  readonly #open = new Map<AbortController, string>();
  #unsubscribe: (() => void) | undefined;
  #checking: Promise<void> | undefined;
  #checkAgain = false;

  constructor(
    ledger: LedgerService,
    private readonly hub: NotifyHub,
    private readonly access: AccessService,
  ) {
    this.#tail = ledger.tail({ encode });
  }

  onApplicationBootstrap(): void {
    // What revokes a token or disables a principal is an event of the installation, in whichever process it happens.
    this.#unsubscribe = this.hub.subscribe(
      ledgerChannel,
      ({ payload }) => {
        if (payload === '' || payload === installationStream) void this.recheck();
      },
      { pollMs: recheckMs },
    );
  }

  get readers(): number {
    return this.#open.size;
  }

  /** Sends what is there after a seq and what comes, until the reader goes or we do. A slow reader waits for itself. */
  async serve(streamId: string, after: number, tokenId: string, reply: FastifyReply): Promise<void> {
    const { raw } = reply;
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    this.#open.set(abort, tokenId);
    raw.once('close', stop);
    raw.on('error', stop);
    reply.hijack();
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    raw.write(': connected\n\n');
    const heartbeat = setInterval(() => {
      if (!raw.writableNeedDrain) raw.write(': heartbeat\n\n');
    }, heartbeatMs);
    try {
      for await (const frames of this.#tail.follow(streamId, { after, signal: abort.signal }))
        for (const { bytes } of frames)
          if (!raw.write(bytes)) await once(raw, 'drain', { signal: abort.signal });
    } catch (error) {
      // The reader went, or we stop; anything else ends the stream, and the reader comes again with its last id.
      if (!abort.signal.aborted) reply.log.warn({ error: String(error) }, 'an event stream broke off');
    } finally {
      clearInterval(heartbeat);
      this.#open.delete(abort);
      raw.end();
    }
  }

  /** Ends every stream; readers come again. */
  close(): void {
    for (const abort of this.#open.keys()) abort.abort();
  }

  beforeApplicationShutdown(): void {
    this.#unsubscribe?.();
    this.close();
  }

  /** Ends the streams of those whose token holds no more. Of many wishes at once, one look follows the one under way. */
  private async recheck(): Promise<void> {
    if (this.#checking) {
      this.#checkAgain = true;
      return;
    }
    do {
      this.#checkAgain = false;
      this.#checking = this.endRevoked().catch((error: unknown) =>
        this.#log.warn(`Tokens of live readers could not be checked: ${String(error)}`),
      );
      await this.#checking;
    } while (this.#checkAgain);
    this.#checking = undefined;
  }

  private async endRevoked(): Promise<void> {
    if (this.#open.size === 0) return;
    const asked = [...this.#open];
    const holding = await this.access.holding([...new Set(asked.map(([, tokenId]) => tokenId))]);
    for (const [abort, tokenId] of asked) if (!holding.has(tokenId)) abort.abort();
  }
}
