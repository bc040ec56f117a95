import type { QueryRunner } from 'typeorm';
import { Migration } from '../migration.js';

/** What the plane says of a worker, and no longer what the worker says of itself: zone and labels. */
export class WorkerTrust0009 extends Migration {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE principals
        ADD COLUMN zone text CHECK (zone IN ('agent', 'validator')),
        ADD COLUMN embedded boolean NOT NULL DEFAULT false,
        ADD CONSTRAINT principals_zone_of_workers CHECK (zone IS NULL OR kind = 'worker')`);
    // A worker's principal keeps the zone in which it is known; who was never seen gets the one that judges nothing.
    await runner.query(`
      UPDATE principals p SET
        zone = COALESCE((SELECT min(w.zone) FROM workers w WHERE w.principal_id = p.id),
          CASE WHEN p.name = 'worker-validator' THEN 'validator' ELSE 'agent' END),
        embedded = p.name IN ('worker-agent', 'worker-validator')
      WHERE p.kind = 'worker'`);
    await runner.query(`UPDATE workers SET labels = '{}'`);
    // The token under which a lease was claimed: once it is revoked, so is the lease.
    await runner.query(`ALTER TABLE leases ADD COLUMN token_id text REFERENCES tokens (id)`);
  }
}
