import {
  GatehouseError,
  Principal,
  type EffectivePolicy,
  type Page,
  type Repository,
} from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { RepositoriesRepository, RepositoryService, toRepository } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class RepositoryController {
  constructor(
    private readonly repositories: RepositoryService,
    private readonly rows: RepositoriesRepository,
    private readonly policies: PolicyService,
    private readonly tasks: Tasks,
    private readonly changes: Changes,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('repositories.list')
  @Can('repositories:read')
  async list(@Input() { query }: In<'repositories.list'>): Promise<Page<Repository>> {
    const { items, next } = await this.rows.page(query);
    return { items: items.map(toRepository), next };
  }

  @Serves('repositories.add')
  @Can('repositories:write')
  async add(
    @Input() { body }: In<'repositories.add'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    const creation = { request, caller, route: 'repositories.add', asked: body } as const;
    const earlier = await this.idempotency.earlier(creation);
    if (earlier !== undefined) return earlier;
    if ((await this.rows.findByName(body.name)) !== null)
      throw new GatehouseError(
        'repository.exists',
        `A repository named ${body.name} is registered. Choose another name.`,
      );
    const row = await this.repositories.prepare(body);
    let added = false;
    try {
      const answer = await this.idempotency.create(creation, 201, async (change) => {
        await this.repositories.add(change, row, caller);
        return toRepository(await this.rows.find(row.id, change.manager));
      });
      added = (answer.body as Repository).id === row.id;
      return answer;
    } finally {
      // Another request took the name, or answered for this one.
      if (!added) await this.repositories.discard(row.id);
    }
  }

  @Serves('repositories.get')
  @Can('repositories:read')
  async get(@Input() { params }: In<'repositories.get'>): Promise<Repository> {
    return toRepository(await this.rows.find(params.id));
  }

  @Serves('repositories.change')
  @Can('repositories:write')
  change(
    @Input() { params, body }: In<'repositories.change'>,
    @Caller() caller: Principal,
  ): Promise<Repository> {
    return this.changes.run(async (change) => {
      await this.repositories.setMode(change, params.id, body.mode, caller);
      return toRepository(await this.rows.find(params.id, change.manager));
    });
  }

  @Serves('repositories.fetch')
  @Can('jobs:create')
  fetch(@Input() { params }: In<'repositories.fetch'>): Promise<Repository> {
    return this.changes.run(async (change) => {
      const row = await this.rows.find(params.id, change.manager);
      await this.tasks.enqueue(change.manager, {
        type: 'repository.fetch',
        payload: { repositoryId: row.id },
        dedupeKey: `repository.fetch:${row.id}`,
      });
      return toRepository(row);
    });
  }

  @Serves('repositories.policy')
  @Can('policies:read')
  async policy(@Input() { params }: In<'repositories.policy'>): Promise<EffectivePolicy> {
    const effective = await this.policies.effectiveOf((await this.rows.find(params.id)).id);
    if (effective.ok) return effective.policy;
    throw new GatehouseError('policy.denied', effective.message);
  }
}
