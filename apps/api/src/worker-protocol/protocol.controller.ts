import { WorkersRepository, WorkerService } from '@gatehouse/capability';
import { GatehouseError, Principal } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { Changes } from '@gatehouse/ledger';
import { GrantService } from '@gatehouse/orchestration';
import { tasksChannel } from '@gatehouse/tasks';
import { Controller, Injectable, Req, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

/** Longest wait of one claim, in milliseconds: below the idle limits of the usual proxies. */
const pollMs = 25_000;
/** Between looks at the backlog while a claim waits: one cheap read over a partial index. */
const lookMs = 500;

/** Claims that wait; they end when the process does, and a worker asks again. */
@Injectable()
export class WaitingClaims implements BeforeApplicationShutdown {
  readonly #stop = new AbortController();

  constructor(private readonly hub: NotifyHub) {}

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Settles at the next hint, after `ms`, or when this process stops or the caller has gone. */
  pause(ms: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const signal = AbortSignal.any([this.#stop.signal, gone]);
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        unsubscribe();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const unsubscribe = this.hub.subscribe(tasksChannel, done, { pollMs: 0 });
      signal.addEventListener('abort', done);
    });
  }

  beforeApplicationShutdown(): void {
    this.#stop.abort();
  }
}

/** Where workers make themselves known and ask for work. */
@Controller()
export class ProtocolController {
  constructor(
    private readonly workers: WorkerService,
    private readonly rows: WorkersRepository,
    private readonly grants: GrantService,
    private readonly waiting: WaitingClaims,
    private readonly changes: Changes,
  ) {}

  @Serves('worker.register')
  @Can('worker:act')
  async register(
    @Input() { body }: In<'worker.register'>,
    @Caller() caller: Principal,
  ): Promise<{ workerId: string; pollMs: number }> {
    const workerId = await this.changes.run((change) => this.workers.register(change, caller, body));
    return { workerId, pollMs };
  }

  @Serves('worker.claim')
  @Can('worker:act')
  async claim(
    @Input() { body }: In<'worker.claim'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const gone = new AbortController();
    request.raw.socket.once('close', () => gone.abort());
    const until = Date.now() + Math.min(body.waitMs, pollMs);
    for (;;) {
      const worker = await this.rows.find(body.workerId);
      if (worker.principalId !== caller.id)
        throw new GatehouseError('worker.not_found', `${caller.name} has no worker ${body.workerId}.`);
      await this.rows.seen(worker.id);
      // Whoever is not there any more must not be given a lease that nobody renews.
      if (gone.signal.aborted) return new Answer(204);
      const grant = await this.grants.claim(worker);
      if (grant !== undefined) return new Answer(200, grant);
      const left = until - Date.now();
      if (left <= 0 || this.waiting.stopped) return new Answer(204);
      await this.waiting.pause(Math.min(left, lookMs), gone.signal);
    }
  }
}
