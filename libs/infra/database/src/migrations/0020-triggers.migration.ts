import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What starts work by itself: deliveries of a forge, who its accounts are, and the rules that make jobs. */
export class Triggers0020 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_deliveries (
        id text PRIMARY KEY,
        delivery_id text NOT NULL UNIQUE,
        event text NOT NULL,
        action text,
        repository_id text REFERENCES repositories (id),
        body bytea NOT NULL,
        state text NOT NULL DEFAULT 'received',
        outcome jsonb,
        received_at timestamptz NOT NULL DEFAULT now(),
        handled_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE forge_identities (
        forge text NOT NULL,
        login text NOT NULL,
        forge_user_id text,
        principal_id text NOT NULL REFERENCES principals (id),
        linked_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (forge, forge_user_id)
      )`);
    // A login can change hands: it only says who is meant until the account was seen.
    await runner.query(
      `CREATE UNIQUE INDEX forge_identities_unseen ON forge_identities (forge, lower(login)) WHERE forge_user_id IS NULL`,
    );
    await runner.query(`CREATE INDEX forge_identities_principal ON forge_identities (principal_id)`);
    await runner.query(`
      CREATE TABLE triggers (
        id text PRIMARY KEY,
        repository_id text NOT NULL REFERENCES repositories (id),
        name text NOT NULL,
        version integer NOT NULL,
        digest text NOT NULL,
        document jsonb NOT NULL,
        fires_on text NOT NULL,
        state text NOT NULL,
        current boolean NOT NULL,
        created_by text NOT NULL REFERENCES principals (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (repository_id, name, version)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX triggers_current ON triggers (repository_id, name) WHERE current`,
    );
    // One cause makes at most one job.
    await runner.query(
      `CREATE UNIQUE INDEX triggers_fires_on ON triggers (repository_id, fires_on) WHERE current`,
    );
    await runner.query(`
      CREATE TABLE trigger_firings (
        repository_id text NOT NULL REFERENCES repositories (id),
        cause text NOT NULL,
        trigger_id text NOT NULL REFERENCES triggers (id),
        number integer NOT NULL,
        job_id text NOT NULL UNIQUE REFERENCES jobs (id),
        fired_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (repository_id, cause)
      )`);
    await runner.query(
      `CREATE INDEX trigger_firings_of_issue ON trigger_firings (repository_id, number, job_id)`,
    );
    await runner.query(`CREATE INDEX repositories_forge_id ON repositories (forge, forge_id)`);
  }
}
