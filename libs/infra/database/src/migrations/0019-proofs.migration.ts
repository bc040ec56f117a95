import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** The signed statement on a published commit; its bytes are an artifact. */
export class Proofs0019 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE proofs (
        promotion_id text NOT NULL REFERENCES promotions (id),
        commit text NOT NULL,
        candidate_id text NOT NULL REFERENCES candidates (id),
        artifact text NOT NULL REFERENCES artifacts (id),
        key_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (promotion_id, commit)
      )`);
  }
}
