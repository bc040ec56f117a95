import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What people said at a forge and no delivery told of. */
export class Hearings0022 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE repositories ADD COLUMN heard_at timestamptz, ADD COLUMN heard_until timestamptz`,
    );
    await runner.query(`ALTER TABLE webhook_deliveries ADD COLUMN cause text`);
    await runner.query(
      `CREATE INDEX webhook_deliveries_cause ON webhook_deliveries (repository_id, cause) WHERE cause IS NOT NULL`,
    );
    // One comment or review has its effect once, whoever tells of it.
    await runner.query(
      `CREATE UNIQUE INDEX webhook_deliveries_effect ON webhook_deliveries (repository_id, cause) WHERE state = 'handled'`,
    );
  }
}
