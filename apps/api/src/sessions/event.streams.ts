import type { LedgerEvent } from '@gatehouse/contracts';
import { LedgerService, type LedgerTail } from '@gatehouse/ledger';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';

const heartbeatMs = 15_000;

const encode = (event: LedgerEvent): Uint8Array =>
  Buffer.from(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

/** Live readers of sessions as server-sent events. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  readonly #tail: LedgerTail;
  readonly #open = new Set<AbortController>();

  constructor(ledger: LedgerService) {
    this.#tail = ledger.tail({ encode });
  }

  get readers(): number {
    return this.#open.size;
  }

  /** Sends what is there after a seq and what comes, until the reader goes or we do. A slow reader waits for itself. */
  async serve(streamId: string, after: number, reply: FastifyReply): Promise<void> {
    const { raw } = reply;
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    this.#open.add(abort);
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
    for (const abort of this.#open) abort.abort();
  }

  beforeApplicationShutdown(): void {
    this.close();
  }
}
