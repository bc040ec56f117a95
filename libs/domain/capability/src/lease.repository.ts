import type { AttemptPurpose, CapabilityKind, CapabilityState } from '@gatehouse/contracts';
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
  /** Its worker's principal was disabled, or the token that claimed it was revoked. */
  readonly barred: boolean;
  readonly workerState: CapabilityState;
}

/** What a waiting worker can run. */
export interface Offer {
  readonly purpose: AttemptPurpose;
  readonly kinds: readonly CapabilityKind[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface QueuedAttempt {
  readonly id: string;
  readonly sessionId: string;
  readonly purpose: AttemptPurpose;
  readonly wantedKinds: readonly CapabilityKind[];
  readonly wantedLabels: Readonly<Record<string, string>>;
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
  barred: boolean;
  worker_state: CapabilityState;
}

const barred = '(p.disabled OR t.revoked_at IS NOT NULL)';
const select = `SELECT l.id, l.attempt_id, l.session_id, l.worker_id, l.generation, l.state, l.kind, l.token_sha256,
  l.expires_at <= now() AS expired, COALESCE(${barred}, false) AS barred, w.state AS worker_state
  FROM leases l JOIN workers w ON w.id = l.worker_id JOIN principals p ON p.id = w.principal_id
  LEFT JOIN tokens t ON t.id = l.token_id`;

/** Queued attempts that one of the offers in $1 fits. */
const fitting = `a.state = 'queued' AND s.state <> 'ended' AND EXISTS (
  SELECT FROM jsonb_to_recordset($1::jsonb) AS o (purpose text, kinds jsonb, labels jsonb)
  WHERE o.purpose = a.purpose AND o.kinds ?| a.wanted_kinds AND a.wanted_labels <@ o.labels)`;

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
  barred: row.barred,
  workerState: row.worker_state,
});

@Injectable()
export class LeasesRepository {
  constructor(readonly dataSource: DataSource) {}

  /**
   * Locks the oldest attempts that fit, and their sessions; passes over what others hold. The sessions come along
   * because whoever cancels holds the session first and the attempt second.
   */
  async takeQueued(manager: Transaction, offers: readonly Offer[], limit: number): Promise<QueuedAttempt[]> {
    return (await manager.query(
      `SELECT a.id, a.session_id AS "sessionId", a.purpose, a.wanted_kinds AS "wantedKinds",
         a.wanted_labels AS "wantedLabels"
       FROM attempts a JOIN sessions s ON s.id = a.session_id
       WHERE ${fitting} AND a.not_before <= now()
       ORDER BY a.id LIMIT $2 FOR UPDATE OF a, s SKIP LOCKED`,
      [JSON.stringify(offers), limit],
    )) as QueuedAttempt[];
  }

  /** Milliseconds until the next attempt that fits may be taken, 0 where one waits now; null where none waits. */
  async nextFitting(offers: readonly Offer[]): Promise<number | null> {
    const [row] = (await this.dataSource.query(
      `SELECT (extract(epoch FROM min(a.not_before) - clock_timestamp()) * 1000)::float8 AS ms
       FROM attempts a JOIN sessions s ON s.id = a.session_id WHERE ${fitting}`,
      [JSON.stringify(offers)],
    )) as { ms: number | null }[];
    return row?.ms === null || row === undefined ? null : Math.max(row.ms, 0);
  }

  async insert(
    manager: Transaction,
    lease: Omit<HeldLease, 'expired' | 'state' | 'barred' | 'workerState'> & {
      ttlMs: number;
      tokenId: string | null;
    },
  ): Promise<void> {
    await manager.query(
      `INSERT INTO leases (id, attempt_id, session_id, worker_id, generation, state, kind, token_sha256, expires_at, token_id)
       VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, now() + $8 * interval '1 millisecond', $9)`,
      [
        lease.id,
        lease.attemptId,
        lease.sessionId,
        lease.workerId,
        lease.generation,
        lease.kind,
        lease.tokenSha256,
        lease.ttlMs,
        lease.tokenId,
      ],
    );
  }

  async find(id: string, manager: Transaction = this.dataSource.manager): Promise<HeldLease | undefined> {
    const [row] = (await manager.query(`${select} WHERE l.id = $1`, [id])) as Row[];
    return row && toHeld(row);
  }

  async activeOf(manager: Transaction, sessionId: string): Promise<HeldLease[]> {
    const rows = (await manager.query(`${select} WHERE l.session_id = $1 AND l.state = 'active'`, [
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

  /** Active leases that ended this long ago or longer, and those of workers that may not act any more. */
  async overdue(graceMs: number, limit: number): Promise<HeldLease[]> {
    const rows = (await this.dataSource.query(
      `${select} WHERE l.state = 'active'
       AND (l.expires_at < now() - $1 * interval '1 millisecond' OR ${barred}) LIMIT $2`,
      [graceMs, limit],
    )) as Row[];
    return rows.map(toHeld);
  }

  /** Every lease that an agent of the session ever had, by what its canary follows from. */
  async ofAgents(sessionId: string): Promise<Pick<HeldLease, 'id' | 'tokenSha256'>[]> {
    return (await this.dataSource.query(
      `SELECT l.id, l.token_sha256 AS "tokenSha256" FROM leases l JOIN attempts a ON a.id = l.attempt_id
       WHERE l.session_id = $1 AND a.purpose = 'agent' ORDER BY l.id`,
      [sessionId],
    )) as Pick<HeldLease, 'id' | 'tokenSha256'>[];
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
