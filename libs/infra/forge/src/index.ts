export * from './forge.js';
export {
  AppManifest,
  convertManifest,
  manifestFor,
  newAppUrl,
  type ManifestWishes,
  type NewApp,
} from './app.manifest.js';
export { createForgeReader } from './forge.reader.js';
export { apiUrlOf, forgeSettings, repoOfSource, type ForgeSettings } from './forge.settings.js';
export { inspectForge } from './forge.inspection.js';
export { neededPermissions } from './github.preflight.js';
export { TokenClient } from './token.client.js';
export {
  verifyDelivery,
  webhookSecrets,
  type DeliveryAnswer,
  type DeliveryFault,
} from './webhook.signature.js';
