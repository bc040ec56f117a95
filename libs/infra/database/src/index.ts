export { accountToDropTo, barrierTo, type Account } from './embedded/account.js';
export { findBinaries, type PostgresBinaries } from './embedded/binaries.js';
export {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedOptions,
  type EmbeddedPostgres,
} from './embedded/embedded.js';
export { createDataSource, dataSourceOptions, describeUrl, type ConnectOptions } from './data-source.js';
export { checkDurability } from './durability.js';
export { codeOf, isUniqueViolation, translate } from './failure.js';
export { Migration, type MigrationClass } from './migration.js';
export { migrations } from './migrations/index.js';
export { NotifyHub, type NotifyHubOptions, type Wake, type WakeReason } from './notify-hub.js';
export { createPool, type PoolOptions } from './pool.js';
export { inspectSchema, requireSchema, runMigrations, type SchemaState } from './schema.js';
export { runQuery } from './query.js';
export { askServer, type ServerFacts } from './server-facts.js';
export { inTransaction, type TransactionOptions } from './transaction.js';
export { grantRights, embeddedLogins, ensureLogins, type Logins } from './roles/role.keeper.js';
export { planeRoles, type PlaneRole } from './roles/plane.role.js';
