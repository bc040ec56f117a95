import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What a change became after its target moved and both were merged. */
export class Rebases0018 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE attempts ADD COLUMN rebased jsonb`);
  }
}
