import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What a further attempt is told, and the candidate whose tree it goes on from. */
export class AttemptFeedback0017 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attempts
        ADD COLUMN feedback text,
        ADD COLUMN start_candidate_id text REFERENCES candidates (id)`);
  }
}
