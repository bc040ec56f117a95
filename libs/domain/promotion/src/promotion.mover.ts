import {
  canMove,
  GatehouseError,
  laneStream,
  promotionStates,
  type EventPayload,
  type EventType,
  type PromotionState,
} from '@gatehouse/contracts';
import type { Change, NewEvent } from '@gatehouse/ledger';
import type { Reason } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { LanesRepository } from './lane/lane.repository.js';
import { unstacked, type InLane } from './lane/lane.round.js';
import type { PromotionEntity } from './promotion.entity.js';
import { PromotionsRepository } from './promotion.repository.js';

export interface PromotionMove {
  readonly actor: string;
  readonly reason?: Reason | undefined;
  /** Columns that change with the state. */
  readonly set?: Partial<PromotionEntity>;
}

type PromotionEvent = Extract<EventType, `promotion.${string}` | `approval.${string}`>;

const over: readonly PromotionState[] = ['succeeded', 'failed', 'errored', 'aborted', 'discarded'];

/** The one way in which a promotion changes its state: by the table, compare-and-set, told to both of its streams. */
@Injectable()
export class PromotionMover {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly lanes: LanesRepository,
    private readonly tasks: Tasks,
  ) {}

  /** Moves a locked promotion; its row is updated in place. Throws `promotion.state_conflict`. */
  async move(change: Change, row: PromotionEntity, to: PromotionState, move: PromotionMove): Promise<void> {
    const { state: from } = row;
    if (!canMove(promotionStates, from, to))
      throw new GatehouseError(
        'promotion.state_conflict',
        `Promotion ${row.id} is ${from} and cannot become ${to}.`,
      );
    const leavesStack = row.reasonCode === unstacked && to !== 'running';
    const set = {
      ...move.set,
      state: to,
      reasonCode: move.reason?.code ?? null,
      reasonMessage: move.reason?.message ?? null,
    };
    const ended = over.includes(to) ? () => 'now()' : null;
    if (!(await this.rows.update(change.manager, row, { ...set, endedAt: ended })))
      throw new GatehouseError(
        'promotion.state_conflict',
        `Promotion ${row.id} has moved on. Read it again.`,
      );
    Object.assign(row, set, { version: row.version + 1 });
    // Those above it in the stack were judged together with it.
    if (leavesStack) await this.enqueueSpeculate(change, row);
    this.record(change, row, 'promotion.state_changed', move.actor, {
      from,
      to,
      ...(move.reason && { reason: { ...move.reason } }),
      ...(move.set?.supersededBy && { supersededBy: move.set.supersededBy }),
    });
  }

  /** Written to the session's stream, and to the lane's where it is about the promotion itself. */
  record<T extends PromotionEvent>(
    change: Change,
    row: PromotionEntity,
    type: T,
    actor: string,
    payload: Omit<EventPayload<T>, 'promotionId' | 'candidateId' | 'sessionId'>,
  ): void {
    const whole = { promotionId: row.id, candidateId: row.candidateId, ...payload };
    const event = { type, actor, payload: whole } as unknown as NewEvent;
    change.record({ ...event, streamId: row.sessionId });
    if (!type.startsWith('promotion.')) return;
    const inLane = { ...event, payload: { sessionId: row.sessionId, ...whole } } as unknown as NewEvent;
    change.record({ ...inLane, streamId: laneStream(row.repositoryId, row.target) });
  }

  async enqueueRun(change: Change, { id }: Pick<PromotionEntity, 'id'>): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'promotion.run',
      payload: { promotionId: id },
      dedupeKey: `promotion.run:${id}`,
    });
  }

  /** It may take the place of older ones of its issue. */
  async enqueueSupersede(change: Change, { id }: Pick<PromotionEntity, 'id'>): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'promotion.supersede',
      payload: { promotionId: id },
      dedupeKey: `promotion.supersede:${id}`,
    });
  }

  /** The session may end now. */
  async enqueueSettle(change: Change, { sessionId }: Pick<PromotionEntity, 'sessionId'>): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'session.settle',
      payload: { sessionId },
      dedupeKey: `session.settle:${sessionId}`,
    });
  }

  /** The policy changed after the verdict: the engine judges the candidate again. */
  async enqueueRejudge(change: Change, { id, sessionId }: PromotionEntity): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'session.rejudge',
      payload: { sessionId },
      dedupeKey: `session.rejudge:${id}`,
    });
  }

  /** The target moved: the engine brings the change onto its new head. */
  async enqueueRebase(change: Change, { id, sessionId }: PromotionEntity): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'session.rebase',
      payload: { sessionId },
      dedupeKey: `session.rebase:${id}`,
    });
  }

  /** Has the engine look at the repository again. */
  async enqueueFetch(change: Change, { repositoryId }: PromotionEntity): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'repository.fetch',
      payload: { repositoryId },
      dedupeKey: `repository.fetch:${repositoryId}`,
    });
  }

  /** Has those who wait in a speculative lane judged on top of one another. */
  async enqueueSpeculate(change: Change, { repositoryId, target }: InLane): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'lane.speculate',
      payload: { repositoryId, target },
      dedupeKey: `lane.speculate:${laneStream(repositoryId, target)}`,
    });
  }

  /** Gives a lane that has become free to whoever waits longest and may go. */
  async enqueueNext(change: Change, row: PromotionEntity): Promise<void> {
    const id = await this.lanes.next(change.manager, row);
    if (id !== undefined) await this.enqueueRun(change, { id });
  }

  /** Has the next one that waits for the budget ask again. */
  async enqueueHeld(change: Change, repositoryId: string, after = ''): Promise<void> {
    const id = await this.lanes.heldAfter(change.manager, repositoryId, after);
    if (id !== undefined) await this.enqueueRun(change, { id });
  }
}
