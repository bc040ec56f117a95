import { canMove, laneStream, pullRequestStates, type EventPayload } from '@gatehouse/contracts';
import type { ForgePull } from '@gatehouse/forge';
import type { Change, NewEvent } from '@gatehouse/ledger';
import { newId } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { LanesRepository } from '../lane/lane.repository.js';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PullRequestEntity } from './pull-request.entity.js';
import { PullRequestsRepository } from './pull-request.repository.js';

type PullRequestEvent = 'pull_request.opened' | 'pull_request.updated' | 'pull_request.state_changed';

/** What is known of pull requests: what we published, and what people did with it. */
@Injectable()
export class PullRequestService {
  constructor(
    readonly rows: PullRequestsRepository,
    private readonly tasks: Tasks,
    private readonly lanes: LanesRepository,
  ) {}

  /** A promotion published to it. The caller has locked the session and the promotion. */
  async note(
    change: Change,
    promotion: PromotionEntity,
    { pull, commit }: { pull: ForgePull; commit: string },
  ): Promise<void> {
    const before = await this.rows.ofSession(promotion.sessionId, change.manager);
    const seen = { promotionId: promotion.id, head: commit, draft: pull.draft, lookedAt: () => 'now()' };
    let row = before;
    if (row === undefined)
      row = await this.rows.insert(change.manager, {
        id: newId('pullRequest'),
        sessionId: promotion.sessionId,
        repositoryId: promotion.repositoryId,
        promotionId: promotion.id,
        number: pull.number,
        url: pull.url,
        branch: promotion.branch ?? pull.head.ref,
        target: promotion.target,
        head: commit,
        state: 'open',
        draft: pull.draft,
        mergedCommit: null,
        closedAt: null,
      });
    else await this.rows.update(change.manager, row, seen as never);
    const about = {
      pullRequestId: row.id,
      number: row.number,
      url: row.url,
      head: commit,
      promotionId: promotion.id,
      candidateId: promotion.candidateId,
    };
    if (before === undefined)
      this.record(change, row, 'pull_request.opened', 'promoter', { ...about, draft: pull.draft });
    else this.record(change, row, 'pull_request.updated', 'promoter', about);
    await this.enqueueSync(change, row);
  }

  /** What the forge says of it now. Answers whether people ended it with this. The caller has locked the session. */
  async see(
    change: Change,
    row: PullRequestEntity,
    pull: Pick<ForgePull, 'state' | 'draft' | 'mergedCommit'>,
    by: string | null,
  ): Promise<boolean> {
    const moves = pull.state !== row.state && canMove(pullRequestStates, row.state, pull.state);
    const ended = moves && pull.state !== 'open';
    const changes = {
      lookedAt: () => 'now()',
      ...(row.state === 'open' && { draft: pull.draft }),
      ...(moves && { state: pull.state, mergedCommit: pull.mergedCommit, closedAt: () => 'now()' }),
    };
    if (!(await this.rows.update(change.manager, row, changes as never)) || !moves) return false;
    this.record(change, row, 'pull_request.state_changed', 'engine', {
      pullRequestId: row.id,
      number: row.number,
      url: row.url,
      head: row.head,
      from: row.state,
      to: pull.state,
      by,
      ...(pull.mergedCommit !== null && { mergedCommit: pull.mergedCommit }),
    });
    await this.enqueueSync(change, row);
    if (ended) await this.wakeHeld(change, row);
    return ended;
  }

  /** There is room for one more: whoever waits for the budget longest asks again. */
  private async wakeHeld(change: Change, { repositoryId }: PullRequestEntity): Promise<void> {
    const promotionId = await this.lanes.heldAfter(change.manager, repositoryId, '');
    if (promotionId === undefined) return;
    await this.tasks.enqueue(change.manager, {
      type: 'promotion.run',
      payload: { promotionId },
      dedupeKey: `promotion.run:${promotionId}`,
    });
  }

  /** The promoter brings comment, check and labels up to date. */
  async enqueueSync(change: Change, { id }: Pick<PullRequestEntity, 'id'>): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'pull_request.sync',
      payload: { pullRequestId: id },
      dedupeKey: `pull_request.sync:${id}`,
    });
  }

  /** The engine asks the forge what people did with it. */
  async enqueueLook(change: Change, id: string): Promise<void> {
    await this.tasks.enqueue(change.manager, {
      type: 'pull_request.look',
      payload: { pullRequestId: id },
      dedupeKey: `pull_request.look:${id}`,
    });
  }

  private record<T extends PullRequestEvent>(
    change: Change,
    row: PullRequestEntity,
    type: T,
    actor: string,
    payload: EventPayload<T>,
  ): void {
    change.record({ streamId: row.sessionId, type, actor, payload } as unknown as NewEvent);
    const inLane = { ...payload, sessionId: row.sessionId };
    const streamId = laneStream(row.repositoryId, row.target);
    change.record({ streamId, type, actor, payload: inLane } as unknown as NewEvent);
  }
}
