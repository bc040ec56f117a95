import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** A commit may be proven again where something else counts than when it was proven first; the last one is published. */
export class CurrentProofs0027 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE proofs
        ADD COLUMN number integer NOT NULL DEFAULT 1,
        ADD COLUMN content text,
        DROP CONSTRAINT proofs_pkey,
        ADD PRIMARY KEY (promotion_id, commit, number)`);
  }
}
