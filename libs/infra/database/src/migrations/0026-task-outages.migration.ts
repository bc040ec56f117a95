import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Since when a task meets nobody who answers. */
export class TaskOutages0026 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tasks ADD COLUMN outage_since timestamptz`);
  }
}
