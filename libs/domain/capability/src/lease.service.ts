import {
  GatehouseError,
  type CompleteAttempt,
  type HeartbeatAnswer,
  type HarvestReport,
  type LeaseGrant,
  type StartAttempt,
} from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { sha256Hex } from '@gatehouse/proof';
import {
  newId,
  PlaneSettings,
  SessionService,
  type AttemptEntity,
  type SessionEntity,
} from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { chooseKind } from './lease.js';
import { LeasesRepository, type HeldLease } from './lease.repository.js';
import type { WorkerEntity } from './worker.entity.js';

/** What a claim brought: the grant is completed by whoever knows job, policy and candidate. */
export interface Granted {
  readonly lease: LeaseGrant['lease'];
  readonly kind: LeaseGrant['kind'];
  readonly attempt: AttemptEntity;
  readonly session: SessionEntity;
}

const zonePurpose = { agent: 'agent', validator: 'validate' } as const;

/** The fenced right to run an attempt: granted, renewed, ended; only the database clock decides (I9). */
@Injectable()
export class LeaseService {
  constructor(
    readonly rows: LeasesRepository,
    private readonly sessions: SessionService,
    private readonly changes: Changes,
    private readonly tasks: Tasks,
    private readonly plane: PlaneSettings,
  ) {}

  private get clocks(): Pick<LeaseGrant['lease'], 'ttlMs' | 'heartbeatMs' | 'fenceMs'> {
    const {
      GATEHOUSE_LEASE_TTL: ttlMs,
      GATEHOUSE_LEASE_HEARTBEAT,
      GATEHOUSE_LEASE_MARGIN,
    } = this.plane.settings;
    return {
      ttlMs,
      heartbeatMs: Math.min(GATEHOUSE_LEASE_HEARTBEAT, Math.floor(ttlMs / 3)),
      fenceMs: ttlMs - Math.min(GATEHOUSE_LEASE_MARGIN, Math.floor(ttlMs / 3)),
    };
  }

  hasWork(worker: WorkerEntity): Promise<boolean> {
    const kinds = worker.sandboxes.map(({ kind }) => kind);
    return this.rows.anyQueued(zonePurpose[worker.zone], kinds, worker.labels);
  }

  /** One atomic claim; undefined where nothing waits that this worker can run. */
  claim(worker: WorkerEntity): Promise<Granted | undefined> {
    const kinds = worker.sandboxes.map(({ kind }) => kind);
    if (worker.state !== 'ready' || kinds.length === 0) return Promise.resolve(undefined);
    return this.changes.run(async (change) => {
      const next = await this.rows.nextQueued(change.manager, zonePurpose[worker.zone], kinds, worker.labels);
      if (!next) return undefined;
      const session = await this.sessions.lock(change, next.session_id);
      const attempt = await this.sessions.rows.attempt(next.id, change.manager);
      const kind = chooseKind(attempt.wantedKinds, worker.sandboxes);
      if (kind === undefined || attempt.state !== 'queued' || session.state === 'ended') return undefined;
      const generation = session.leaseGeneration + 1;
      const token = `gl_${randomBytes(32).toString('base64url')}`;
      const id = newId('lease');
      await this.sessions.set(change, session, { leaseGeneration: generation });
      await this.rows.insert(change.manager, {
        id,
        attemptId: attempt.id,
        sessionId: session.id,
        workerId: worker.id,
        generation,
        kind,
        tokenSha256: sha256Hex(token),
        ttlMs: this.clocks.ttlMs,
      });
      await this.sessions.moveAttempt(change, attempt, 'leased', {
        actor: worker.principalId,
        generation,
        set: { workerId: worker.id, leaseGeneration: generation, kind },
      });
      change.record({
        streamId: session.id,
        type: 'lease.granted',
        actor: 'api',
        leaseGeneration: generation,
        payload: { leaseId: id, attemptId: attempt.id, worker: worker.name, kind, generation },
      });
      return { lease: { id, generation, token, ...this.clocks }, kind, attempt, session };
    });
  }

  /** The lease that a token opens. Throws `auth.invalid`. */
  async authenticate(id: string, token: string): Promise<HeldLease> {
    const lease = await this.rows.find(id);
    if (!lease || lease.tokenSha256 !== sha256Hex(token))
      throw new GatehouseError('auth.invalid', 'This is not the token of this lease.');
    return lease;
  }

  /** Throws `lease.fenced` for another generation, `lease.gone` once it is over. */
  check(lease: HeldLease, generation: number): void {
    if (generation !== lease.generation)
      throw new GatehouseError(
        'lease.fenced',
        `This lease has generation ${lease.generation}, not ${generation}.`,
      );
    if (lease.state !== 'active' || lease.expired)
      throw new GatehouseError(
        'lease.gone',
        `Lease ${lease.id} is ${lease.state === 'active' ? 'expired' : lease.state}.`,
      );
  }

  async heartbeat(lease: HeldLease, generation: number): Promise<HeartbeatAnswer> {
    this.check(lease, generation);
    if (!(await this.rows.renew(lease.id, generation, this.clocks.ttlMs)))
      throw new GatehouseError('lease.gone', `Lease ${lease.id} is over.`);
    const session = await this.sessions.rows.find(lease.sessionId);
    return {
      ...this.clocks,
      cancel: session.cancelReason !== null || session.state === 'terminating',
      drain: false,
      reason: session.cancelReason,
    };
  }

  /** Locks session and lease for a write by the holder. */
  private async held(
    change: Change,
    lease: HeldLease,
    generation: number,
  ): Promise<{ session: SessionEntity; attempt: AttemptEntity }> {
    const session = await this.sessions.lock(change, lease.sessionId);
    const now = await this.rows.find(lease.id, change.manager);
    if (!now) throw new GatehouseError('lease.not_found', `There is no lease ${lease.id}.`);
    this.check(now, generation);
    return { session, attempt: await this.sessions.rows.attempt(lease.attemptId, change.manager) };
  }

  /** `how` goes into the ledger: what the attempt runs in. */
  start(
    lease: HeldLease,
    generation: number,
    actor: string,
    how?: Pick<StartAttempt, 'detail' | 'image'>,
  ): Promise<void> {
    return this.changes.run(async (change) => {
      const { session, attempt } = await this.held(change, lease, generation);
      if (session.cancelReason !== null || session.state === 'terminating')
        throw new GatehouseError('attempt.state_conflict', 'The session is being cancelled: do not start.');
      if (attempt.state === 'running') return;
      await this.sessions.moveAttempt(change, attempt, 'running', {
        actor,
        generation,
        ...(how && { facts: { sandbox: how.detail, image: how.image } }),
      });
      if (attempt.purpose === 'agent' && session.state !== 'running')
        await this.sessions.move(change, session, 'running', { actor });
    });
  }

  /** Hands in the result. Repeating it changes nothing; what comes after the lease is refused. */
  complete(lease: HeldLease, body: CompleteAttempt, actor: string): Promise<void> {
    return this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, lease.sessionId);
      const attempt = await this.sessions.rows.attempt(lease.attemptId, change.manager);
      const now = await this.rows.find(lease.id, change.manager);
      if (now?.state === 'released' && body.generation === now.generation) return;
      if (!now) throw new GatehouseError('lease.not_found', `There is no lease ${lease.id}.`);
      this.check(now, body.generation);
      const generation = body.generation;
      if (attempt.state === 'leased' && body.outcome !== 'succeeded' && body.outcome !== 'noop') {
        await this.finish(change, attempt, body, actor);
      } else {
        if (attempt.state === 'leased')
          await this.sessions.moveAttempt(change, attempt, 'running', { actor, generation });
        await this.sessions.moveAttempt(change, attempt, 'uploading', { actor, generation });
        await this.finish(change, attempt, body, actor);
      }
      if (await this.rows.end(change.manager, lease.id, 'released'))
        change.record({
          streamId: session.id,
          type: 'lease.ended',
          actor,
          payload: {
            leaseId: lease.id,
            attemptId: attempt.id,
            generation: lease.generation,
            how: 'released',
          },
        });
      if (attempt.purpose === 'agent' && session.state === 'spawning')
        await this.sessions.move(change, session, 'running', { actor });
      if (attempt.purpose === 'agent' && session.state === 'running')
        await this.sessions.move(change, session, 'idle', { actor });
      await this.tasks.enqueue(change.manager, {
        type: attempt.purpose === 'agent' ? 'candidate.assess' : 'candidate.conclude',
        payload: { sessionId: session.id, attemptId: attempt.id },
      });
    });
  }

  private async finish(
    change: Change,
    attempt: AttemptEntity,
    body: CompleteAttempt,
    actor: string,
  ): Promise<void> {
    const report: HarvestReport | null =
      'report' in body ? body.report : body.result.kind === 'commands' ? null : body.result.report;
    await this.sessions.moveAttempt(change, attempt, body.outcome, {
      actor,
      generation: body.generation,
      ...('code' in body && { reason: { code: body.code, message: body.message } }),
      set: {
        report: report as AttemptEntity['report'],
        exitCode: report?.exitCode ?? null,
        result: 'result' in body ? body.result : null,
      },
    });
  }

  /** Takes a lease that nobody renewed: its attempt is fenced, whatever its holder says from now on. */
  expire(lease: HeldLease): Promise<void> {
    return this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, lease.sessionId);
      if (!(await this.rows.end(change.manager, lease.id, 'expired'))) return;
      const attempt = await this.sessions.rows.attempt(lease.attemptId, change.manager);
      const reason = { code: 'lease.expired', message: 'The worker was not heard of in time.' };
      await this.sessions.moveAttempt(change, attempt, 'fenced', { actor: 'engine', reason });
      change.record({
        streamId: session.id,
        type: 'lease.ended',
        actor: 'engine',
        payload: { leaseId: lease.id, attemptId: attempt.id, generation: lease.generation, how: 'expired' },
      });
      await this.tasks.enqueue(change.manager, {
        type: attempt.purpose === 'agent' ? 'candidate.assess' : 'candidate.conclude',
        payload: { sessionId: session.id, attemptId: attempt.id },
      });
    });
  }
}
