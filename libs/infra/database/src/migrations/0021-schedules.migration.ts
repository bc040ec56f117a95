import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Jobs that are submitted again and again, and what came of each due time: one row, whatever is killed. */
export class Schedules0021 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE schedules (
        id text PRIMARY KEY,
        name text NOT NULL,
        repository text,
        job jsonb NOT NULL,
        due_when jsonb NOT NULL,
        catch_up text NOT NULL,
        overlap text NOT NULL,
        state text NOT NULL,
        reason text,
        next_due timestamptz,
        version integer NOT NULL DEFAULT 0,
        created_by text NOT NULL REFERENCES principals (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((state = 'active') = (next_due IS NOT NULL))
      )`);
    await runner.query(`CREATE INDEX schedules_due ON schedules (next_due) WHERE state = 'active'`);
    await runner.query(`
      CREATE TABLE schedule_runs (
        id text PRIMARY KEY,
        schedule_id text NOT NULL REFERENCES schedules (id),
        due_at timestamptz NOT NULL,
        state text NOT NULL,
        job_id text UNIQUE REFERENCES jobs (id),
        reason_code text,
        reason_message text,
        due_times integer NOT NULL,
        last_due_at timestamptz NOT NULL,
        triggered_by text REFERENCES principals (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (schedule_id, due_at),
        CHECK ((state = 'submitted') = (job_id IS NOT NULL)),
        CHECK ((state = 'submitted') = (reason_code IS NULL))
      )`);
    await runner.query(`CREATE INDEX schedule_runs_newest ON schedule_runs (schedule_id, id DESC)`);
  }
}
