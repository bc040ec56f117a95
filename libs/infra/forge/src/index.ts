export * from './forge.js';
export { repoOfSource, type ForgeSettings } from './forge.settings.js';
