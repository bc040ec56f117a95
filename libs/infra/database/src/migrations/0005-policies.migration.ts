import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

export class Policies0005 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policies (
        id text PRIMARY KEY,
        layer text NOT NULL,
        repository_id text REFERENCES repositories (id),
        name text NOT NULL,
        version integer NOT NULL,
        digest text NOT NULL,
        document jsonb NOT NULL,
        active boolean NOT NULL,
        created_by text REFERENCES principals (id),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX policies_one_active ON policies (layer, coalesce(repository_id, '')) WHERE active`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX policies_versions ON policies (layer, coalesce(repository_id, ''), version)`,
    );
    // The merge of all layers, kept by digest: what a verdict and an approval are bound to.
    await runner.query(`
      CREATE TABLE effective_policies (
        digest text PRIMARY KEY,
        policy jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
  }
}
