import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What test commands did on a base tree alone: found out once, for every candidate of that base. */
export class TestBaselines0013 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE test_baselines (
        key text NOT NULL,
        image text NOT NULL,
        commands jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key, image)
      )`);
  }
}
