import { Principal, type Page } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { AccessService } from '@gatehouse/policy';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class PrincipalController {
  constructor(
    private readonly access: AccessService,
    private readonly changes: Changes,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('principals.list')
  @Can('principals:read')
  list(@Input() { query }: In<'principals.list'>): Promise<Page<Principal>> {
    return this.access.listPrincipals(query);
  }

  @Serves('principals.create')
  @Can('principals:write')
  create(
    @Input() { body }: In<'principals.create'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    return this.idempotency.create(
      { request, caller, route: 'principals.create', asked: body },
      201,
      (change) => this.access.createPrincipal(change, body, caller.id),
    );
  }

  @Serves('principals.get')
  @Can('principals:read')
  get(@Input() { params }: In<'principals.get'>): Promise<Principal> {
    return this.access.principal(params.id);
  }

  @Serves('principals.change')
  @Can('principals:write')
  change(
    @Input() { params, body }: In<'principals.change'>,
    @Caller() caller: Principal,
  ): Promise<Principal> {
    return this.changes.run((change) =>
      this.access.changePrincipal(change, params.id, body.disabled, caller.id),
    );
  }
}
