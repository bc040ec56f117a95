import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Why people are asked about a promotion, so that they read it where they answer. */
export class ApprovalCauses0014 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE promotions ADD COLUMN asked_because jsonb NOT NULL DEFAULT '[]'`);
  }
}
