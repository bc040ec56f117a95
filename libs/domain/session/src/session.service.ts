import {
  GatehouseError,
  type AttemptState,
  type SessionOutcome,
  type SessionState,
  type SuspendReason,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { NotifyHub } from '@gatehouse/database';
import { afterCommit } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import type { AttemptEntity } from './attempt.entity.js';
import { newId } from './new-id.js';
import type { SessionEntity } from './session.entity.js';
import { SessionsRepository } from './session.repository.js';
import { mayMoveAttempt, mayMoveSession, type Reason } from './session.js';

export interface Move<Row> {
  readonly actor: string;
  readonly reason?: Reason | undefined;
  /** Columns that change with the state. */
  readonly set?: Partial<Row>;
}

export interface QueueAttempt {
  readonly purpose: AttemptEntity['purpose'];
  readonly wantedKinds: AttemptEntity['wantedKinds'];
  readonly wantedLabels: Record<string, string>;
  readonly candidateId?: string | null;
  readonly stack?: AttemptEntity['stack'];
  /** What the agent is told beside the goal. */
  readonly feedback?: string | null;
  /** The candidate whose tree it goes on from; else from the base. */
  readonly startCandidateId?: string | null;
  readonly infraTries?: number;
  readonly appTries?: number;
  /** Milliseconds to wait before a worker may take it. */
  readonly delayMs?: number;
  /** Milliseconds after which it counts as not to be had, from when it may be taken. */
  readonly scheduleToStartMs: number;
  readonly actor: string;
}

/** Channel of the hints that an attempt is queued; whoever gives leases listens. */
export const attemptsChannel = 'attempts';

const sqlInterval = (ms: number): string => `now() + interval '${Math.round(ms)} milliseconds'`;

/** Load, decide, save, append: every change of a session and its attempts. */
@Injectable()
export class SessionService {
  constructor(
    readonly rows: SessionsRepository,
    private readonly hub: NotifyHub,
  ) {}

  lock(change: Change, id: string): Promise<SessionEntity> {
    return this.rows.lock(change.manager, id);
  }

  /** Moves a locked session; its row is updated in place. Throws `session.state_conflict`. */
  async move(
    change: Change,
    session: SessionEntity,
    to: SessionState,
    move: Move<SessionEntity>,
  ): Promise<void> {
    const { state: from } = session;
    if (!mayMoveSession(from, to))
      throw new GatehouseError(
        'session.state_conflict',
        `Session ${session.id} is ${from} and cannot become ${to}.`,
      );
    const set = {
      ...move.set,
      state: to,
      ...(move.reason && { reasonCode: move.reason.code, reasonMessage: move.reason.message }),
    };
    const ends = to === 'ended' ? { endedAt: () => 'now()' } : {};
    if (!(await this.rows.update(change.manager, session, { ...set, ...ends })))
      throw new GatehouseError(
        'session.state_conflict',
        `Session ${session.id} has moved on. Read it again.`,
      );
    Object.assign(session, set, { version: session.version + 1 });
    change.record({
      streamId: session.id,
      type: 'session.state_changed',
      actor: move.actor,
      payload: {
        from,
        to,
        ...(move.set?.outcome !== undefined && { outcome: move.set.outcome }),
        ...(move.set?.suspendedBecause && { because: move.set.suspendedBecause }),
        ...(move.reason && { reason: { ...move.reason } }),
      },
    });
  }

  /** Ends a locked session from whatever state it is in; an ended one stays as it is. */
  async end(
    change: Change,
    session: SessionEntity,
    outcome: SessionOutcome,
    move: { actor: string; reason?: Reason | undefined },
  ): Promise<void> {
    if (session.state === 'ended') return;
    if (session.state !== 'terminating')
      await this.move(change, session, 'terminating', { actor: move.actor });
    await this.move(change, session, 'ended', { ...move, set: { outcome } });
  }

  /** Stops a locked session, of which nothing is at work, until a person resumes or cancels it. */
  suspend(
    change: Change,
    session: SessionEntity,
    because: SuspendReason,
    move: { actor: string; reason: Reason },
  ): Promise<void> {
    return this.move(change, session, 'suspended', { ...move, set: { suspendedBecause: because } });
  }

  /** Lets a locked session go on without the candidate that it came to. Throws `session.state_conflict`. */
  async resume(
    change: Change,
    session: SessionEntity,
    move: { actor: string; reason: Reason },
  ): Promise<void> {
    if (session.state !== 'suspended')
      throw new GatehouseError(
        'session.state_conflict',
        `Session ${session.id} is ${session.state}; only a suspended one is resumed.`,
      );
    await this.move(change, session, 'running', {
      ...move,
      set: { suspendedBecause: null, candidateId: null },
    });
    // The reason is the event's; a session that goes on has none.
    await this.set(change, session, { reasonCode: null, reasonMessage: null });
  }

  /** Ends a session because its queued attempt must not be given to anybody. */
  async refuseQueued(
    change: Change,
    queued: { readonly id: string; readonly sessionId: string },
    move: { actor: string; reason: Reason },
  ): Promise<void> {
    const session = await this.lock(change, queued.sessionId);
    const attempt = await this.rows.attempt(queued.id, change.manager);
    await this.moveAttempt(change, attempt, 'cancelled', move);
    await this.end(change, session, 'failed', move);
  }

  /** Columns beside the state, e.g. the pinned base. */
  async set(change: Change, session: SessionEntity, set: Partial<SessionEntity>): Promise<void> {
    if (!(await this.rows.update(change.manager, session, set)))
      throw new GatehouseError(
        'session.state_conflict',
        `Session ${session.id} has moved on. Read it again.`,
      );
    Object.assign(session, set, { version: session.version + 1 });
  }

  async queueAttempt(change: Change, session: SessionEntity, attempt: QueueAttempt): Promise<string> {
    const before = await this.rows.attemptsOf(session.id, change.manager);
    const number = before.filter(({ purpose }) => purpose === attempt.purpose).length + 1;
    const id = newId('attempt');
    const delay = attempt.delayMs ?? 0;
    await this.rows.insertAttempt(change.manager, {
      id,
      sessionId: session.id,
      number,
      purpose: attempt.purpose,
      state: 'queued',
      wantedKinds: attempt.wantedKinds,
      wantedLabels: attempt.wantedLabels,
      candidateId: attempt.candidateId ?? null,
      stack: attempt.stack ?? null,
      feedback: attempt.feedback ?? null,
      startCandidateId: attempt.startCandidateId ?? null,
      infraTries: attempt.infraTries ?? 0,
      appTries: attempt.appTries ?? 0,
      version: 0,
      notBefore: () => sqlInterval(delay),
      startDeadline: () => sqlInterval(delay + attempt.scheduleToStartMs),
    });
    afterCommit(change.manager, attemptsChannel, () => this.hub.notify(attemptsChannel));
    change.record({
      streamId: session.id,
      type: 'attempt.queued',
      actor: attempt.actor,
      payload: { attemptId: id, purpose: attempt.purpose, number, kinds: attempt.wantedKinds },
    });
    return id;
  }

  /** Moves an attempt whose session the caller has locked. Throws `attempt.state_conflict`. */
  async moveAttempt(
    change: Change,
    attempt: AttemptEntity,
    to: AttemptState,
    move: Move<AttemptEntity> & {
      generation?: number | undefined;
      /** Goes into the event beside the change. */
      facts?: Readonly<Record<string, string | null>>;
    },
  ): Promise<void> {
    const { state: from } = attempt;
    if (!mayMoveAttempt(from, to))
      throw new GatehouseError(
        'attempt.state_conflict',
        `Attempt ${attempt.id} is ${from} and cannot become ${to}.`,
      );
    const set = {
      ...move.set,
      state: to,
      ...(move.reason && { reasonCode: move.reason.code, reasonMessage: move.reason.message }),
    };
    const over = ['succeeded', 'noop', 'failed', 'errored', 'cancelled', 'fenced'].includes(to);
    const times = {
      ...(to === 'running' && { startedAt: () => 'now()' }),
      ...(over && { endedAt: () => 'now()' }),
    };
    if (!(await this.rows.updateAttempt(change.manager, attempt, { ...set, ...times })))
      throw new GatehouseError(
        'attempt.state_conflict',
        `Attempt ${attempt.id} has moved on. Read it again.`,
      );
    Object.assign(attempt, set, { version: attempt.version + 1 });
    change.record({
      streamId: attempt.sessionId,
      type: 'attempt.state_changed',
      actor: move.actor,
      ...(move.generation !== undefined && { leaseGeneration: move.generation }),
      payload: {
        attemptId: attempt.id,
        purpose: attempt.purpose,
        from,
        to,
        ...(move.set?.kind && { kind: move.set.kind }),
        ...(move.reason && { reason: { ...move.reason } }),
        ...move.facts,
      },
    });
  }
}
