import pg from 'pg';

/**
 * A connection whose end is told in order, and never ends the process. pg tells of it at once, also from the same
 * packet as the answer before it: whoever awaits that answer (pg-pool's callers, TypeORM, BullMQ) then has no handler
 * yet, and an `error` event without a handler ends the process. So it waits until all who were answered have gone on;
 * where still nobody listens, the next query fails and says it.
 */
export class SteadyClient extends pg.Client {
  override emit(event: string | symbol, ...details: unknown[]): boolean {
    if (event !== 'error') return super.emit(event as never, ...(details as never[]));
    setImmediate(() => {
      if (this.listenerCount('error') > 0) super.emit('error' as never, ...(details as never[]));
    });
    return true;
  }
}
