import type { AttemptPurpose, CapabilityKind } from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LeaseEntity } from './lease.entity.js';

/** A lease as a write by its holder finds it. */
export interface HeldLease {
  readonly id: string;
  readonly attemptId: string;
  readonly sessionId: string;
  readonly workerId: string;
  readonly generation: number;
  readonly state: LeaseEntity['state'];
  readonly kind: CapabilityKind;
  readonly tokenSha256: string;
  /** By the database clock, the only one that decides (I9). */
  readonly expired: boolean;
}

interface Row {
  id: string;
  attempt_id: string;
  session_id: string;
  worker_id: string;
  generation: number;
  state: LeaseEntity['state'];
  kind: CapabilityKind;
  token_sha256: string;
  expired: boolean;
}

const select = `SELECT id, attempt_id, session_id, worker_id, generation, state, kind, token_sha256,
  expires_at <= now() AS expired FROM leases`;

const toHeld = (row: Row): HeldLease => ({
  id: row.id,
  attemptId: row.attempt_id,
  sessionId: row.session_id,
  workerId: row.worker_id,
  generation: row.generation,
  state: row.state,
  kind: row.kind,
  tokenSha256: row.token_sha256,
  expired: row.expired,
});

@Injectable()
export class LeasesRepository {
  constructor(readonly dataSource: DataSource) {}

  /** The oldest queued attempt that a worker of these kinds and labels may take; skips what others are taking. */
  async nextQueued(
    manager: Transaction,
    purpose: AttemptPurpose,
    kinds: readonly CapabilityKind[],
    labels: Readonly<Record<string, string>>,
  ): Promise<{ id: string; session_id: string } | undefined> {
    const [row] = (await manager.query(
      `SELECT id, session_id FROM attempts
       WHERE state = 'queued' AND purpose = $1 AND not_before <= now() AND wanted_kinds && $2::text[]
         AND wanted_labels <@ $3::jsonb
       ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [purpose, kinds, JSON.stringify(labels)],
    )) as { id: string; session_id: string }[];
    return row;
  }

  /** True where something waits that such a worker could take now: a cheap look before a claim. */
  async anyQueued(
    purpose: AttemptPurpose,
    kinds: readonly CapabilityKind[],
    labels: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    const rows = (await this.dataSource.query(
      `SELECT 1 FROM attempts WHERE state = 'queued' AND purpose = $1 AND not_before <= now()
       AND wanted_kinds && $2::text[] AND wanted_labels <@ $3::jsonb LIMIT 1`,
      [purpose, kinds, JSON.stringify(labels)],
    )) as unknown[];
    return rows.length > 0;
  }

  async insert(
    manager: Transaction,
    lease: Omit<HeldLease, 'expired' | 'state'> & { ttlMs: number },
  ): Promise<void> {
    await manager.query(
      `INSERT INTO leases (id, attempt_id, session_id, worker_id, generation, state, kind, token_sha256, expires_at)
       VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, now() + $8 * interval '1 millisecond')`,
      [
        lease.id,
        lease.attemptId,
        lease.sessionId,
        lease.workerId,
        lease.generation,
        lease.kind,
        lease.tokenSha256,
        lease.ttlMs,
      ],
    );
  }

  async find(id: string, manager: Transaction = this.dataSource.manager): Promise<HeldLease | undefined> {
    const [row] = (await manager.query(`${select} WHERE id = $1`, [id])) as Row[];
    return row && toHeld(row);
  }

  async activeOf(manager: Transaction, sessionId: string): Promise<HeldLease[]> {
    const rows = (await manager.query(`${select} WHERE session_id = $1 AND state = 'active'`, [
      sessionId,
    ])) as Row[];
    return rows.map(toHeld);
  }

  /** Renews an active lease that has not expired; false where it is over. */
  async renew(id: string, generation: number, ttlMs: number): Promise<boolean> {
    const [, count] = (await this.dataSource.query(
      `UPDATE leases SET expires_at = now() + $3 * interval '1 millisecond'
       WHERE id = $1 AND generation = $2 AND state = 'active' AND expires_at > now()`,
      [id, generation, ttlMs],
    )) as [unknown, number];
    return count === 1;
  }

  /** Ends an active lease; false where it was over already. */
  async end(manager: Transaction, id: string, state: 'released' | 'expired' | 'revoked'): Promise<boolean> {
    const [, count] = (await manager.query(
      `UPDATE leases SET state = $2, ended_at = now() WHERE id = $1 AND state = 'active'`,
      [id, state],
    )) as [unknown, number];
    return count === 1;
  }

  /** Active leases that ended this long ago or longer. */
  async overdue(graceMs: number, limit: number): Promise<HeldLease[]> {
    const rows = (await this.dataSource.query(
      `${select} WHERE state = 'active' AND expires_at < now() - $1 * interval '1 millisecond' LIMIT $2`,
      [graceMs, limit],
    )) as Row[];
    return rows.map(toHeld);
  }

  /** Highest generation that any attempt of this purpose in the session was leased under. */
  async newestGeneration(sessionId: string, purpose: AttemptPurpose): Promise<number | undefined> {
    const [row] = (await this.dataSource.query(
      `SELECT max(lease_generation) AS newest FROM attempts WHERE session_id = $1 AND purpose = $2`,
      [sessionId, purpose],
    )) as { newest: number | null }[];
    return row?.newest ?? undefined;
  }
}
