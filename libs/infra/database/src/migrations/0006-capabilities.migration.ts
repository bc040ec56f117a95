import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Capabilities0006 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE workers (
        id text PRIMARY KEY,
        principal_id text NOT NULL REFERENCES principals (id),
        name text NOT NULL UNIQUE,
        zone text NOT NULL CHECK (zone IN ('agent', 'validator')),
        state text NOT NULL,
        sandboxes jsonb NOT NULL,
        labels jsonb NOT NULL DEFAULT '{}',
        version text NOT NULL,
        slots integer NOT NULL,
        last_seen_at timestamptz NOT NULL DEFAULT now(),
        registered_at timestamptz NOT NULL DEFAULT now()
      )`);
    // expires_at is in no index: a heartbeat must stay a HOT update.
    await runner.query(`
      CREATE TABLE leases (
        id text PRIMARY KEY,
        attempt_id text NOT NULL REFERENCES attempts (id),
        session_id text NOT NULL REFERENCES sessions (id),
        worker_id text NOT NULL REFERENCES workers (id),
        generation integer NOT NULL,
        state text NOT NULL,
        kind text NOT NULL,
        token_sha256 text NOT NULL,
        granted_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        UNIQUE (session_id, generation)
      ) WITH (fillfactor = 70)`);
    await runner.query(`CREATE INDEX leases_active ON leases (id) WHERE state = 'active'`);
    await runner.query(`CREATE UNIQUE INDEX leases_one_active ON leases (attempt_id) WHERE state = 'active'`);
  }
}
