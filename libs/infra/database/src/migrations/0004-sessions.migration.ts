import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Sessions0004 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE repositories (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        source text NOT NULL,
        source_kind text NOT NULL CHECK (source_kind IN ('path', 'https', 'http')),
        mode text NOT NULL CHECK (mode IN ('staged', 'live')),
        default_branch text,
        mirror_fetched_at timestamptz,
        mirror_warnings jsonb NOT NULL DEFAULT '[]',
        mirror_error text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE jobs (
        id text PRIMARY KEY,
        name text NOT NULL,
        labels jsonb NOT NULL,
        spec jsonb NOT NULL,
        spec_digest text NOT NULL,
        repository_id text REFERENCES repositories (id),
        requested_by text NOT NULL REFERENCES principals (id),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX jobs_by_repository ON jobs (repository_id, id)`);
    await runner.query(`CREATE INDEX jobs_by_requester ON jobs (requested_by, id)`);
    await runner.query(`CREATE INDEX jobs_by_name ON jobs (name, id)`);
    // Sessions form a tree (parent, root, path); forked_from names the checkpoint a fork began at.
    await runner.query(`
      CREATE TABLE sessions (
        id text PRIMARY KEY,
        job_id text NOT NULL REFERENCES jobs (id),
        parent_id text REFERENCES sessions (id),
        root_id text NOT NULL,
        path text NOT NULL,
        depth integer NOT NULL DEFAULT 0,
        forked_from text,
        state text NOT NULL,
        outcome text,
        reason_code text,
        reason_message text,
        suspended_because text,
        base_ref text,
        base_commit text,
        base_tree text,
        target text,
        policy_digest text,
        candidate_id text,
        cancel_reason text,
        lease_generation integer NOT NULL DEFAULT 0,
        version integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz
      )`);
    await runner.query(`CREATE INDEX sessions_by_job ON sessions (job_id, id)`);
    await runner.query(`CREATE INDEX sessions_by_parent ON sessions (parent_id) WHERE parent_id IS NOT NULL`);
    await runner.query(`CREATE INDEX sessions_live ON sessions (id) WHERE ended_at IS NULL`);
    await runner.query(`
      CREATE TABLE attempts (
        id text PRIMARY KEY,
        session_id text NOT NULL REFERENCES sessions (id),
        number integer NOT NULL,
        purpose text NOT NULL CHECK (purpose IN ('agent', 'validate')),
        state text NOT NULL,
        reason_code text,
        reason_message text,
        wanted_kinds text[] NOT NULL,
        wanted_labels jsonb NOT NULL DEFAULT '{}',
        kind text,
        worker_id text,
        lease_generation integer,
        candidate_id text,
        exit_code integer,
        report jsonb,
        result jsonb,
        infra_tries integer NOT NULL DEFAULT 0,
        app_tries integer NOT NULL DEFAULT 0,
        not_before timestamptz NOT NULL DEFAULT now(),
        start_deadline timestamptz NOT NULL,
        version integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        ended_at timestamptz,
        UNIQUE (session_id, purpose, number)
      )`);
    // What a claim scans: only the backlog, in order of arrival.
    await runner.query(`CREATE INDEX attempts_queued ON attempts (purpose, id) WHERE state = 'queued'`);
    await runner.query(`
      CREATE TABLE checkpoints (
        id text PRIMARY KEY,
        session_id text NOT NULL REFERENCES sessions (id),
        seq bigint NOT NULL,
        label text,
        state jsonb NOT NULL,
        workspace_artifact text,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (session_id, seq)
      )`);
  }
}
