import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Changes that wait in a lane, judged on top of one another: the window, each round, and what it says of each. */
export class SpeculativeLanes0024 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE lane_windows (
        repository_id text NOT NULL REFERENCES repositories (id),
        target text NOT NULL,
        size integer NOT NULL CHECK (size > 0),
        PRIMARY KEY (repository_id, target)
      )`);
    await runner.query(`
      CREATE TABLE lane_rounds (
        id text PRIMARY KEY,
        repository_id text NOT NULL REFERENCES repositories (id),
        target text NOT NULL,
        number integer NOT NULL,
        head text NOT NULL,
        before text[] NOT NULL,
        largest integer NOT NULL,
        window_before integer NOT NULL,
        window_after integer,
        state text NOT NULL,
        refused jsonb,
        probes jsonb NOT NULL DEFAULT '[]',
        reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        UNIQUE (repository_id, target, number),
        CHECK ((state = 'judging') = (ended_at IS NULL)),
        CHECK ((state = 'judging') = (window_after IS NULL))
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX lane_rounds_one ON lane_rounds (repository_id, target) WHERE state = 'judging'`,
    );
    await runner.query(`
      CREATE TABLE lane_checks (
        round_id text NOT NULL REFERENCES lane_rounds (id),
        position integer NOT NULL,
        promotion_id text NOT NULL REFERENCES promotions (id),
        candidate_id text NOT NULL REFERENCES candidates (id),
        policy_digest text NOT NULL,
        head text NOT NULL,
        before text[] NOT NULL,
        onto text NOT NULL,
        tree text NOT NULL,
        state text NOT NULL,
        reason_code text,
        reason_message text,
        PRIMARY KEY (round_id, position)
      )`);
    // A promotion stands in one stack at a time.
    await runner.query(
      `CREATE UNIQUE INDEX lane_checks_one ON lane_checks (promotion_id) WHERE state <> 'void'`,
    );
    await runner.query(`ALTER TABLE attempts ADD COLUMN stack jsonb`);
  }
}
