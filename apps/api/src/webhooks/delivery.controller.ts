import {
  Principal,
  type DeliveryPayload,
  type Page,
  type WebhookDelivery,
  type WebhookTrial,
} from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { DeliveriesRepository, WebhookService } from '@gatehouse/trigger';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Answer } from '../http/answer.js';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';
import { Idempotency } from '../idempotency/idempotency.js';

@Controller()
export class DeliveryController {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly webhooks: WebhookService,
    private readonly changes: Changes,
    private readonly idempotency: Idempotency,
  ) {}

  @Serves('webhookDeliveries.list')
  @Can('tasks:read')
  list(@Input() { query }: In<'webhookDeliveries.list'>): Promise<Page<WebhookDelivery>> {
    return this.deliveries.page(query);
  }

  @Serves('webhookDeliveries.get')
  @Can('tasks:read')
  get(@Input() { params }: In<'webhookDeliveries.get'>): Promise<WebhookDelivery> {
    return this.deliveries.find(params.id);
  }

  /** It may be of a repository that nobody here has registered: for those who may have it handled. */
  @Serves('webhookDeliveries.payload')
  @Can('tasks:operate')
  payload(@Input() { params }: In<'webhookDeliveries.payload'>): Promise<DeliveryPayload> {
    return this.deliveries.payload(params.id);
  }

  @Serves('webhookDeliveries.replay')
  @Can('tasks:operate')
  replay(@Input() { params }: In<'webhookDeliveries.replay'>): Promise<WebhookDelivery> {
    return this.changes.run(({ manager }) => this.deliveries.replay(manager, params.id));
  }

  /** Whoever may make principals could act as any of them: nobody else may say what a forge has not said. */
  @Serves('webhookDeliveries.create')
  @Can('principals:write')
  create(
    @Input() { body }: In<'webhookDeliveries.create'>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<Answer> {
    return this.idempotency.create(
      { request, caller, route: 'webhookDeliveries.create', asked: body },
      202,
      ({ manager }) =>
        this.deliveries.give(manager, {
          deliveryId: `given-${randomUUID()}`,
          event: body.event,
          body: Buffer.from(JSON.stringify(body.payload)),
        }),
    );
  }

  @Serves('webhooks.dryRun')
  @Can('tasks:operate')
  dryRun(@Input() { body }: In<'webhooks.dryRun'>): Promise<WebhookTrial> {
    return this.webhooks.dryRun(body);
  }
}
