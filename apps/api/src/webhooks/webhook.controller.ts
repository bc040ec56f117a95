import { GatehouseError, type ReceivedDelivery } from '@gatehouse/contracts';
import { verifyDelivery } from '@gatehouse/forge';
import { DeliveriesRepository, isTooDeep, maxPayloadDepth } from '@gatehouse/trigger';
import { Controller, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { mediaTypeOf, readBytes } from '../body/body.js';
import type { In } from '../http/route.table.js';
import { Input, Public, Serves } from '../http/serves.js';
import { maxDeliveryBytes, payloadOf } from './webhook.body.js';
import { WebhookSecrets } from './webhook.secrets.js';

/** The door for forges: believes nothing but a signature over the very bytes. */
@Controller()
export class WebhookController {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly secrets: WebhookSecrets,
  ) {}

  @Serves('webhooks.github')
  @Public()
  async github(
    @Input() { body }: In<'webhooks.github'>,
    @Req() request: FastifyRequest,
  ): Promise<ReceivedDelivery> {
    const secrets = await this.secrets.current();
    // Read to its end even where it will be refused: the sender has to hear why.
    const bytes = await readBytes(body, maxDeliveryBytes);
    const verified = verifyDelivery(secrets, bytes, request.headers);
    if (!verified.ok) {
      const code = verified.reason === 'headers_missing' ? 'request.malformed' : 'webhook.signature_refused';
      throw new GatehouseError(code, verified.message);
    }
    const { type } = mediaTypeOf(request.headers['content-type']);
    const { id: deliveryId, event } = verified;
    const payload = payloadOf(bytes, type);
    if (isTooDeep(payload))
      throw new GatehouseError(
        'request.malformed',
        `The payload is nested deeper than ${maxPayloadDepth} levels, which no forge sends. Nothing was stored.`,
      );
    return this.deliveries.receive({ deliveryId, event, body: payload });
  }
}
