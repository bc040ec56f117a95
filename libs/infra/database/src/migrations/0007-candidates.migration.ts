import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Candidates0007 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE candidates (
        id text PRIMARY KEY,
        alias text NOT NULL,
        repository_id text NOT NULL REFERENCES repositories (id),
        base text NOT NULL,
        base_tree text NOT NULL,
        tree text NOT NULL,
        patch text NOT NULL,
        patch_bytes bigint NOT NULL,
        files integer NOT NULL,
        spec_digest text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    // Equal work gives an equal candidate, whoever asked for it: the sessions it came out of stand beside it.
    await runner.query(`
      CREATE TABLE session_candidates (
        id text PRIMARY KEY,
        candidate_id text NOT NULL REFERENCES candidates (id),
        session_id text NOT NULL REFERENCES sessions (id),
        attempt_id text NOT NULL REFERENCES attempts (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (session_id, candidate_id)
      )`);
    await runner.query(
      `CREATE INDEX session_candidates_by_candidate ON session_candidates (candidate_id, id)`,
    );
    await runner.query(`
      CREATE TABLE verdicts (
        id text PRIMARY KEY,
        candidate_id text NOT NULL REFERENCES candidates (id),
        session_id text NOT NULL REFERENCES sessions (id),
        outcome text NOT NULL,
        approvals_needed boolean NOT NULL,
        policy_digest text NOT NULL,
        gate_set_digest text NOT NULL,
        static_digest text NOT NULL,
        cached boolean NOT NULL,
        gates jsonb NOT NULL,
        decided_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX verdicts_latest ON verdicts (session_id, candidate_id, id DESC)`);
    // Answers that depend on content alone (I8), by the digest of all they depend on.
    await runner.query(`
      CREATE TABLE gate_answers (
        key text PRIMARY KEY,
        part text NOT NULL CHECK (part IN ('static', 'command')),
        answers jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }
}
