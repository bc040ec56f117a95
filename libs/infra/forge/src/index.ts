export * from './forge.js';
export { createForgeReader } from './forge.reader.js';
export { repoOfSource, type ForgeSettings } from './forge.settings.js';
export {
  verifyDelivery,
  webhookSecrets,
  type DeliveryAnswer,
  type DeliveryFault,
} from './webhook.signature.js';
