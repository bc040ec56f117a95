import {
  Principal,
  type Page,
  type Schedule,
  type ScheduleCheck,
  type ScheduleRun,
} from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { ScheduleRunner, ScheduleService } from '@gatehouse/trigger';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class ScheduleController {
  constructor(
    private readonly schedules: ScheduleService,
    private readonly runner: ScheduleRunner,
    private readonly changes: Changes,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('schedules.create')
  @Can('jobs:create')
  async create(
    @Input() { body }: In<'schedules.create'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const creation = { request, caller, route: 'schedules.create', asked: body } as const;
    const earlier = await this.idempotency.earlier(creation);
    if (earlier !== undefined) return earlier;
    await this.schedules.check(caller, body);
    return this.idempotency.create(creation, 201, (change) => this.schedules.create(change, caller, body));
  }

  @Serves('schedules.check')
  @Can('jobs:create')
  check(@Input() { body }: In<'schedules.check'>, @Caller() caller: Principal): Promise<ScheduleCheck> {
    return this.schedules.preview(caller, body);
  }

  @Serves('schedules.list')
  @Can('jobs:read')
  list(@Input() { query }: In<'schedules.list'>): Promise<Page<Schedule>> {
    return this.schedules.rows.page(query);
  }

  @Serves('schedules.get')
  @Can('jobs:read')
  get(@Input() { params }: In<'schedules.get'>): Promise<Schedule> {
    return this.schedules.rows.find(params.id);
  }

  @Serves('schedules.change')
  @Can('jobs:cancel')
  async change(
    @Input() { params, body }: In<'schedules.change'>,
    @Caller() caller: Principal,
  ): Promise<Schedule> {
    await this.schedules.check(caller, body);
    return this.changes.run((change) => this.schedules.change(change, caller, params.id, body));
  }

  @Serves('schedules.end')
  @Can('jobs:cancel')
  end(@Input() { params }: In<'schedules.end'>, @Caller() caller: Principal): Promise<Schedule> {
    return this.changes.run((change) => this.schedules.end(change, caller, params.id));
  }

  @Serves('schedules.trigger')
  @Can('jobs:cancel')
  async trigger(
    @Input() { params }: In<'schedules.trigger'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const creation = { request, caller, route: 'schedules.trigger', asked: params } as const;
    const earlier = await this.idempotency.earlier(creation);
    if (earlier !== undefined) return earlier;
    const ready = await this.runner.ready(caller, params.id);
    return this.idempotency.create(creation, 201, (change) => this.runner.trigger(change, caller, ready));
  }

  @Serves('schedules.runs')
  @Can('jobs:read')
  runs(@Input() { params, query }: In<'schedules.runs'>): Promise<Page<ScheduleRun>> {
    return this.schedules.rows.runs(params.id, query);
  }
}
