import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What was decided and on what, so that it can be explained, and asked again under another policy. */
export class PolicyDecisions0012 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policy_decisions (
        id text PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        session_id text REFERENCES sessions (id),
        repository_id text REFERENCES repositories (id),
        subject jsonb,
        action text NOT NULL,
        resource text NOT NULL,
        context jsonb NOT NULL,
        effect text NOT NULL CHECK (effect IN ('permit', 'forbid', 'require_approval')),
        rule text,
        layer jsonb,
        reason text NOT NULL,
        policy_digest text NOT NULL
      )`);
    await runner.query(`CREATE INDEX policy_decisions_by_session ON policy_decisions (session_id, id)`);
    // A change without its contents: what gates that read the policy look at. Text, as targets of links may hold a NUL.
    await runner.query(`
      CREATE TABLE tree_shapes (
        base_tree text NOT NULL,
        tree text NOT NULL,
        shape text NOT NULL,
        PRIMARY KEY (base_tree, tree)
      )`);
    await runner.query(`ALTER TABLE candidates ADD COLUMN patch_shape text`);
    // Answers as the gates gave them, of those that policy weighed otherwise; and what would mend a refusal.
    await runner.query(`
      ALTER TABLE verdicts
        ADD COLUMN unweighed jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN repair jsonb`);
  }
}
