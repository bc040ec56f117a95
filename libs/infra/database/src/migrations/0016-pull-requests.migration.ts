import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class PullRequests0016 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE repositories ADD COLUMN forge text, ADD COLUMN forge_id text`);
    await runner.query(`
      CREATE TABLE pull_requests (
        id text PRIMARY KEY,
        session_id text NOT NULL UNIQUE REFERENCES sessions (id),
        repository_id text NOT NULL REFERENCES repositories (id),
        promotion_id text NOT NULL REFERENCES promotions (id),
        number integer NOT NULL,
        url text NOT NULL,
        branch text NOT NULL,
        target text NOT NULL,
        head text NOT NULL,
        state text NOT NULL,
        draft boolean NOT NULL,
        merged_commit text,
        version integer NOT NULL DEFAULT 0,
        opened_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        looked_at timestamptz NOT NULL DEFAULT now(),
        closed_at timestamptz,
        UNIQUE (repository_id, number)
      )`);
    await runner.query(
      `CREATE INDEX pull_requests_to_look_at ON pull_requests (looked_at) WHERE state = 'open'`,
    );
  }
}
