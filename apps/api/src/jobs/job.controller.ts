import { WorkerService } from '@gatehouse/capability';
import { GatehouseError, Principal, type EffectivePolicy, type Job, type Page } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { RuleService, SubmitService } from '@gatehouse/orchestration';
import { JobsRepository } from '@gatehouse/session';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class JobController {
  constructor(
    private readonly submits: SubmitService,
    private readonly rules: RuleService,
    private readonly jobs: JobsRepository,
    private readonly waiting: WorkerService,
    private readonly changes: Changes,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('jobs.create')
  @Can('jobs:create')
  async create(
    @Input() { body }: In<'jobs.create'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const creation = { request, caller, route: 'jobs.create', asked: body } as const;
    const earlier = await this.idempotency.earlier(creation);
    if (earlier !== undefined) return earlier;
    const prepared = await this.submits.prepare(body);
    const isPinned = prepared.repository === null || prepared.base !== undefined;
    try {
      return await this.idempotency.create(creation, isPinned ? 201 : 202, (change) =>
        this.submits.accept(change, caller, prepared),
      );
    } catch (error) {
      // Its transaction is gone, and with it all that was to be kept of a job; why it was refused is kept.
      if (error instanceof GatehouseError && error.code === 'policy.denied')
        await this.changes.run((change) => this.rules.noteRefusal(change, caller, prepared));
      throw error;
    }
  }

  @Serves('jobs.list')
  @Can('jobs:read')
  list(@Input() { query }: In<'jobs.list'>): Promise<Page<Job>> {
    return this.jobs.page(query);
  }

  @Serves('jobs.get')
  @Can('jobs:read')
  async get(@Input() { params }: In<'jobs.get'>): Promise<Job> {
    const job = await this.jobs.find(params.id);
    if (job.reason !== null || job.endedAt !== null) return job;
    const waits = await this.waiting.whySessionWaits(job.sessionId);
    return { ...job, reason: waits?.message ?? null };
  }

  @Serves('jobs.cancel')
  @Can('jobs:cancel')
  cancel(@Input() { params, body }: In<'jobs.cancel'>, @Caller() caller: Principal): Promise<Job> {
    return this.changes.run(async (change) => {
      await this.submits.cancel(change, caller, params.id, body.reason);
      return this.jobs.find(params.id, change.manager);
    });
  }

  @Serves('jobs.check')
  @Can('jobs:create')
  async check(
    @Input() { body }: In<'jobs.check'>,
    @Caller() caller: Principal,
  ): Promise<{ specDigest: string; policy: EffectivePolicy }> {
    const prepared = await this.submits.prepare(body);
    return { specDigest: prepared.specDigest, policy: await this.submits.policyFor(caller, prepared) };
  }
}
