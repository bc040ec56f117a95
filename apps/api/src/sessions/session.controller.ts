import { WorkerService, WorkersRepository } from '@gatehouse/capability';
import {
  GatehouseError,
  Principal,
  type Attempt,
  type OutputPage,
  type Page,
  type Role,
  type Session,
} from '@gatehouse/contracts';
import { AttemptLogs, Changes, LedgerService } from '@gatehouse/ledger';
import { ChangeRequestService, SuspensionService } from '@gatehouse/orchestration';
import { SessionsRepository, toAttempt, toSession, type AttemptEntity } from '@gatehouse/session';
import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askedBy } from '../http/request.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { EventStreams } from './event.streams.js';
import { outputPage } from './output.js';

const reviewers: readonly Role[] = ['approver', 'operator', 'admin'];
const seqPattern = /^(?:0|[1-9]\d{0,14})$/;

/** Where a reader that was cut off goes on. Throws `request.invalid`. */
const lastEventId = (header: string | string[] | undefined, after: number): number => {
  if (header === undefined) return after;
  if (typeof header === 'string' && seqPattern.test(header)) return Number(header);
  throw new GatehouseError('request.invalid', 'Last-Event-ID is the id of an event: a whole number.', {
    details: { errors: [{ path: 'Last-Event-ID', message: 'expected a whole number' }] },
  });
};

const wantsStream = ({ headers, method }: FastifyRequest): boolean =>
  method === 'GET' && /\btext\/event-stream\b/i.test(headers.accept ?? '');

@Controller()
export class SessionController {
  constructor(
    private readonly rows: SessionsRepository,
    private readonly workers: WorkersRepository,
    private readonly waiting: WorkerService,
    private readonly ledger: LedgerService,
    private readonly streams: EventStreams,
    private readonly logs: AttemptLogs,
    private readonly suspensions: SuspensionService,
    private readonly requests: ChangeRequestService,
    private readonly changes: Changes,
  ) {}

  @Serves('sessions.list')
  @Can('jobs:read')
  async list(@Input() { query }: In<'sessions.list'>): Promise<Page<Session>> {
    const { items, next } = await this.rows.page(query);
    return { items: items.map(toSession), next };
  }

  @Serves('sessions.get')
  @Can('jobs:read')
  async get(@Input() { params }: In<'sessions.get'>): Promise<Session> {
    const row = await this.rows.find(params.id);
    const session = toSession(row);
    if (row.reasonCode !== null || row.endedAt !== null) return session;
    return { ...session, reason: (await this.waiting.whySessionWaits(row.id)) ?? null };
  }

  @Serves('sessions.resume')
  @Can('sessions:operate')
  resume(@Input() { params, body }: In<'sessions.resume'>, @Caller() caller: Principal): Promise<Session> {
    return this.changes.run(async (change) =>
      toSession(await this.suspensions.resume(change, caller, params.id, body.reason)),
    );
  }

  // Reading is the least; who may ask is decided by whose job it is.
  @Serves('sessions.request_change')
  @Can('jobs:read')
  requestChange(
    @Input() { params, body }: In<'sessions.request_change'>,
    @Caller() caller: Principal,
  ): Promise<Session> {
    const asked = {
      text: body.text,
      by: caller,
      isReviewer: caller.roles.some((role) => reviewers.includes(role)),
      source: 'api',
    };
    return this.changes.run(async (change) =>
      toSession(await this.requests.request(change, params.id, asked)),
    );
  }

  @Serves('sessions.attempts')
  @Can('jobs:read')
  async attempts(@Input() { params }: In<'sessions.attempts'>): Promise<{ items: Attempt[] }> {
    const session = await this.rows.find(params.id);
    return { items: await this.named(await this.rows.attemptsOf(session.id)) };
  }

  @Serves('sessions.events')
  @Can('jobs:read')
  async events(
    @Input() { params, query }: In<'sessions.events'>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.rows.find(params.id);
    if (!wantsStream(request)) {
      await reply.send(await this.ledger.readPage(params.id, query));
      return;
    }
    const after = lastEventId(request.headers['last-event-id'], query.after);
    await this.streams.serve(params.id, after, askedBy(request).tokenId ?? '', reply);
  }

  @Serves('attempts.get')
  @Can('jobs:read')
  async attempt(@Input() { params }: In<'attempts.get'>): Promise<Attempt> {
    const [attempt] = await this.named([await this.rows.attempt(params.id)]);
    return attempt as Attempt;
  }

  @Serves('attempts.output')
  @Can('jobs:read')
  async output(@Input() { params, query }: In<'attempts.output'>): Promise<OutputPage> {
    const attempt = await this.rows.attempt(params.id);
    const page = await this.logs.read(attempt.id, query.stream, query.from, query.limit);
    return outputPage(page, page.artifactId !== null || attempt.endedAt !== null);
  }

  private async named(rows: AttemptEntity[]): Promise<Attempt[]> {
    const names = await this.workers.names(rows.flatMap(({ workerId }) => workerId ?? []));
    return Promise.all(
      rows.map(async (row) => {
        const attempt = toAttempt(row, names.get(row.workerId ?? '') ?? null);
        if (row.state !== 'queued') return attempt;
        return { ...attempt, reason: (await this.waiting.whyWaits(row)) ?? attempt.reason };
      }),
    );
  }
}
