import { eventPayloads, GatehouseError } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import type { Database, Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import type { NewEvent } from './ledger.js';
import { LedgerRepository } from './ledger.repository.js';
import { LedgerService } from './ledger.service.js';

/** One transaction of the plane: rows change through `manager`, and every change of state is recorded (I6). */
export interface Change {
  readonly manager: Transaction;
  /** Kept until the work is done, then appended in one go: stream heads are locked last and briefly, in order. */
  record(event: NewEvent): void;
  /** Once this is committed, no event of a lease with a lower generation enters the stream (I9). */
  fence(streamId: string, generation: number): void;
}

/** Types say what a payload holds; where we develop, values are held to it too. Never where it could stop a change. */
const isStrict = process.env['NODE_ENV'] === 'test' || process.env['NODE_ENV'] === 'development';

const assertPayload = ({ type, payload }: NewEvent): void => {
  const parsed = eventPayloads[type].safeParse(payload);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw new GatehouseError(
    'internal.unexpected',
    `The payload of ${type} is not what contracts say: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};

@Injectable()
export class Changes {
  readonly #database: Database;

  constructor(
    private readonly ledger: LedgerService,
    repository: LedgerRepository,
  ) {
    this.#database = repository.dataSource;
  }

  /** Runs `work` in one transaction and appends what it recorded. May run it again after a deadlock. */
  run<T>(work: (change: Change) => Promise<T>): Promise<T> {
    return inTransaction(this.#database, async (manager) => {
      const events: NewEvent[] = [];
      const record = (event: NewEvent): void => {
        if (isStrict) assertPayload(event);
        events.push(event);
      };
      const fences = new Map<string, number>();
      const fence = (streamId: string, generation: number): void =>
        void fences.set(streamId, Math.max(generation, fences.get(streamId) ?? 0));
      const result = await work({ manager, record, fence });
      for (const [streamId, generation] of [...fences].sort(([a], [b]) => (a < b ? -1 : 1)))
        await this.ledger.raiseFence(manager, streamId, generation);
      if (events.length > 0) await this.ledger.appendInTransaction(manager, events);
      return result;
    });
  }
}
