import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Promotions0008 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE promotions (
        id text PRIMARY KEY,
        candidate_id text NOT NULL REFERENCES candidates (id),
        session_id text NOT NULL REFERENCES sessions (id),
        verdict_id text NOT NULL REFERENCES verdicts (id),
        repository_id text NOT NULL REFERENCES repositories (id),
        target text NOT NULL,
        requested_level text NOT NULL,
        level text NOT NULL,
        degraded_because text,
        state text NOT NULL,
        reason_code text,
        reason_message text,
        quorum integer NOT NULL,
        binding_digest text NOT NULL,
        lane_generation integer,
        branch text,
        commit text,
        published_tree text,
        superseded_by text,
        version integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      )`);
    await runner.query(`CREATE INDEX promotions_by_session ON promotions (session_id, id)`);
    await runner.query(`CREATE INDEX promotions_by_state ON promotions (state, id)`);
    await runner.query(
      `CREATE INDEX promotions_waiting ON promotions (repository_id, target, id) WHERE state = 'pending'`,
    );
    // I3: one running promotion per lane, one active promotion per session.
    await runner.query(
      `CREATE UNIQUE INDEX promotions_one_running ON promotions (repository_id, target) WHERE state = 'running'`,
    );
    await runner.query(`
      CREATE UNIQUE INDEX promotions_one_active ON promotions (session_id)
        WHERE state IN ('pending', 'awaiting_approval', 'running', 'errored')`);
    await runner.query(`
      CREATE TABLE lanes (
        repository_id text NOT NULL REFERENCES repositories (id),
        target text NOT NULL,
        generation integer NOT NULL DEFAULT 0,
        PRIMARY KEY (repository_id, target)
      )`);
    await runner.query(`
      CREATE TABLE approvals (
        id text PRIMARY KEY,
        promotion_id text NOT NULL REFERENCES promotions (id),
        principal_id text NOT NULL REFERENCES principals (id),
        answer text NOT NULL CHECK (answer IN ('approve', 'reject')),
        reason text NOT NULL,
        binding_digest text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        UNIQUE (promotion_id, principal_id)
      )`);
  }
}
