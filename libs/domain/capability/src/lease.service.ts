import {
  GatehouseError,
  type CapabilityKind,
  type CompleteAttempt,
  type HeartbeatAnswer,
  type HarvestReport,
  type StartAttempt,
} from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { sha256Hex } from '@gatehouse/proof';
import {
  newId,
  PlaneSettings,
  SessionService,
  type AttemptEntity,
  type Reason,
  type SessionEntity,
} from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import {
  checkLease,
  chooseKind,
  clocksOf,
  hasLabels,
  offerOf,
  taskAfter,
  type Claimed,
  type Granted,
  type LeaseClocks,
  type Refuses,
  type Seeker,
} from './lease.js';
import { LeasesRepository, type HeldLease, type QueuedAttempt } from './lease.repository.js';
import type { WorkerEntity } from './worker.entity.js';
import { WorkersRepository } from './worker.repository.js';

/** The fenced right to run an attempt: granted, renewed, ended; only the database clock decides (I9). */
@Injectable()
export class LeaseService {
  readonly #clocks: LeaseClocks;

  constructor(
    readonly rows: LeasesRepository,
    private readonly workers: WorkersRepository,
    private readonly sessions: SessionService,
    private readonly changes: Changes,
    private readonly tasks: Tasks,
    plane: PlaneSettings,
  ) {
    this.#clocks = clocksOf(plane.settings);
  }

  readonly offerOf = offerOf;

  /**
   * One atomic claim for all who wait, who came first first. What `refuses` gives a reason for is given to nobody: its
   * session ends.
   */
  claim(seekers: readonly Seeker[], refuses: Refuses = () => Promise.resolve(null)): Promise<Claimed> {
    return this.changes.run(async (change) => {
      // Read here and now: what was drained, disabled or moved since it began to wait gets nothing.
      const workers = await this.workers.claiming(change.manager, seekers);
      const waiting = seekers.flatMap((seeker) => {
        const worker = workers.find(({ id }) => id === seeker.workerId);
        return worker ? [{ seeker, worker, offer: offerOf(worker) }] : [];
      });
      const able = new Set(waiting.map(({ seeker }) => seeker));
      if (waiting.length === 0) return { granted: [], able };
      const offers = [...new Map(waiting.map(({ offer }) => [JSON.stringify(offer), offer])).values()];
      const granted: Granted[] = [];
      for (const found of await this.rows.takeQueued(change.manager, offers, waiting.length)) {
        const at = waiting.findIndex(
          ({ worker, offer }) =>
            offer.purpose === found.purpose &&
            hasLabels(found.wantedLabels, worker.labels) &&
            chooseKind(found.wantedKinds, worker.sandboxes) !== undefined,
        );
        const taker = waiting[at];
        if (taker === undefined) continue;
        const kind = chooseKind(found.wantedKinds, taker.worker.sandboxes) as CapabilityKind;
        const reason = await refuses(change, found.sessionId, kind);
        if (reason !== null) {
          await this.sessions.refuseQueued(change, found, { actor: 'api', reason });
          continue;
        }
        waiting.splice(at, 1);
        granted.push(await this.grant(change, found, taker.worker, taker.seeker));
      }
      return { granted, able };
    });
  }

  private async grant(
    change: Change,
    found: QueuedAttempt,
    worker: WorkerEntity,
    seeker: Seeker,
  ): Promise<Granted> {
    const session = await this.sessions.lock(change, found.sessionId);
    const attempt = await this.sessions.rows.attempt(found.id, change.manager);
    const kind = chooseKind(attempt.wantedKinds, worker.sandboxes)!;
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
      ttlMs: this.#clocks.ttlMs,
      tokenId: seeker.tokenId,
    });
    await this.sessions.moveAttempt(change, attempt, 'leased', {
      actor: worker.principalId,
      generation,
      set: { workerId: worker.id, leaseGeneration: generation, kind },
    });
    change.fence(session.id, generation);
    change.record({
      streamId: session.id,
      type: 'lease.granted',
      actor: 'api',
      leaseGeneration: generation,
      payload: { leaseId: id, attemptId: attempt.id, worker: worker.name, kind, generation },
    });
    return { seeker, lease: { id, generation, token, ...this.#clocks }, kind, attempt, session };
  }

  /** The lease that a token opens. Throws `auth.invalid`. */
  async authenticate(id: string, token: string): Promise<HeldLease> {
    const lease = await this.rows.find(id);
    if (!lease || lease.tokenSha256 !== sha256Hex(token))
      throw new GatehouseError('auth.invalid', 'This is not the token of this lease.');
    return lease;
  }

  /** Throws `lease.fenced` for another generation, `lease.gone` once it is over or its worker may not act. */
  check(lease: HeldLease, generation: number): void {
    checkLease(lease, generation);
  }

  async heartbeat(lease: HeldLease, generation: number): Promise<HeartbeatAnswer> {
    this.check(lease, generation);
    if (!(await this.rows.renew(lease.id, generation, this.#clocks.ttlMs)))
      throw new GatehouseError('lease.gone', `Lease ${lease.id} is over.`);
    const session = await this.sessions.rows.find(lease.sessionId);
    return {
      ...this.#clocks,
      cancel: session.cancelReason !== null || session.state === 'terminating',
      drain: lease.workerState === 'draining' || lease.workerState === 'cordoned',
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
      await this.enqueueAfter(change, attempt);
    });
  }

  private async enqueueAfter(change: Change, attempt: AttemptEntity): Promise<void> {
    const payload = { sessionId: attempt.sessionId, attemptId: attempt.id };
    await this.tasks.enqueue(change.manager, { type: taskAfter(attempt), payload });
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

  /**
   * Takes a lease that nobody renewed, or whose worker may not act any more: its attempt is fenced, whatever its
   * holder says from now on, and tried again.
   */
  expire(lease: HeldLease): Promise<void> {
    return lease.barred
      ? this.take(lease.id, 'revoked', {
          code: 'lease.revoked',
          message: 'Its worker was disabled, or the token it came with was revoked.',
        })
      : this.take(lease.id, 'expired', {
          code: 'lease.expired',
          message: 'The worker was not heard of in time.',
        });
  }

  /** Takes back what nobody got: the caller was gone before the answer. */
  giveBack(leaseId: string): Promise<void> {
    return this.take(leaseId, 'revoked', {
      code: 'lease.not_delivered',
      message: 'The worker hung up before it heard of its lease.',
    });
  }

  private take(leaseId: string, how: 'expired' | 'revoked', reason: Reason): Promise<void> {
    return this.changes.run(async (change) => {
      const lease = await this.rows.find(leaseId, change.manager);
      if (!lease) return;
      const session = await this.sessions.lock(change, lease.sessionId);
      if (!(await this.rows.end(change.manager, lease.id, how))) return;
      const attempt = await this.sessions.rows.attempt(lease.attemptId, change.manager);
      await this.sessions.moveAttempt(change, attempt, 'fenced', { actor: 'engine', reason });
      change.record({
        streamId: session.id,
        type: 'lease.ended',
        actor: 'engine',
        payload: { leaseId: lease.id, attemptId: attempt.id, generation: lease.generation, how },
      });
      await this.enqueueAfter(change, attempt);
    });
  }
}
