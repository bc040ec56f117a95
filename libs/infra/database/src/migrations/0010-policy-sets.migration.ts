import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What was active together, set after set: rows are only added, the newest counts. */
export class PolicySets0010 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policy_sets (
        id text PRIMARY KEY,
        number integer NOT NULL UNIQUE CHECK (number > 0),
        digest text NOT NULL,
        members jsonb NOT NULL,
        activated_by text REFERENCES principals (id),
        reason text NOT NULL,
        restores text REFERENCES policy_sets (id),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    // What an organisation's or a capability's layer is about: the owner of repositories, the kind of capability.
    await runner.query(`ALTER TABLE policies ADD COLUMN scope text`);
    await runner.query(`DROP INDEX policies_one_active`);
    await runner.query(`DROP INDEX policies_versions`);
    await runner.query(
      `CREATE UNIQUE INDEX policies_one_active
         ON policies (layer, coalesce(repository_id, ''), coalesce(scope, '')) WHERE active`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX policies_versions
         ON policies (layer, coalesce(repository_id, ''), coalesce(scope, ''), version)`,
    );
  }
}
