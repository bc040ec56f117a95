export * from './migration.js';
export { migrations } from './migrations/index.js';
export {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedOptions,
  type EmbeddedPostgres,
} from './embedded/embedded.js';
export { findBinaries, type PostgresBinaries } from './embedded/binaries.js';
export { accountToDropTo, barrierTo, type Account } from './embedded/account.js';
