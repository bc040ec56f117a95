import { GatehouseError, type Principal } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { digestOf } from '@gatehouse/proof';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { Answer } from '../http/answer.js';
import type { ServedName } from '../http/route.table.js';
import { IdempotencyRepository, type FirstAnswer, type Place } from './idempotency.repository.js';

const keyPattern = /^[!-~](?:[ -~]{0,198}[!-~])?$/;
/** How long a request waits for the first one with its key, in milliseconds. */
const patienceMs = 20_000;
const pauseMs = 50;
const pruneEveryMs = 3_600_000;

/** A creating request that may come again. */
export interface Creation {
  readonly request: FastifyRequest;
  readonly caller: Principal;
  readonly route: ServedName;
  /** What was asked for, as the schemas read it. */
  readonly asked: unknown;
}

class Busy extends Error {}

/** The same key and body within seven days give the first answer again, and create nothing. */
@Injectable()
export class Idempotency implements OnApplicationBootstrap, OnApplicationShutdown {
  #pruning: NodeJS.Timeout | undefined;

  constructor(
    private readonly changes: Changes,
    private readonly keys: IdempotencyRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.#pruning = setInterval(() => void this.keys.prune().catch(() => undefined), pruneEveryMs);
    this.#pruning.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#pruning);
  }

  /** The answer given to this key before. Throws `request.invalid`, `idempotency.mismatch`. */
  async earlier(creation: Creation): Promise<Answer | undefined> {
    const place = placeOf(creation);
    const first = place && (await this.keys.find(place));
    return first && answerOf(first, creation);
  }

  /**
   * Creates within one transaction that also keeps the answer. Of two requests with one key that come at once the
   * second waits for the first; `idempotency.in_progress` where that takes too long.
   */
  async create(
    creation: Creation,
    status: number,
    work: (change: Change) => Promise<unknown>,
  ): Promise<Answer> {
    const place = placeOf(creation);
    if (place === undefined) return new Answer(status, await this.changes.run(work));
    // Waiting outside of the transaction: those who wait must not hold the connections that the first one needs.
    for (const until = Date.now() + patienceMs; ; await sleep(pauseMs)) {
      try {
        return await this.changes.run((change) => this.once(change, place, creation, status, work));
      } catch (error) {
        if (!(error instanceof Busy)) throw error;
        if (Date.now() > until)
          throw new GatehouseError(
            'idempotency.in_progress',
            'The first request with this Idempotency-Key is still at work. Ask again.',
          );
      }
    }
  }

  private async once(
    change: Change,
    place: Place,
    creation: Creation,
    status: number,
    work: (change: Change) => Promise<unknown>,
  ): Promise<Answer> {
    if (!(await this.keys.tryLock(place, change.manager))) throw new Busy();
    const first = await this.keys.find(place, change.manager);
    if (first !== undefined) return answerOf(first, creation);
    const answer = await work(change);
    await this.keys.keep(place, { requestSha256: requestDigest(creation), status, answer }, change.manager);
    return new Answer(status, answer);
  }
}

const requestDigest = ({ asked }: Creation): string => digestOf(JSON.parse(JSON.stringify(asked ?? null)));

const placeOf = ({ request, caller, route }: Creation): Place | undefined => {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !keyPattern.test(key))
    throw new GatehouseError(
      'request.invalid',
      'An Idempotency-Key is 1 to 200 printable ASCII characters.',
      {
        details: { errors: [{ path: 'Idempotency-Key', message: 'expected 1 to 200 printable characters' }] },
      },
    );
  return { principalId: caller.id, route, key };
};

const answerOf = (first: FirstAnswer, creation: Creation): Answer => {
  if (first.requestSha256 === requestDigest(creation)) return new Answer(first.status, first.answer);
  throw new GatehouseError(
    'idempotency.mismatch',
    'This Idempotency-Key was used with another body. Take a new key for a new request.',
  );
};
