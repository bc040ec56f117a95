import { z } from 'zod';
import { idOf, Instant } from './id.js';
import { pageOf, PageQuery } from './page.js';
import { RepositoryName } from './repository.js';
import { stateTable } from './state.js';
import { text } from './text.js';

export const deliveryStates = stateTable({
  initial: 'received',
  states: {
    received: { summary: 'Stored, and waits to be handled', to: ['handled', 'ignored', 'failed'] },
    handled: { summary: 'Something was done about it', to: ['received'] },
    ignored: { summary: 'Nothing was to be done; the outcome says why', to: ['received'] },
    failed: { summary: 'It could not be handled; the outcome says why', to: ['received'] },
  },
});
export type DeliveryState = keyof typeof deliveryStates.states;

/** Name of an event as the forge calls it in its header, e.g. `issue_comment` or `projects_v2_item`. */
export const ForgeEventName = z.string().regex(/^[a-z0-9_]{1,64}$/, 'expected an event like issue_comment');

/** What came of a delivery, or would come of a payload. */
export const DeliveryOutcome = z
  .object({
    what: z.string().describe('In a word, e.g. job, fetch, approve, ignored, refused'),
    reason: z.string().describe('One sentence for people'),
    jobId: idOf('job').optional(),
    sessionId: idOf('session').optional(),
    promotionId: idOf('promotion').optional(),
    triggerId: idOf('trigger').optional(),
    principal: z.string().optional().describe('Name of the principal who acted'),
  })
  .meta({ id: 'DeliveryOutcome' });
export type DeliveryOutcome = z.infer<typeof DeliveryOutcome>;

const state = z.enum(Object.keys(deliveryStates.states) as [DeliveryState, ...DeliveryState[]]);

/** One message of a forge, as it came. Its body is kept as long as GATEHOUSE_WEBHOOK_RETENTION says. */
export const WebhookDelivery = z
  .object({
    id: idOf('webhookDelivery'),
    deliveryId: z.string().describe('As the forge calls it: a repetition has the same'),
    event: z.string(),
    action: z.string().nullable().describe('Null before it is handled, and of events without one'),
    repository: RepositoryName.nullable().describe('The registered one that it is about'),
    bytes: z.number().int(),
    state,
    outcome: DeliveryOutcome.nullable().describe('Null before it is handled'),
    receivedAt: Instant,
    handledAt: Instant.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

/** The body of a delivery, for people to read. Of its headers, event and delivery id are kept, and no signature. */
export const DeliveryPayload = z
  .object({
    text: z.string().describe('As UTF-8; of a long one the beginning'),
    cut: z.boolean().describe('There is more than stands in text'),
  })
  .meta({ id: 'DeliveryPayload' });
export type DeliveryPayload = z.infer<typeof DeliveryPayload>;

export const WebhookDeliveryPage = pageOf(WebhookDelivery);

export const WebhookDeliveryQuery = PageQuery.extend({
  state: state.optional(),
  event: ForgeEventName.optional(),
});
export type WebhookDeliveryQuery = z.infer<typeof WebhookDeliveryQuery>;

/** Answer to the forge: the delivery is stored, and is handled whatever happens now. */
export const ReceivedDelivery = z
  .object({
    delivery: idOf('webhookDelivery'),
    duplicate: z.boolean().describe('It had come before; nothing is done again'),
  })
  .meta({ id: 'ReceivedDelivery' });
export type ReceivedDelivery = z.infer<typeof ReceivedDelivery>;

/** A payload that somebody hands in beside the forge, to try it or to have it handled. */
export const GivenWebhook = z
  .strictObject({
    event: ForgeEventName,
    payload: z.record(z.string(), z.unknown()).describe('The body as the forge would send it'),
  })
  .meta({ id: 'GivenWebhook' });
export type GivenWebhook = z.infer<typeof GivenWebhook>;

export const WebhookTrial = z
  .object({
    state: z.enum(['handled', 'ignored', 'failed']),
    event: z.string(),
    action: z.string().nullable(),
    repository: RepositoryName.nullable(),
    outcome: DeliveryOutcome,
    reply: z.string().nullable().describe('The comment that would be written; null: none'),
  })
  .meta({ id: 'WebhookTrial' });
export type WebhookTrial = z.infer<typeof WebhookTrial>;

/** An account at the forge that stands for a principal. */
export const ForgeIdentity = z
  .object({
    forge: z.enum(['github']),
    userId: z
      .string()
      .nullable()
      .describe('Number of the account, which stays when its login changes; null until it was first seen'),
    login: z.string(),
    principalId: idOf('principal'),
    linkedAt: Instant,
  })
  .meta({ id: 'ForgeIdentity' });
export type ForgeIdentity = z.infer<typeof ForgeIdentity>;

export const LinkIdentity = z
  .strictObject({
    forge: z.enum(['github']).default('github'),
    login: text(100, 1).regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]*)$/, 'expected a login of GitHub'),
    userId: z
      .string()
      .regex(/^[1-9]\d{0,18}$/, 'expected the number of the account')
      .optional()
      .describe('Left out: that of the account which was or is first seen under this login'),
  })
  .meta({ id: 'LinkIdentity' });
export type LinkIdentity = z.infer<typeof LinkIdentity>;
