import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Durable tasks: the outbox that the queue is fed from, and the truth about every task's state. */
export class Tasks0002 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    // json, not jsonb: a payload may hold \u0000, which jsonb refuses.
    await runner.query(`
CREATE TABLE tasks (
  id text PRIMARY KEY,
  type text NOT NULL,
  queue text NOT NULL,
  payload json NOT NULL,
  dedupe_key text,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'queued', 'running', 'done', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL CHECK (max_attempts > 0),
  run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  relays integer NOT NULL DEFAULT 0,
  claim text,
  claimed_until timestamptz,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  CHECK ((state = 'running') = (claim IS NOT NULL AND claimed_until IS NOT NULL)),
  CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX tasks_waiting_dedupe ON tasks (dedupe_key) WHERE state IN ('pending', 'queued');
CREATE INDEX tasks_pending ON tasks (run_at, id) WHERE state = 'pending';
CREATE INDEX tasks_queued ON tasks (updated_at) WHERE state = 'queued';
CREATE INDEX tasks_running ON tasks (claimed_until) WHERE state = 'running';
CREATE INDEX tasks_finished ON tasks (finished_at) WHERE state = 'done';
CREATE INDEX tasks_dead ON tasks (id) WHERE state = 'dead'`);
  }
}
