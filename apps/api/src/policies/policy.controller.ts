import { Principal, type Page, type Policy } from '@gatehouse/contracts';
import { PolicyService } from '@gatehouse/policy';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class PolicyController {
  constructor(
    private readonly policies: PolicyService,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('policies.list')
  @Can('policies:read')
  list(@Input() { query }: In<'policies.list'>): Promise<Page<Policy>> {
    return this.policies.list(query);
  }

  @Serves('policies.activate')
  @Can('policies:write')
  activate(
    @Input() { body }: In<'policies.activate'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    return this.idempotency.create(
      { request, caller, route: 'policies.activate', asked: body },
      201,
      (change) => this.policies.activate(change, body, caller),
    );
  }

  @Serves('policies.get')
  @Can('policies:read')
  get(@Input() { params }: In<'policies.get'>): Promise<Policy> {
    return this.policies.get(params.id);
  }
}
