import { Principal, type Page, type PolicySet } from '@gatehouse/contracts';
import { PolicySetService } from '@gatehouse/policy';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class PolicySetController {
  constructor(
    private readonly sets: PolicySetService,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('policySets.list')
  @Can('policies:read')
  list(@Input() { query }: In<'policySets.list'>): Promise<Page<PolicySet>> {
    return this.sets.list(query);
  }

  @Serves('policySets.get')
  @Can('policies:read')
  get(@Input() { params }: In<'policySets.get'>): Promise<PolicySet> {
    return this.sets.get(params.id);
  }

  @Serves('policySets.create')
  @Can('policies:activate')
  create(
    @Input() { body }: In<'policySets.create'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    return this.idempotency.create(
      { request, caller, route: 'policySets.create', asked: body },
      201,
      (change) => this.sets.create(change, body, caller),
    );
  }
}
