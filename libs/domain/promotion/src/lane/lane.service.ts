import { Changes, type Change } from '@gatehouse/ledger';
import { SessionsRepository } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { LanesRepository } from './lane.repository.js';
import { LaneRoundsRepository } from './lane.round.repository.js';
import { PromotionMover } from '../promotion.mover.js';
import { PromotionsRepository } from '../promotion.repository.js';

const batch = 50;
const dayMs = 86_400_000;

const wordsOf = (ms: number): string =>
  ms >= dayMs ? `${Math.round(ms / dayMs)} days` : `${Math.round(ms / 1000)} s`;

/** What time does to what waits in lanes. */
@Injectable()
export class LaneService {
  /** When lanes are next looked at in which changes wait to be judged together. */
  #looksAt = 0;

  constructor(
    private readonly lanes: LanesRepository,
    private readonly rows: PromotionsRepository,
    private readonly sessions: SessionsRepository,
    private readonly mover: PromotionMover,
    private readonly changes: Changes,
    private readonly rounds: LaneRoundsRepository,
    private readonly tasks: Tasks,
  ) {}

  /** Takes back what nobody answered for `waitMs`, and has what waits for the budget of reviewers ask again. */
  async sweep({ waitMs, askAgainMs }: { waitMs: number; askAgainMs: number }): Promise<void> {
    for (const id of await this.lanes.unanswered(waitMs, batch))
      await this.changes.run((change) => this.expire(change, id, waitMs));
    if (Date.now() >= this.#looksAt) {
      this.#looksAt = Date.now() + askAgainMs;
      for (const lane of await this.rounds.lanes(batch))
        await this.changes.run((change) => this.mover.enqueueSpeculate(change, lane));
    }
    const held = await this.lanes.heldFor(askAgainMs, batch);
    if (held.length === 0) return;
    await this.changes.run(async (change) => {
      for (const id of held) await this.mover.enqueueRun(change, { id });
    });
  }

  /** An attempt that was to judge a stack is over. */
  async probed(
    change: Change,
    { id: attemptId, sessionId }: { id: string; sessionId: string },
  ): Promise<void> {
    await this.tasks.enqueue(change.manager, { type: 'lane.probed', payload: { sessionId, attemptId } });
  }

  private async expire(change: Change, id: string, waitMs: number): Promise<void> {
    const { sessionId } = await this.rows.row(id, change.manager);
    await this.sessions.lock(change.manager, sessionId);
    const row = await this.rows.lock(change.manager, id);
    if (row.state !== 'awaiting_approval') return;
    const reason = {
      code: 'promotion.expired',
      message: `Nobody answered for ${wordsOf(waitMs)}, so it is taken back. Submit the job again where it is still wanted.`,
    };
    await this.mover.move(change, row, 'aborted', { actor: 'engine', reason });
    await this.mover.enqueueSettle(change, row);
  }
}
