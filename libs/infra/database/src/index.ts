export * from './migration.js';
export { migrations } from './migrations/index.js';
