import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/**
 * A promotion has succeeded exactly where it names the published tree. Only the login of the promoter may write that
 * column, so nobody else can say that something was published, or take it back (I3).
 */
export class PublishedPromotions0011 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE promotions ADD CONSTRAINT promotions_published
        CHECK ((state = 'succeeded') = (published_tree IS NOT NULL))`);
  }
}
