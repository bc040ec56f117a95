import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** The log of what was published in each lane, as it is signed, and how far the repository has it. */
export class PromotionLogs0023 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE promotion_logs (
        repository_id text NOT NULL REFERENCES repositories (id),
        target text NOT NULL,
        exported_seq integer NOT NULL DEFAULT 0,
        fault jsonb,
        looked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (repository_id, target)
      )`);
    await runner.query(`
      CREATE TABLE promotion_log_entries (
        repository_id text NOT NULL,
        target text NOT NULL,
        seq integer NOT NULL CHECK (seq > 0),
        promotion_id text NOT NULL UNIQUE REFERENCES promotions (id),
        entry text NOT NULL,
        head text NOT NULL,
        digest text NOT NULL,
        commit text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (repository_id, target, seq),
        FOREIGN KEY (repository_id, target) REFERENCES promotion_logs (repository_id, target)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX promotion_log_entries_commit ON promotion_log_entries (repository_id, target, commit)`,
    );
  }
}
