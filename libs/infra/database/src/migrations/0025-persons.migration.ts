import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** Which principals are one person: who asks under one name must not approve under the other. */
export class Persons0025 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE principals ADD COLUMN stands_for text REFERENCES principals (id) CHECK (stands_for <> id)`,
    );
    await runner.query(
      `CREATE INDEX principals_of_person ON principals (stands_for) WHERE stands_for IS NOT NULL`,
    );
    // It stays as it is said once, but follows a person who turns out to be another; and it always names the last of a chain.
    await runner.query(`
      CREATE FUNCTION principal_stands_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.stands_for IS NOT NULL AND NOT EXISTS (
          SELECT FROM principals WHERE id = OLD.stands_for AND stands_for = NEW.stands_for)
        THEN
          RAISE EXCEPTION 'principal % stands for % for good', OLD.id, OLD.stands_for;
        END IF;
        IF NEW.kind IN ('agent', 'worker') OR EXISTS (
          SELECT FROM principals WHERE id = NEW.stands_for AND (stands_for IS NOT NULL OR kind IN ('agent', 'worker')))
        THEN
          RAISE EXCEPTION 'principal % cannot stand for %', NEW.id, NEW.stands_for;
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER stands_for_good BEFORE UPDATE OF stands_for ON principals
        FOR EACH ROW WHEN (NEW.stands_for IS DISTINCT FROM OLD.stands_for)
        EXECUTE FUNCTION principal_stands_for_good()`);
  }
}
