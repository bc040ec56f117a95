import { z } from 'zod';
import { route } from './route.js';
import { idParams } from './route.parts.js';
import {
  DeliveryPayload,
  ForgeIdentity,
  GivenWebhook,
  LinkIdentity,
  ReceivedDelivery,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookDeliveryQuery,
  WebhookTrial,
} from './webhook.js';

/** The door for forges, at the root: no principal, but a signature over the very bytes. */
export const hooks = {
  'webhooks.github': route({
    method: 'POST',
    path: '/webhooks/github',
    summary: 'Take a delivery of GitHub: at most 25 MiB, signed with SHA-256',
    access: 'public',
    accepts: ['application/json', 'application/x-www-form-urlencoded'],
    repeatable: true,
    answers: { 202: ReceivedDelivery },
  }),
} as const;

export const webhookRoutes = {
  'webhookDeliveries.list': route({
    method: 'GET',
    path: '/webhook-deliveries',
    summary: 'List what forges have sent, newest first',
    access: 'tasks:read',
    query: WebhookDeliveryQuery,
    answers: { 200: WebhookDeliveryPage },
  }),
  'webhookDeliveries.get': route({
    method: 'GET',
    path: '/webhook-deliveries/{id}',
    summary: 'One delivery',
    access: 'tasks:read',
    params: idParams('webhookDelivery'),
    answers: { 200: WebhookDelivery },
  }),
  'webhookDeliveries.payload': route({
    method: 'GET',
    path: '/webhook-deliveries/{id}/payload',
    summary: 'The body of a delivery, up to its first MiB',
    access: 'tasks:operate',
    params: idParams('webhookDelivery'),
    answers: { 200: DeliveryPayload },
  }),
  'webhookDeliveries.replay': route({
    method: 'POST',
    path: '/webhook-deliveries/{id}/replay',
    summary: 'Handle a stored delivery once more; what has had its job gets no second one',
    access: 'tasks:operate',
    params: idParams('webhookDelivery'),
    repeatable: true,
    answers: { 202: WebhookDelivery },
  }),
  'webhookDeliveries.create': route({
    method: 'POST',
    path: '/webhook-deliveries',
    summary: 'Hand in a payload without a signature and have it handled, for local work',
    access: 'principals:write',
    body: GivenWebhook,
    creates: true,
    answers: { 202: ReceivedDelivery },
  }),
  'webhooks.dryRun': route({
    method: 'POST',
    path: '/webhooks/dry-run',
    summary: 'What a payload would do now; changes nothing',
    access: 'tasks:operate',
    body: GivenWebhook,
    repeatable: true,
    answers: { 200: WebhookTrial },
  }),
  'identities.list': route({
    method: 'GET',
    path: '/principals/{id}/identities',
    summary: 'Accounts at forges that stand for a principal',
    access: 'principals:read',
    params: idParams('principal'),
    answers: { 200: z.object({ items: z.array(ForgeIdentity) }) },
  }),
  'identities.link': route({
    method: 'PUT',
    path: '/principals/{id}/identities',
    summary: 'Let an account at a forge stand for this principal',
    access: 'principals:write',
    params: idParams('principal'),
    body: LinkIdentity,
    repeatable: true,
    answers: { 200: ForgeIdentity },
  }),
} as const;
