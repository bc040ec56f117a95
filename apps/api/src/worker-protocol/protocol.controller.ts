import { WorkersRepository, WorkerService } from '@gatehouse/capability';
import { GatehouseError, Principal } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { askedBy } from '../http/request.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { ClaimDesk } from './claim.desk.js';

/** Longest wait of one claim, in milliseconds: below the idle limits of the usual proxies. */
const pollMs = 25_000;
/** Where workers make themselves known and ask for work. */
@Controller()
export class ProtocolController {
  constructor(
    private readonly workers: WorkerService,
    private readonly rows: WorkersRepository,
    private readonly desk: ClaimDesk,
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
    const { socket } = request.raw;
    const leave = (): void => gone.abort();
    socket.once('close', leave);
    try {
      if (socket.destroyed) leave();
      const worker = await this.rows.find(body.workerId);
      if (worker.principalId !== caller.id)
        throw new GatehouseError('worker.not_found', `${caller.name} has no worker ${body.workerId}.`);
      if (worker.state === 'disconnected') await this.rows.seen([worker.id]);
      const tokenId = askedBy(request).tokenId ?? null;
      const grant = await this.desk.wait(worker, tokenId, Math.min(body.waitMs, pollMs), gone.signal);
      return grant === undefined ? new Answer(204) : new Answer(200, grant);
    } finally {
      // The connection lives on for the next claim.
      socket.removeListener('close', leave);
    }
  }
}
