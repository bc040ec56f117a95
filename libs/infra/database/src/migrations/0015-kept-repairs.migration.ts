import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** The repair of a refused change is kept beside the answers that it follows from. */
export class KeptRepairs0015 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE gate_answers
        DROP CONSTRAINT gate_answers_part_check,
        ADD CONSTRAINT gate_answers_part_check CHECK (part IN ('static', 'command', 'repair'))`);
  }
}
