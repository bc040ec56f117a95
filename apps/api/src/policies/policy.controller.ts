import { GatehouseError, Principal, type Page, type Policy } from '@gatehouse/contracts';
import { mayDo, PolicyService, PolicySetService } from '@gatehouse/policy';
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
    private readonly sets: PolicySetService,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('policies.list')
  @Can('policies:read')
  list(@Input() { query }: In<'policies.list'>): Promise<Page<Policy>> {
    return this.policies.list(query);
  }

  @Serves('policies.store')
  @Can('policies:write')
  store(
    @Input() { body, query }: In<'policies.store'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const activate = query.activate === 'true';
    if (activate) {
      const may = mayDo(caller, 'policies:activate');
      if (!may.allowed)
        throw new GatehouseError('auth.forbidden', `${may.reason} Or store it only: add ?activate=false.`);
    }
    return this.idempotency.create(
      { request, caller, route: 'policies.store', asked: { body, query } },
      201,
      (change) =>
        activate ? this.sets.publish(change, body, caller) : this.sets.store(change, body, caller),
    );
  }

  @Serves('policies.get')
  @Can('policies:read')
  get(@Input() { params }: In<'policies.get'>): Promise<Policy> {
    return this.policies.get(params.id);
  }
}
