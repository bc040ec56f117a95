import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Principals0003 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE principals (
        id text PRIMARY KEY,
        name text NOT NULL UNIQUE,
        kind text NOT NULL CHECK (kind IN ('user', 'service', 'worker', 'agent')),
        roles text[] NOT NULL,
        disabled boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    // One table for all secrets: long-lived tokens, one-time login codes, panel sessions. Only digests are kept.
    await runner.query(`
      CREATE TABLE tokens (
        id text PRIMARY KEY,
        principal_id text NOT NULL REFERENCES principals (id),
        kind text NOT NULL CHECK (kind IN ('token', 'login_code', 'panel')),
        name text NOT NULL,
        secret_sha256 text NOT NULL UNIQUE,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX tokens_by_principal ON tokens (principal_id, id)`);
    await runner.query(`
      CREATE TABLE idempotency_keys (
        principal_id text NOT NULL REFERENCES principals (id),
        route text NOT NULL,
        key text NOT NULL,
        request_sha256 text NOT NULL,
        status integer NOT NULL,
        answer jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (principal_id, route, key)
      )`);
    await runner.query(`CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)`);
  }
}
